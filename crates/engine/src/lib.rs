//! Whether an Engine answers, and if it doesn't, whose fault that is.
//!
//! [`check()`] asks once, over a unix socket, TCP or TLS, and [`survey`] for containers too;
//! [`observer`] goes on asking, for whoever in the process wants to know. Nobody else asks the Engine
//! anything on his own behalf.

pub mod observer;

mod check;
mod containers;
mod dial;
mod exchange;
mod facts;
mod fault;
mod http2;
mod limit;
mod listening;
mod state;
mod tls;

pub use check::{Outcome, check};
pub use containers::{Containers, Questions, Survey, survey};
pub use dial::{Endpoint, resolve};
pub use facts::{ApiVersion, Engine, NotAnApiVersion};
pub use fault::Fault;
pub use state::State;
pub use tls::{Tls, TlsFacts};
