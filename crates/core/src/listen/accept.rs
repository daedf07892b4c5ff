//! Gives connections, whatever the machine is short of.

use std::future::poll_fn;
use std::io;
use std::net::SocketAddr;
use std::os::fd::OwnedFd;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::unix::AsyncFd;
use tokio::time::{self, Sleep};
use tracing::{debug, warn};

use super::bind::Bound;
use super::unix::SocketFile;
use crate::transport::{Peer, Stream};
use crate::unchecked::watched;

/// A listener on the runtime. Dropping it refuses newcomers, and removes a unix socket's file.
#[derive(Debug)]
pub struct Listener {
    address: String,
    of: usize,
    socket: AsyncFd<OwnedFd>,
    /// Held for its end.
    _file: Option<SocketFile>,
    /// How long the last pause was; none after a success.
    pause: Duration,
    pausing: Option<Pin<Box<Sleep>>>,
}

/// A connection that was just accepted, and that no runtime watches yet.
#[derive(Debug)]
pub struct Newcomer {
    socket: OwnedFd,
    peer: Peer,
    listener: usize,
}

/// A connection that was accepted.
#[derive(Debug)]
pub struct Accepted {
    /// The client.
    pub stream: Stream,
    /// Who it is.
    pub peer: Peer,
    /// Which of the settings' listeners it came by, from 0.
    pub listener: usize,
}

impl Newcomer {
    /// Who it is.
    pub fn peer(&self) -> Peer {
        self.peer
    }

    /// Hands it to the runtime that calls.
    ///
    /// # Errors
    /// When the runtime can't watch the socket.
    pub fn watched(self) -> io::Result<Accepted> {
        let Self { socket, peer, listener } = self;
        let stream = match peer {
            Peer::Tcp(_) => Stream::Tcp(std::net::TcpStream::from(socket).try_into()?),
            Peer::Unix => Stream::Unix(std::os::unix::net::UnixStream::from(socket).try_into()?),
        };
        Ok(Accepted { stream, peer, listener })
    }
}

impl Listener {
    /// Hands a bound socket to the runtime, which must be running.
    ///
    /// # Errors
    /// When the runtime can't watch the socket.
    pub fn new(bound: Bound) -> io::Result<Self> {
        bound.socket.set_nonblocking(true)?;
        Ok(Self {
            address: bound.address,
            of: bound.of,
            socket: watched(bound.socket.into())?,
            _file: bound.file,
            pause: Duration::ZERO,
            pausing: None,
        })
    }

    /// Where it listens.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// The next connection. An error of the machine (no descriptors, no memory) is logged and
    /// waited out, longer each time, up to a second; nothing ends it.
    fn poll_accept(&mut self, cx: &mut Context<'_>) -> Poll<Newcomer> {
        loop {
            if let Some(pause) = &mut self.pausing {
                ready!(pause.as_mut().poll(cx));
                self.pausing = None;
            }
            let accepted = match ready!(self.socket.poll_read_ready(cx)) {
                Ok(mut guard) => match guard.try_io(|socket| accept(socket.get_ref())) {
                    Ok(accepted) => accepted,
                    Err(_would_block) => continue,
                },
                Err(error) => Err(error),
            };
            match accepted {
                Ok((socket, peer)) => {
                    self.pause = Duration::ZERO;
                    return Poll::Ready(Newcomer { socket, peer, listener: self.of });
                }
                // The client was faster: it left before it was accepted (accept(2)).
                Err(error) if is_about_one_client(&error) => debug!("cannot accept: {error}"),
                Err(error) => self.back_off(&error),
            }
        }
    }

    fn back_off(&mut self, error: &io::Error) {
        if self.pause.is_zero() {
            warn!("cannot accept on {}: {error}; newcomers wait", self.address);
        }
        self.pause = (self.pause * 2).clamp(FIRST_PAUSE, LONGEST_PAUSE);
        self.pausing = Some(Box::pin(time::sleep(self.pause)));
    }
}

/// The next connection of any listener. Who is asked first changes, so that none can starve the
/// others.
pub async fn accept_any(listeners: &mut [Listener]) -> Newcomer {
    poll_fn(|cx| {
        for at in 0..listeners.len() {
            if let Poll::Ready(newcomer) = listeners[at].poll_accept(cx) {
                listeners.rotate_left(at + 1);
                return Poll::Ready(newcomer);
            }
        }
        Poll::Pending
    })
    .await
}

/// One connection, which neither blocks nor is inherited.
fn accept(listener: &OwnedFd) -> io::Result<(OwnedFd, Peer)> {
    #[cfg(target_os = "linux")]
    let (socket, address) = {
        use rustix::net::SocketFlags;
        rustix::net::acceptfrom_with(listener, SocketFlags::NONBLOCK | SocketFlags::CLOEXEC)?
    };
    #[cfg(not(target_os = "linux"))]
    let (socket, address) = {
        let (socket, address) = rustix::net::acceptfrom(listener)?;
        rustix::io::ioctl_fionbio(&socket, true)?;
        rustix::io::fcntl_setfd(&socket, rustix::io::FdFlags::CLOEXEC)?;
        (socket, address)
    };
    let tcp = address.and_then(|address| SocketAddr::try_from(address).ok());
    Ok((socket, tcp.map_or(Peer::Unix, Peer::from_tcp)))
}

fn is_about_one_client(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionRefused
            | io::ErrorKind::Interrupted
    )
}

const FIRST_PAUSE: Duration = Duration::from_millis(10);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);
