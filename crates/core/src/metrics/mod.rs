//! What a bridge counts while it runs: the one source of `/metrics`, `/status.json` and the page.
//!
//! Counting costs an atomic addition; a connection costs a lock when it comes and one when it goes.

mod certificates;
mod connections;
mod handshakes;
mod histogram;
mod reloads;

pub use self::certificates::{Certificate, Certificates, Owner};
pub use self::connections::{Connections, Number, Open, Refused, Total, Traffic};
pub use self::handshakes::{Failure, Handshakes};
pub use self::histogram::{BOUNDS, Histogram, Seconds};
pub use self::reloads::{Of, Outcome, Reloads};

/// What is counted of all that comes in. Dials are counted by [`crate::upstream::Upstream`].
#[derive(Debug, Default)]
pub struct Metrics {
    /// Clients that came, that are here, and what was moved for them.
    pub connections: Connections,
    /// TLS handshakes.
    pub handshakes: Handshakes,
    /// Certificates, where clients come over TLS.
    pub certificates: Certificates,
    /// Readings of certificates and policy while it runs.
    pub reloads: Reloads,
}
