//! Who may do what, in the words of the Docker Engine API.
//!
//! A [`Policy`] holds roles by name; a [`Role`] judges a [`Request`] and says by what rule. Nothing
//! here does I/O: values in, a [`Judgement`] out.
#![forbid(unsafe_code)]

mod operation;
mod policy;
mod role;

pub use self::operation::{Class, Operation, Transport};
pub use self::policy::Policy;
pub use self::role::{Judgement, Request, Role, Verdict};
