//! What a connection travels on: a socket, and who is at its other end.

mod stream;
pub mod tls;

use std::fmt;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use socket2::{SockRef, TcpKeepalive};

pub(crate) use stream::ResetOnPanic;
pub use stream::Stream;
use tls::Identity;

use crate::metrics::Traffic;

/// Who connected, as logs name it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Peer {
    /// By TCP; a `::ffff:10.0.0.1` of a dual-stack listener is 10.0.0.1 here.
    Tcp(SocketAddr),
    /// By a unix socket, which has no address for clients.
    Unix,
}

/// A client: where it is, and who it is if it has shown a certificate.
#[derive(Clone, Debug)]
pub struct Who {
    /// Where it connected from.
    pub peer: Peer,
    /// Which of the settings' listeners it came by, from 0.
    pub listener: usize,
    /// Whose certificate it has shown; none without TLS.
    pub identity: Option<Box<Identity>>,
    /// What goes on on its connection.
    pub traffic: Arc<Traffic>,
}

/// When a silent peer is asked whether it lives, and when it is given up.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Keepalive {
    /// Silence before the first question.
    pub idle: Duration,
    /// Time between questions.
    pub interval: Duration,
    /// Unanswered questions until the connection counts as dead.
    pub count: u32,
}

impl Default for Keepalive {
    /// 10 s, 10 s, 3: below the 60 s after which NATs forget a half-closed connection, and a
    /// vanished host is found out after about 40 s.
    fn default() -> Self {
        Self { idle: Duration::from_secs(10), interval: Duration::from_secs(10), count: 3 }
    }
}

impl Who {
    /// A client that has just come.
    pub fn new(peer: Peer, listener: usize, identity: Option<Box<Identity>>) -> Self {
        Self { peer, listener, identity, traffic: Arc::default() }
    }
}

impl Peer {
    /// The peer of an accepted TCP connection.
    pub fn from_tcp(address: SocketAddr) -> Self {
        Self::Tcp(SocketAddr::new(address.ip().to_canonical(), address.port()))
    }

    /// Its address; a unix peer has none.
    pub fn ip(&self) -> Option<IpAddr> {
        match self {
            Self::Tcp(address) => Some(address.ip()),
            Self::Unix => None,
        }
    }
}

impl fmt::Display for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(address) => address.fmt(f),
            Self::Unix => f.write_str("unix"),
        }
    }
}

impl fmt::Display for Who {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.identity {
            Some(identity) => write!(f, "{} {identity}", self.peer),
            None => self.peer.fmt(f),
        }
    }
}

/// Sets what every TCP connection of a bridge has. On a listener, Linux hands it on to what is
/// accepted there.
///
/// Without `TCP_NODELAY`, a head and a body in two small writes take 44 ms: Nagle's algorithm
/// waits for the delayed acknowledgement.
pub fn tune_tcp(
    socket: &SockRef<'_>,
    nodelay: bool,
    keepalive: Option<Keepalive>,
) -> io::Result<()> {
    socket.set_tcp_nodelay(nodelay)?;
    match keepalive {
        None => socket.set_keepalive(false),
        Some(Keepalive { idle, interval, count }) => socket.set_tcp_keepalive(
            &TcpKeepalive::new().with_time(idle).with_interval(interval).with_retries(count),
        ),
    }
}
