//! Guarded access: every request of a connection is judged before it reaches the Engine.
//!
//! [`Gateway`] is the gate of a bridge that has roles. It finds a client's role by [`Access`],
//! which a reload swaps, and tells each [`Sink`] of every request.
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
