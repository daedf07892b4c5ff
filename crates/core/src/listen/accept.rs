//! Gives connections, whatever the machine is short of.

use std::fs;
use std::io;
use std::net::SocketAddr;
use std::os::fd::OwnedFd;
use std::os::unix::fs::MetadataExt as _;
use std::path::PathBuf;
use std::time::Duration;

use tokio::net::{TcpListener, UnixListener};
use tokio::time;
use tracing::{debug, warn};

use super::bind::Bound;
use crate::transport::{Peer, Stream};

/// A listener on the runtime. Dropping it refuses newcomers, and removes a unix socket's file.
#[derive(Debug)]
pub struct Listener {
    address: String,
    kind: Kind,
    file: Option<(PathBuf, u64)>,
    pause: Duration,
}

/// A connection that was just accepted.
#[derive(Debug)]
pub struct Accepted {
    /// The client.
    pub stream: Stream,
    /// Who it is.
    pub peer: Peer,
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
    pub fn new(mut bound: Bound) -> io::Result<Self> {
        bound.socket.set_nonblocking(true)?;
        let socket = OwnedFd::from(bound.socket);
        let kind = if bound.unix {
            Kind::Unix(UnixListener::from_std(socket.into())?)
        } else {
            Kind::Tcp(TcpListener::from_std(socket.into())?)
        };
        Ok(Self { address: bound.address, kind, file: bound.file.take(), pause: Duration::ZERO })
    }

    /// Where it listens.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// The next connection. An error of the machine (no descriptors, no memory) is logged and
    /// waited out, longer each time, up to a second; nothing ends the loop.
    pub async fn accept(&mut self) -> Accepted {
        loop {
            let accepted = match &self.kind {
                Kind::Tcp(listener) => {
                    listener.accept().await.map(|(tcp, peer)| (Stream::Tcp(tcp), Some(peer)))
                }
                Kind::Unix(listener) => {
                    listener.accept().await.map(|(unix, _)| (Stream::Unix(unix), None))
                }
            };
            match accepted {
                Ok((stream, peer)) => {
                    self.pause = Duration::ZERO;
                    return Accepted { stream, peer: peer.map_or(Peer::Unix, peer_of) };
                }
                // The client was faster: it left before it was accepted (accept(2)).
                Err(error) if is_about_one_client(&error) => debug!("cannot accept: {error}"),
                Err(error) => self.back_off(&error).await,
            }
        }
    }

    async fn back_off(&mut self, error: &io::Error) {
        if self.pause.is_zero() {
            warn!("cannot accept on {}: {error}; newcomers wait", self.address);
        }
        self.pause = (self.pause * 2).clamp(FIRST_PAUSE, LONGEST_PAUSE);
        time::sleep(self.pause).await;
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        if let Some((path, inode)) = &self.file
            && fs::symlink_metadata(path).is_ok_and(|there| there.ino() == *inode)
        {
            // Whoever comes next replaces it anyway.
            let _left_behind: io::Result<()> = fs::remove_file(path);
        }
    }
}

fn peer_of(address: SocketAddr) -> Peer {
    Peer::from_tcp(address)
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
