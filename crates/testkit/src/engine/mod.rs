//! Engines that need no Docker.
//!
//! [`StandIn`] speaks enough of the Engine API for the docker CLI and for tests of a bridge.
//! [`RudeEngine`] leaves every byte to the test. [`LenientEngine`] sees a request in whatever may pass
//! for one.

mod answers;
mod body;
mod connection;
mod hijack;
mod lenient;
mod routes;
mod rude;
mod serve;
mod state;

use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use std::{fs, io};

use tempfile::TempDir;

use self::serve::Server;
use self::state::State;
use crate::{Endpoint, wait};

pub use self::lenient::{LenientEngine, Manner};
pub use self::rude::{FullBacklog, RudeEngine, full_backlog};
pub use self::state::Recorded;

/// A stand-in Engine, answering on a thread of its own until it is dropped.
///
/// Any `/vN.NN` prefix between 1.24 and its own API version is taken. It knows
///
/// | request | answer |
/// | --- | --- |
/// | `GET`, `HEAD /_ping` | `OK` and the real one's headers |
/// | `GET /version`, `/info`, `/containers/json`, `/containers/ID/json`, `/images/json` | JSON |
/// | `GET /events` | a JSON line every 200 ms until the client goes or half-closes |
/// | `GET /containers/ID/logs` | a frame (`tick 0\n` …); with `follow=1` one every 200 ms, as above |
/// | `POST /containers/ID/wait` | the head at once, the body never |
/// | `POST /containers/ID/attach`, `/exec/ID/start` | takes the connection over, 101 if `Upgrade` is there, else 200 without length; echoes input, and when that ends sends `late\n` after a delay and closes |
/// | `POST /containers/ID/exec`, `GET /exec/ID/json`, `POST /exec/ID/resize` … | as the docker CLI needs them |
/// | `POST /session`, `/grpc` with `Upgrade: h2c` | 101, then an echo |
/// | `GET /bulk?bytes=N` | that much of [`Pattern`](crate::data::Pattern), digest in `X-Digest`; with `chunked=1` without length |
/// | `POST /bulk` | `{"bytes":N,"sha256":"…"}` of what was sent |
/// | `GET /delay?ms=N` | `{"waited":N}`, but later |
/// | over HTTP/2, any with a content type of gRPC | an echo, then the trailer `grpc-status: 0` |
/// | anything else | 404 `{"message":"page not found"}` |
///
/// A container or exec called `missing` doesn't exist: 404, for attach without length.
#[derive(Debug)]
pub struct StandIn {
    server: Server,
    socket: Option<PathBuf>,
    address: Option<SocketAddr>,
    _folder: Option<TempDir>,
}

impl StandIn {
    /// One on a unix socket in a folder of its own.
    pub fn start() -> Self {
        Self::builder().start()
    }

    /// One with settings of your own.
    pub fn builder() -> StandInBuilder {
        StandInBuilder {
            path: None,
            tcp: None,
            http2: false,
            late: Duration::from_millis(300),
            api_version: "1.51".to_owned(),
        }
    }

    /// Its socket. Panics if it listens on TCP.
    pub fn socket(&self) -> &Path {
        self.socket.as_deref().expect("it listens on TCP")
    }

    /// Its address. Panics if it listens on a unix socket.
    pub fn addr(&self) -> SocketAddr {
        self.address.expect("it listens on a unix socket")
    }

    /// Where to connect to it.
    pub fn endpoint(&self) -> Endpoint {
        self.address.map_or_else(|| self.socket().into(), Endpoint::Tcp)
    }

    /// The requests whose heads have arrived so far, in order.
    pub fn requests(&self) -> Vec<Recorded> {
        self.state().requests()
    }

    /// Waits until at least `n` requests have arrived, and returns all.
    pub fn wait_requests(&self, n: usize, deadline: Duration) -> Vec<Recorded> {
        wait::eventually(deadline, &format!("{n} requests at the Engine"), || {
            self.state().requests().len() >= n
        });
        self.requests()
    }

