//! Guarded access: every request of a connection is judged before it reaches the Engine.
//!
//! [`Gateway`] is the gate of a bridge that has roles. It finds a client's role by [`Access`],
//! which a reload swaps, and tells each [`Sink`] of every request.
//!
//! ```
//! use docker_api_access::Policy;
//! use docker_api_core::transport::{Peer, Who};
//! use docker_api_gateway::{Access, Roles};
//!
//! let roles = Roles { listeners: vec!["monitor".into()], certificates: None, judge_full: false };
//! let access = Access::new(Policy::built_in(), roles);
//! let client = Who::new(Peer::Unix, 0, None);
//! assert_eq!(access.role(&client).map(|role| role.name().to_owned()), Ok("monitor".to_owned()));
//! assert!(!access.is_open(&client), "its requests are judged");
//! ```
//!
//! Over HTTP/1 ([`http1`]) heads are read strictly and forwarded as they came; over HTTP/2 each
//! stream is judged. [`RequestLine`] is the sink that logs, [`Learner`] the one that writes a
//! policy. The gate is made with a [`docker_api_core::gate::MakeGate`], which the start of a bridge
//! takes.
#![forbid(unsafe_code)]

mod access;
mod gate;
mod heads;
pub mod http1;
mod http2;
mod learner;
mod refusal;
mod request_line;
mod sink;
mod told;

pub use self::access::{Access, Roles};
pub use self::gate::Gateway;
pub use self::learner::Learner;
pub use self::request_line::{LogRequests, RequestLine, word};
pub use self::sink::{Asked, Ended, Sink};
