//! Who may do what, in the words of the Docker Engine API.
//!
//! A [`Policy`] holds roles by name; a [`Role`] judges a [`Request`] and says by what rule. Nothing
//! here does I/O: values in, a [`Judgement`] out.
//!
//! ```
//! use docker_api_access::{Policy, Request, Verdict};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let policy = Policy::parse("policy.toml", r#"
//!     [roles.starter]
//!     extends = ["monitor"]
//!     allow = ["ContainerStart"]
//! "#)?;
//! let role = policy.role("starter").ok_or("no such role")?;
//!
//! let start = Request { method: b"POST", target: b"/v1.47/containers/web/start", grpc: false };
//! let judgement = role.judge(&start);
//! assert_eq!(judgement.verdict, Verdict::Allow);
//! assert_eq!(judgement.rule, "allow ContainerStart");
//!
//! let exec = Request { target: b"/v1.47/containers/web/exec", ..start };
//! assert_eq!(role.judge(&exec).verdict, Verdict::Deny);
//! // What can be read in two ways is refused, not repaired.
//! let dots = Request { target: b"/containers/../web/start", ..start };
//! assert!(matches!(role.judge(&dots).verdict, Verdict::Bad(_)));
//! # Ok(())
//! # }
//! ```
//!
//! Read on with [`Operation`], which is generated from `operations.tsv`; [`Policy::parse`], the
//! file that users write; [`Role::judge`], which everything is for; [`Profile`], the variables of
//! other socket proxies; and [`Learned`], which turns requests into a policy.
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
