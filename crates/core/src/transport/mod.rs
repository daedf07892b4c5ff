//! What a connection travels on: a socket, and who is at its other end.

pub mod tls;

use std::fmt;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::os::fd::{AsFd, BorrowedFd};
use std::task::{Context, Poll};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec};
use socket2::{SockRef, TcpKeepalive};
use tokio::io::Interest;
use tokio::net::{TcpStream, UnixStream};

use crate::relay::Socket;

/// A connected socket of the runtime.
#[derive(Debug)]
pub enum Stream {
    /// Over TCP.
    Tcp(TcpStream),
    /// Over a unix socket.
    Unix(UnixStream),
}

/// Who connected, as logs name it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Peer {
    /// By TCP; a `::ffff:10.0.0.1` of a dual-stack listener is 10.0.0.1 here.
    Tcp(SocketAddr),
    /// By a unix socket, which has no address for clients.
    Unix,
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

impl Stream {
    /// Makes the close that follows a TCP reset, so that a stream that is cut can't be taken for
    /// one that ended. A unix socket has no reset; it is just closed.
    pub fn reset_on_close(&self) {
        if let Self::Tcp(tcp) = self {
            // It fails only on a socket that is already dead.
            let _already_dead: io::Result<()> = SockRef::from(tcp).set_linger(Some(Duration::ZERO));
        }
    }

    fn try_io<R>(&self, interest: Interest, f: impl FnOnce() -> io::Result<R>) -> io::Result<R> {
        match self {
            Self::Tcp(tcp) => tcp.try_io(interest, f),
            Self::Unix(unix) => unix.try_io(interest, f),
        }
    }
}

impl AsFd for Stream {
    fn as_fd(&self) -> BorrowedFd<'_> {
        match self {
            Self::Tcp(tcp) => tcp.as_fd(),
            Self::Unix(unix) => unix.as_fd(),
        }
    }
}

impl Socket for Stream {
    fn poll_readable(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self {
            Self::Tcp(tcp) => tcp.poll_read_ready(cx),
            Self::Unix(unix) => unix.poll_read_ready(cx),
        }
    }

    fn poll_writable(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self {
            Self::Tcp(tcp) => tcp.poll_write_ready(cx),
            Self::Unix(unix) => unix.poll_write_ready(cx),
        }
    }

    fn try_read(&self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut short = None;
        let read = self.try_io(Interest::READABLE, || {
            let read = rustix::io::read(self, &mut *buffer)?;
            if read == 0 || read == buffer.len() {
                return Ok(read);
            }
            // Less than asked for means drained: say so now, which saves the next call.
            short = Some(read);
            Err(io::ErrorKind::WouldBlock.into())
        });
        match (short, read) {
            (Some(read), _) => Ok(read),
            // On AF_UNIX it comes behind the last data, where the peer closed without having
            // read everything: an end, not a failure.
            (None, Err(error))
                if error.kind() == io::ErrorKind::ConnectionReset
                    && matches!(self, Self::Unix(_)) =>
            {
                Ok(0)
            }
            (None, read) => read,
        }
    }

    fn try_write(&self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Tcp(tcp) => tcp.try_write(bytes),
            Self::Unix(unix) => unix.try_write(bytes),
        }
    }

    fn shutdown_write(&self) -> io::Result<()> {
        Ok(rustix::net::shutdown(self, rustix::net::Shutdown::Write)?)
    }

    fn is_closed(&self) -> bool {
        let mut poll = [PollFd::new(self, PollFlags::empty())];
        let now = Timespec::default();
        rustix::event::poll(&mut poll, Some(&now)).is_ok_and(|ready| ready > 0)
            && poll[0].revents().intersects(PollFlags::HUP | PollFlags::ERR)
    }

    async fn gone(&self) {
        loop {
            let ready = match self {
                Self::Tcp(tcp) => tcp.ready(Interest::ERROR).await,
                Self::Unix(unix) => unix.ready(Interest::ERROR).await,
            };
            match ready {
                Ok(ready) if !ready.is_error() => {}
                Ok(_) | Err(_) => return,
            }
        }
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
