//! What is told of requests: to the log, to metrics, to whoever learns.

use std::fmt;
use std::time::Duration;

use docker_api_access::Judgement;
use docker_api_core::transport::Who;

/// Is told of every request.
pub trait Sink: fmt::Debug + Send + Sync {
    /// A request was judged; if it is allowed, it goes on to the Engine now.
    fn asked(&self, _asked: &Asked<'_>) {}

    /// Its answer is complete, or it was refused.
    fn ended(&self, _asked: &Asked<'_>, _ended: &Ended) {}

    /// A head over HTTP/1 couldn't be read, and was answered 400 or 431 with so many bytes: of such
    /// a request nothing is known but who sent it. It is also counted as a connection refused.
    fn unreadable(&self, _who: &Who, _role: &str, _status: u16, _bytes: u64) {}
}

/// A judged request.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    /// Who asks.
    pub who: &'a Who,
    /// By which role.
    pub role: &'a str,
    /// The method as it stands there.
    pub method: &'a [u8],
    /// The target as it stands there, query included.
    pub target: &'a [u8],
    /// What was decided, and why.
    pub judgement: &'a Judgement<'a>,
}

/// How a request ended.
#[derive(Clone, Copy, Debug)]
pub struct Ended {
    /// The answer's status; none, if the connection ended before it.
    pub status: Option<u16>,
    /// Bytes of the request's body with its framing, or of the stream that it became.
    pub up: u64,
    /// Bytes of the answer's body with its framing, or of the stream that it became.
    pub down: u64,
    /// From the request's whole head to the answer's end.
    pub duration: Duration,
}
