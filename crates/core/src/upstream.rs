//! Dials the Engine: one connection for each client connection, so that order, hijacked streams
//! and back-pressure need no code.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use socket2::{Domain, SockAddr, SockRef, Socket, Type};
use tokio::net::{TcpStream, UnixStream, lookup_host};
use tokio::time;
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use crate::address::{IpVersion, UnixPath, UpstreamAddress};
use crate::denied::Denied;
use crate::metrics::Histogram;
use crate::transport::{Keepalive, Stream, tune_tcp};

/// The Engine, and how it is dialled.
#[derive(Debug)]
pub struct Upstream {
    settings: UpstreamSettings,
    /// So that a dead Engine gives one warning, not one a connection.
    answered: AtomicBool,
    dials: Dials,
    /// Cancelled by the first dial that finds the socket stale.
    stale: CancellationToken,
}

/// How dials go. One that is tried again is one dial.
#[derive(Debug, Default)]
pub struct Dials {
    /// Those that didn't reach the Engine.
    pub failures: AtomicU64,
    /// How long those took that did.
    pub seconds: Histogram,
}

/// Where the Engine is, and how patiently it is dialled.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct UpstreamSettings {
    /// The Engine's address.
    pub address: UpstreamAddress,
    /// Of a name's addresses, only those of this version (socat's `TCP4`, `pf`).
    pub version: Option<IpVersion>,
    /// How long one dial may take, all tries included when `retry` is [`Retry::Never`].
    pub connect_timeout: Duration,
    /// Whether a failed dial is tried again (socat's `retry`, `forever`, `interval`).
    pub retry: Retry,
    /// `TCP_NODELAY` towards an Engine over TCP.
    pub nodelay: bool,
    /// How a vanished Engine over TCP is found out.
    pub keepalive: Option<Keepalive>,
}

/// Whether something that failed is tried again.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Retry {
    /// Once is enough.
    Never,
    /// So many more times, with a pause before each.
    Times(u32, Duration),
    /// Until it works, with a pause before each.
    Forever(Duration),
}

/// Why the Engine could not be dialled, and what may help.
#[derive(Debug, thiserror::Error)]
#[error("cannot reach the Engine at {address}: {source}{cause}")]
pub struct DialError {
    address: UpstreamAddress,
    source: io::Error,
    cause: Cause,
}

/// What a person can do about it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Cause {
    /// What was found out, as a sentence behind the error.
    Known(&'static str),
    /// This process may not.
    Denied(Denied),
    /// The file that is mounted here is no longer the one that the Engine listens on.
    StaleSocket,
    /// The error says all that is known.
    Unknown,
}

impl Upstream {
    /// Nothing is dialled yet.
    pub fn new(settings: UpstreamSettings) -> Self {
        Self {
            settings,
            answered: AtomicBool::new(true),
            dials: Dials::default(),
            stale: CancellationToken::new(),
        }
    }

    /// How dials for clients went so far.
    pub fn dials(&self) -> &Dials {
        &self.dials
    }

    /// Where the Engine is.
    pub fn address(&self) -> &UpstreamAddress {
        &self.settings.address
    }

    /// Connects to the Engine. The first failure after a success is logged as a warning, and so
    /// is the first success after a failure.
    ///
    /// # Errors
    /// When it can't be reached within the settings' time and tries.
    pub async fn dial(&self) -> Result<Stream, DialError> {
        let begun = Instant::now();
        let result = self.dial_patiently().await;
        match &result {
            Ok(_) => self.dials.seconds.observe(begun.elapsed()),
            Err(_) => _ = self.dials.failures.fetch_add(1, Ordering::Relaxed),
        }
        self.judge(result)
    }

    /// The same without a line in the log, for who reports the error.
    ///
    /// # Errors
    /// When it can't be reached within the settings' time and tries.
    pub async fn dial_silently(&self) -> Result<Stream, DialError> {
        self.dial_patiently().await.map_err(|source| self.explain(source))
    }

    async fn dial_patiently(&self) -> io::Result<Stream> {
        let mut tries = 0;
        loop {
            let result = self.dial_once().await;
            tries += 1;
            match (self.settings.retry, &result) {
                (Retry::Times(more, pause), Err(_)) if tries <= more => time::sleep(pause).await,
                (Retry::Forever(pause), Err(_)) => time::sleep(pause).await,
                _ => return result,
            }
        }
    }

    fn judge(&self, result: io::Result<Stream>) -> Result<Stream, DialError> {
        let answered_before = self.answered.swap(result.is_ok(), Ordering::Relaxed);
        match result {
            Ok(stream) => {
                if !answered_before {
                    info!("the Engine at {} answers again", self.settings.address);
                }
                Ok(stream)
            }
            Err(source) => {
                let error = self.explain(source);
                let newly_stale = error.cause == Cause::StaleSocket && !self.stale.is_cancelled();
                if answered_before || newly_stale {
                    warn!("{error}");
                }
                if newly_stale {
                    self.stale.cancel();
                }
                Err(error)
            }
        }
    }

    /// Waits for a dial that finds the socket stale: it refuses, and its file has no link left, so
    /// that no dial will reach the Engine here any more.
    pub async fn stale(&self) {
        self.stale.cancelled().await;
    }

    fn explain(&self, source: io::Error) -> DialError {
        let cause = cause(&self.settings.address, &source);
        DialError { address: self.settings.address.clone(), source, cause }
    }

