//! Gives connections, whatever the machine is short of.

use std::future::poll_fn;
use std::io;
use std::os::fd::OwnedFd;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::net::{TcpListener, UnixListener};
use tokio::time::{self, Sleep};
use tracing::{debug, warn};

use super::bind::Bound;
use super::unix::SocketFile;
use crate::transport::{Peer, Stream};

/// A listener on the runtime. Dropping it refuses newcomers, and removes a unix socket's file.
#[derive(Debug)]
pub struct Listener {
    address: String,
    of: usize,
    kind: Kind,
    /// Held for its end.
    _file: Option<SocketFile>,
    /// How long the last pause was; none after a success.
    pause: Duration,
    pausing: Option<Pin<Box<Sleep>>>,
}

/// A connection that was just accepted.
#[derive(Debug)]
pub struct Accepted {
    /// The client.
    pub stream: Stream,
    /// Who it is.
    pub peer: Peer,
    /// Which of the settings' listeners it came by, from 0.
    pub listener: usize,
}

#[derive(Debug)]
enum Kind {
    Tcp(TcpListener),
    Unix(UnixListener),
}

impl Listener {
    /// Hands a bound socket to the runtime, which must be running.
    ///
    /// # Errors
    /// When the runtime can't watch the socket.
    pub fn new(bound: Bound) -> io::Result<Self> {
        bound.socket.set_nonblocking(true)?;
        let socket = OwnedFd::from(bound.socket);
        let kind = if bound.unix {
            Kind::Unix(UnixListener::from_std(socket.into())?)
        } else {
            Kind::Tcp(TcpListener::from_std(socket.into())?)
        };
        Ok(Self {
            address: bound.address,
            of: bound.of,
            kind,
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
    fn poll_accept(&mut self, cx: &mut Context<'_>) -> Poll<Accepted> {
        loop {
            if let Some(pause) = &mut self.pausing {
                ready!(pause.as_mut().poll(cx));
                self.pausing = None;
            }
            let accepted = match &self.kind {
                Kind::Tcp(listener) => ready!(listener.poll_accept(cx))
                    .map(|(tcp, peer)| (Stream::Tcp(tcp), Peer::from_tcp(peer))),
                Kind::Unix(listener) => ready!(listener.poll_accept(cx))
                    .map(|(unix, _)| (Stream::Unix(unix), Peer::Unix)),
            };
            match accepted {
                Ok((stream, peer)) => {
                    self.pause = Duration::ZERO;
                    return Poll::Ready(Accepted { stream, peer, listener: self.of });
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
pub async fn accept_any(listeners: &mut [Listener]) -> Accepted {
    poll_fn(|cx| {
        for at in 0..listeners.len() {
            if let Poll::Ready(accepted) = listeners[at].poll_accept(cx) {
                listeners.rotate_left(at + 1);
                return Poll::Ready(accepted);
            }
        }
        Poll::Pending
    })
    .await
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
