//! Decides what may pass, and drives the rest of a connection's road.

mod open;

use std::fmt;
use std::future::ready;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

pub use open::{Open, end};

use crate::guard::Guard;
use crate::metrics::Metrics;
use crate::relay::Socket;
use crate::transport::Who;
use crate::upstream::Upstream;

/// Drives a client's connection from its first byte on.
///
/// It is a trait of one kind of socket, so that a bridge without TLS has no line of it in its
/// binary.
pub trait Gate<S>: fmt::Debug + Send + Sync {
    /// Serves one client to its end. When `drain` says so, a client that has nothing under way is
    /// let go.
    fn serve<'a>(
        &'a self,
        client: &'a S,
        who: &'a Who,
        drain: &'a CancellationToken,
    ) -> Pin<Box<dyn Future<Output = Served> + Send + 'a>>;

    /// Whether a client may agree on HTTP/2 in its handshake: this gate drives it, and the Engine
    /// speaks it now.
    fn speaks_http2(&self) -> Pin<Box<dyn Future<Output = bool> + Send + '_>> {
        Box::pin(ready(false))
    }
}

/// How a connection ended.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[must_use]
pub enum Served {
    /// In order, or by the client's own doing.
    Ended,
    /// The Engine was lost in the middle: the client must see a reset, not an end.
    Broken,
}

/// What every gate has.
#[derive(Clone, Debug)]
pub struct Parts {
    /// The Engine.
    pub upstream: Arc<Upstream>,
    /// Keeps web pages out, if it is on.
    pub guard: Option<Guard>,
    /// A connection on which nothing moves for so long is closed (socat's `-T`).
    pub idle: Option<Duration>,
    /// What the gate counts.
    pub metrics: Arc<Metrics>,
    /// Knows what is asked for, where somebody wants to be told in open access.
    pub asked_for: Option<AskedFor>,
}

/// The number that [`Traffic::operation`](crate::metrics::Traffic::operation) has for a method and a
/// target.
pub type AskedFor = fn(&[u8], &[u8]) -> u16;

/// Makes a gate, once its parts are there.
pub struct MakeGate<S>(Box<dyn FnOnce(Parts) -> Arc<dyn Gate<S>> + Send>);

impl<S> MakeGate<S> {
    /// As `make` makes it.
    pub fn new(make: impl FnOnce(Parts) -> Arc<dyn Gate<S>> + Send + 'static) -> Self {
        Self(Box::new(make))
    }

    pub(crate) fn make(self, parts: Parts) -> Arc<dyn Gate<S>> {
        (self.0)(parts)
    }
}

impl<S: Socket> Default for MakeGate<S> {
    /// Open access.
    fn default() -> Self {
        Self::new(|parts| Arc::new(Open::new(parts)))
    }
}

impl<S> fmt::Debug for MakeGate<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MakeGate")
    }
}