    /// Dials once and hangs up, so that an Engine that is absent at start is known at start.
    /// Says whether it was reached.
    pub async fn greet(&self) -> bool {
        let result = self.dial_once().await;
        self.judge(result).is_ok()
    }

    async fn dial_once(&self) -> io::Result<Stream> {
        let late = || {
            let limit = self.settings.connect_timeout;
            io::Error::new(io::ErrorKind::TimedOut, format!("no answer within {limit:?}"))
        };
        time::timeout(self.settings.connect_timeout, connect(&self.settings))
            .await
            .unwrap_or_else(|_| Err(late()))
    }
}

async fn connect(settings: &UpstreamSettings) -> io::Result<Stream> {
    match &settings.address {
        UpstreamAddress::Tcp(to) => {
            let version = |at: &SocketAddr| settings.version.is_none_or(|one| one.is_of(at));
            let addresses = lookup_host((to.host.as_str(), to.port)).await?.filter(version);
            let tcp = TcpStream::connect(&*addresses.collect::<Vec<_>>()).await?;
            tune_tcp(&SockRef::from(&tcp), settings.nodelay, settings.keepalive)?;
            Ok(Stream::Tcp(tcp))
        }
        UpstreamAddress::Unix(to) => loop {
            match connect_unix(to) {
                // A full backlog: a unix socket doesn't wait for room in it (unix(7)).
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    time::sleep(BACKLOG_PAUSE).await;
                }
                result => return Ok(Stream::Unix(result?)),
            }
        },
    }
}

/// A unix socket connects at once or not at all, so that neither the runtime nor its timer has to
/// wait for it.
fn connect_unix(to: &UnixPath) -> io::Result<UnixStream> {
    let address = match to {
        UnixPath::File(path) => SockAddr::unix(path)?,
        // As the kernel spells a name in the abstract namespace.
        UnixPath::Abstract(name) => SockAddr::unix(format!("\0{name}"))?,
    };
    #[cfg(target_os = "linux")]
    let socket = Socket::new(Domain::UNIX, Type::STREAM.nonblocking(), None)?;
    #[cfg(not(target_os = "linux"))]
    let socket = Socket::new(Domain::UNIX, Type::STREAM, None)?;
    #[cfg(not(target_os = "linux"))]
    socket.set_nonblocking(true)?;
    socket.connect(&address)?;
    UnixStream::from_std(socket.into())
}

fn cause(address: &UpstreamAddress, error: &io::Error) -> Cause {
    let UpstreamAddress::Unix(UnixPath::File(path)) = address else {
        let refused = error.kind() == io::ErrorKind::ConnectionRefused;
        let known = Cause::Known("nobody listens there: is the Engine running?");
        return if refused { known } else { Cause::Unknown };
    };
    match error.kind() {
        io::ErrorKind::NotFound => {
            Cause::Known("is the Engine running, and its socket mounted here?")
        }
        io::ErrorKind::PermissionDenied => Cause::Denied(Denied::find(path)),
        io::ErrorKind::ConnectionRefused => refused(path),
        _ => Cause::Unknown,
    }
}

/// A socket that refuses: nobody listens on it, or it isn't one at all, or the file that is
/// mounted here is no longer the one that the Engine listens on.
fn refused(path: &Path) -> Cause {
    match path.metadata() {
        Ok(meta) if meta.is_dir() => {
            Cause::Known("it is a directory: it was mounted before the Engine had made its socket")
        }
        Ok(meta) if !meta.file_type().is_socket() => Cause::Known("it is a file, not a socket"),
        Ok(meta) if meta.nlink() == 0 => Cause::StaleSocket,
        _ => Cause::Known("nobody listens on it: is the Engine running?"),
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Known(what) => write!(f, "; {what}"),
            Self::Denied(why) => write!(f, "; {why}"),
            Self::StaleSocket => f.write_str(
                "; this socket is stale: the Engine has left it, and makes a new one when it \
                 starts. Mount the directory (such as /var/run) instead of the socket, or restart \
                 this bridge",
            ),
            Self::Unknown => Ok(()),
        }
    }
}

/// Sockets of Engines on this machine, for when the default one is missing: the user's own
/// (rootless), Docker Desktop's, Colima's and Podman's. Empty unless `address` is the default.
///
/// `directory` gives `XDG_RUNTIME_DIR` and `HOME` of the environment.
pub fn sockets_here(
    address: &UpstreamAddress,
    directory: impl Fn(&'static str) -> Option<PathBuf>,
) -> Vec<PathBuf> {
    if address.to_string() != "unix:///var/run/docker.sock" {
        return Vec::new();
    }
    let of_user = |name, path: &str| directory(name).map(|parent| parent.join(path));
    [
        of_user("XDG_RUNTIME_DIR", "docker.sock"),
        of_user("XDG_RUNTIME_DIR", "podman/podman.sock"),
        of_user("HOME", ".docker/run/docker.sock"),
        of_user("HOME", ".docker/desktop/docker.sock"),
        of_user("HOME", ".colima/default/docker.sock"),
        Some("/run/podman/podman.sock".into()),
    ]
    .into_iter()
    .flatten()
    .filter(|path| path.metadata().is_ok_and(|meta| meta.file_type().is_socket()))
    .collect()
}

/// Between tries to get into a full backlog.
const BACKLOG_PAUSE: Duration = Duration::from_millis(5);
