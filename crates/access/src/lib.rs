//! Who may do what, in the words of the Docker Engine API.
//!
//! A [`Policy`] holds roles by name; a [`Role`] judges a [`Request`] and says by what rule. Nothing
//! here does I/O: values in, a [`Judgement`] out.
#![forbid(unsafe_code)]

mod escape;
mod learned;
mod near;
mod operation;
mod path;
mod path_rule;
mod pattern;
mod policy;
mod profile;
mod refusal;
mod rights;
mod role;
mod role_table;
mod route;
mod selector;
mod version;

pub use self::learned::Learned;
pub use self::operation::{Class, Operation, Transport};
pub use self::policy::{Policy, PolicyError};
pub use self::profile::Profile;
pub use self::role::{Judgement, Request, Role, Verdict};
