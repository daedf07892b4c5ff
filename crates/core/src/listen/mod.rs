//! Addresses become listeners, and listeners give connections.

mod accept;
mod allow_from;
mod bind;
mod descriptors;
mod inherited;
mod tcp;
mod unix;

pub use accept::{Accepted, Listener, Newcomer, accept_any};
pub use allow_from::{AllowFrom, AllowFromError, Allowed};
pub use bind::{BindError, Bound, ListenSettings, UnixFile, bind_one};
pub(crate) use bind::{Sockets, bind_all};
pub use descriptors::{default_max_connections, raise_descriptor_limit};
