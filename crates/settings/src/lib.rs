//! The flags and variables that all bridges take, and what they become.
//!
//! A program has its own command line, of which [`Flags`] are a part, and says by a [`Program`]
//! what differs: its name, its port, what its variables begin with. [`command_line`] reads what
//! was typed; with the environment it becomes a [`Plan`], in which nothing is left to decide.
//! Whatever can't is a [`Failure`]: one line for people, and an exit code.

mod access;
mod admin;
pub mod check;
pub mod command_line;
mod failure;
mod flags;
mod plan;
mod program;
mod sources;
pub mod values;

pub use self::access::{AccessSettings, Certificates, Guarded, Loaded, Named};
pub use self::admin::own_address;
pub use self::failure::Failure;
pub use self::flags::Flags;
pub use self::plan::{Plan, Shown};
pub use self::program::Program;
pub use self::sources::Sources;
