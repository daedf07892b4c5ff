//! An Engine that says what a test says.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::time::Duration;

use socket2::{Domain, SockAddr, Socket, Type};
use tempfile::TempDir;

use crate::{DEADLINE, Endpoint, Stream, engine, wait};

/// Listens, and hands each connection to the test, which reads and writes bytes as it likes:
/// torn heads, stalls, late answers, resets, a close with input left unread.
#[derive(Debug)]
pub struct RudeEngine {
    listener: Listener,
    endpoint: Endpoint,
    _folder: Option<TempDir>,
}

#[derive(Debug)]
enum Listener {
    Tcp(TcpListener),
    Unix(UnixListener),
}

impl RudeEngine {
    /// One on a unix socket in a folder of its own.
    pub fn start() -> Self {
        let folder = engine::open_folder().expect("a folder for a socket");
        let path = folder.path().join("engine.sock");
        Self { _folder: Some(folder), ..Self::start_at(&path) }
    }

    /// One on a unix socket at that path; a file that is there is replaced.
    pub fn start_at(path: &Path) -> Self {
        let listener = engine::bind(path).expect("a unix listener");
        listener.set_nonblocking(true).expect("a listener that doesn't block");
        Self { listener: Listener::Unix(listener), endpoint: path.into(), _folder: None }
    }

    /// One on TCP, on a free port of 127.0.0.1. Only over TCP can a test send a true reset.
    pub fn start_tcp() -> Self {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let listener = TcpListener::bind(address).expect("a TCP listener");
        listener.set_nonblocking(true).expect("a listener that doesn't block");
        let endpoint = listener.local_addr().expect("an address").into();
        Self { listener: Listener::Tcp(listener), endpoint, _folder: None }
    }

    /// Where to connect to it.
    pub fn endpoint(&self) -> Endpoint {
        self.endpoint.clone()
    }

    /// Its socket. Panics if it listens on TCP.
    pub fn socket(&self) -> &Path {
        match &self.endpoint {
            Endpoint::Unix(path) => path,
            other => panic!("it listens on {other}"),
        }
    }

    /// Waits for the next connection. Panics if none comes in time.
    pub fn accept(&self, deadline: Duration) -> Stream {
        let mut accepted = None;
        wait::eventually(deadline, "a connection arrives at the Engine", || {
            accepted = self.try_accept();
            accepted.is_some()
        });
        accepted.expect("just accepted")
    }

    /// Takes the connection by which a bridge finds out at its start whether an Engine is there.
    pub fn greeted(&self) {
        self.accept(DEADLINE).expect_eof(DEADLINE);
    }

    /// A connection that waits already.
    pub fn try_accept(&self) -> Option<Stream> {
        let stream: io::Result<Stream> = match &self.listener {
            Listener::Tcp(listener) => listener.accept().and_then(|(stream, _)| {
                stream.set_nonblocking(false)?;
                stream.try_into()
            }),
            Listener::Unix(listener) => listener.accept().and_then(|(stream, _)| {
                stream.set_nonblocking(false)?;
                stream.try_into()
            }),
        };
        match stream {
            Ok(stream) => Some(stream),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => None,
            Err(error) => panic!("cannot accept: {error}"),
        }
    }
}

/// A unix listener whose backlog is full: who connects waits, until [`FullBacklog::release`].
#[derive(Debug)]
pub struct FullBacklog {
    listener: UnixListener,
    path: PathBuf,
    fillers: Vec<Socket>,
    folder: TempDir,
}

/// See [`FullBacklog`].
pub fn full_backlog() -> FullBacklog {
    let folder = engine::open_folder().expect("a folder for a socket");
    let path = folder.path().join("engine.sock");
    let address = SockAddr::unix(&path).expect("a short path");
    let socket = Socket::new(Domain::UNIX, Type::STREAM, None).expect("a socket");
    socket.bind(&address).expect("cannot bind");
    socket.listen(0).expect("cannot listen");

    let mut fillers = Vec::new();
    loop {
        let filler = Socket::new(Domain::UNIX, Type::STREAM, None).expect("a socket");
        filler.set_nonblocking(true).expect("a socket that doesn't block");
        match filler.connect(&address) {
            Ok(()) => fillers.push(filler),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
            Err(error) => panic!("cannot fill the backlog: {error}"),
        }
    }
    FullBacklog { listener: socket.into(), path, fillers, folder }
}

impl FullBacklog {
    /// Its socket.
    pub fn socket(&self) -> &Path {
        &self.path
    }

    /// Takes what filled the backlog away: from now on the test accepts.
    pub fn release(self) -> RudeEngine {
        for _filler in &self.fillers {
            let (stream, _): (UnixStream, _) = self.listener.accept().expect("a filler waits");
            drop(stream);
        }
        self.listener.set_nonblocking(true).expect("a listener that doesn't block");
        RudeEngine {
            listener: Listener::Unix(self.listener),
            endpoint: Endpoint::Unix(self.path),
            _folder: Some(self.folder),
        }
    }
}