    /// How many connections are open now, idle ones included.
    pub fn open_connections(&self) -> usize {
        self.state().open()
    }

    /// How many connections were accepted since the start.
    pub fn accepted_connections(&self) -> usize {
        self.state().accepted()
    }

    /// Waits until just `n` connections are open. Panics at the deadline.
    pub fn wait_open_connections(&self, n: usize, deadline: Duration) {
        let in_time = self.state().wait_open(n, deadline);
        let open = self.open_connections();
        assert!(in_time, "{open} connections open at the Engine after {deadline:?}, not {n}");
    }

    /// Stops as an Engine does that is told to: connections are cut, the socket's file goes.
    pub fn stop(self) {
        drop(self);
    }

    /// Stops as an Engine does that is killed: connections are cut, the socket's file stays.
    pub fn kill(mut self) {
        self.socket = None;
    }

    fn state(&self) -> &Arc<State> {
        self.server.state()
    }
}

impl Drop for StandIn {
    fn drop(&mut self) {
        self.server.stop();
        if let Some(socket) = &self.socket {
            // A test may have removed it.
            let _ignored = fs::remove_file(socket);
        }
    }
}

/// Settings of a [`StandIn`] to be started.
#[derive(Clone, Debug)]
pub struct StandInBuilder {
    path: Option<PathBuf>,
    tcp: Option<SocketAddr>,
    http2: bool,
    late: Duration,
    api_version: String,
}

impl StandInBuilder {
    /// Listens on a unix socket at that path; a file that is there is replaced.
    pub fn path(mut self, path: impl AsRef<Path>) -> Self {
        self.path = Some(path.as_ref().to_owned());
        self
    }

    /// Listens on TCP instead; port 0 becomes a free one.
    pub fn tcp(mut self, address: SocketAddr) -> Self {
        self.tcp = Some(address);
        self
    }

    /// Speaks HTTP/2 too, with prior knowledge, as Engines do from 29 on.
    pub fn http2(mut self) -> Self {
        self.http2 = true;
        self
    }

    /// How long after the end of input a hijacked stream says `late`. Default: 300 ms.
    pub fn late_after(mut self, delay: Duration) -> Self {
        self.late = delay;
        self
    }

    /// The highest API version. Default: 1.51.
    pub fn api_version(mut self, version: &str) -> Self {
        version.clone_into(&mut self.api_version);
        self
    }

    /// Starts it; it accepts connections on return.
    pub fn start(self) -> StandIn {
        self.try_start().expect("cannot start the stand-in Engine")
    }

    /// The same, or says why it can't listen.
    pub fn try_start(self) -> io::Result<StandIn> {
        let state = Arc::new(State::new(self.late, self.http2, self.api_version));
        if let Some(address) = self.tcp {
            let listener = std::net::TcpListener::bind(address)?;
            let address = Some(listener.local_addr()?);
            let server = Server::tcp(listener, state)?;
            return Ok(StandIn { server, socket: None, address, _folder: None });
        }
        let (path, folder) = if let Some(path) = self.path {
            (path, None)
        } else {
            let folder = open_folder()?;
            (folder.path().join("engine.sock"), Some(folder))
        };
        let listener = bind(&path)?;
        let server = Server::unix(listener, state)?;
        Ok(StandIn { server, socket: Some(path), address: None, _folder: folder })
    }
}

/// A folder that every user may enter, as `/run` is: a bridge may have dropped root's rights.
pub(crate) fn open_folder() -> io::Result<TempDir> {
    let folder = tempfile::Builder::new().prefix("testkit-").tempdir()?;
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755))?;
    Ok(folder)
}

/// Binds with the real one's mode, 0660, which lets the socket's group in.
pub(crate) fn bind(path: &Path) -> io::Result<std::os::unix::net::UnixListener> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let listener = std::os::unix::net::UnixListener::bind(path)?;
    fs::set_permissions(path, fs::Permissions::from_mode(0o660))?;
    Ok(listener)
}
