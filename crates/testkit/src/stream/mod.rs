//! Blocking connections to an Engine or a bridge, and the raw HTTP that tests speak on them.

mod http;
mod reading;

use std::fmt;
use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::Duration;

use socket2::SockRef;

use crate::DEADLINE;

pub use self::http::{Response, get, request};

/// Where an Engine, or a bridge in front of it, can be reached.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Endpoint {
    /// TCP without TLS.
    Tcp(SocketAddr),
    /// A unix socket.
    Unix(PathBuf),
}

impl Endpoint {
    /// Connects. Panics if that fails.
    pub fn connect(&self) -> Stream {
        self.try_connect().unwrap_or_else(|error| panic!("cannot connect to {self}: {error}"))
    }

    /// Connects, or says why not.
    pub fn try_connect(&self) -> io::Result<Stream> {
        match self {
            Self::Tcp(address) => TcpStream::connect_timeout(address, DEADLINE)?.try_into(),
            Self::Unix(path) => UnixStream::connect(path)?.try_into(),
        }
    }
}

/// What `docker --host` takes.
impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(address) => write!(f, "tcp://{address}"),
            Self::Unix(path) => write!(f, "unix://{}", path.display()),
        }
    }
}

impl From<SocketAddr> for Endpoint {
    fn from(address: SocketAddr) -> Self {
        Self::Tcp(address)
    }
}

impl From<&Path> for Endpoint {
    fn from(path: &Path) -> Self {
        Self::Unix(path.to_owned())
    }
}

/// A blocking connection of either kind.
///
/// Reads and writes give up after [`DEADLINE`] with an error, unless told otherwise.
#[derive(Debug)]
pub struct Stream(Socket);

#[derive(Debug)]
enum Socket {
    Tcp(TcpStream),
    Unix(UnixStream),
}

impl Stream {
    /// Writes all of `bytes`. Panics if that fails.
    pub fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.write_all(bytes.as_ref()).expect("cannot send");
    }

    /// Closes the writing side: the peer reads to the end, and may go on writing.
    pub fn shutdown_write(&self) {
        self.shutdown(Shutdown::Write).expect("cannot half-close");
    }

    /// Closes one side or both, or says why not.
    pub fn shutdown(&self, how: Shutdown) -> io::Result<()> {
        match &self.0 {
            Socket::Tcp(stream) => stream.shutdown(how),
            Socket::Unix(stream) => stream.shutdown(how),
        }
    }

    /// Closes it, as the end of a program does. Over TCP the peer sees no more than a half-close.
    pub fn close(self) {
        drop(self);
    }

    /// Closes with a reset: over TCP the peer gets an RST.
    ///
    /// Unix sockets know no reset; there the peer sees one (`ECONNRESET`) only if input that it had
    /// sent was left unread.
    pub fn reset(self) {
        if let Socket::Tcp(stream) = &self.0 {
            SockRef::from(stream).set_linger(Some(Duration::ZERO)).expect("cannot set SO_LINGER");
        }
    }

    /// How long a read may take. Zero is an error, `None` waits for ever.
    pub fn set_read_timeout(&self, timeout: Option<Duration>) {
        match &self.0 {
            Socket::Tcp(stream) => stream.set_read_timeout(timeout),
            Socket::Unix(stream) => stream.set_read_timeout(timeout),
        }
        .expect("cannot set the read timeout");
    }

    /// How long a write may take. Zero is an error, `None` waits for ever.
    pub fn set_write_timeout(&self, timeout: Option<Duration>) {
        match &self.0 {
            Socket::Tcp(stream) => stream.set_write_timeout(timeout),
            Socket::Unix(stream) => stream.set_write_timeout(timeout),
        }
        .expect("cannot set the write timeout");
    }

    /// Size of the kernel's receive buffer in bytes, for tests of back-pressure.
    pub fn set_receive_buffer(&self, bytes: usize) {
        match &self.0 {
            Socket::Tcp(stream) => SockRef::from(stream).set_recv_buffer_size(bytes),
            Socket::Unix(stream) => SockRef::from(stream).set_recv_buffer_size(bytes),
        }
        .expect("cannot set the receive buffer");
    }

    /// A second handle on the same connection, for a thread that writes while another reads.
    pub fn try_clone(&self) -> Self {
        Self(match &self.0 {
            Socket::Tcp(stream) => Socket::Tcp(stream.try_clone().expect("cannot clone")),
            Socket::Unix(stream) => Socket::Unix(stream.try_clone().expect("cannot clone")),
        })
    }

    /// This side's address, of a TCP connection.
    pub fn local_addr(&self) -> Option<SocketAddr> {
        match &self.0 {
            Socket::Tcp(stream) => stream.local_addr().ok(),
            Socket::Unix(_) => None,
        }
    }
}

impl TryFrom<TcpStream> for Stream {
    type Error = io::Error;

    fn try_from(stream: TcpStream) -> io::Result<Self> {
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(DEADLINE))?;
        stream.set_write_timeout(Some(DEADLINE))?;
        Ok(Self(Socket::Tcp(stream)))
    }
}

impl TryFrom<UnixStream> for Stream {
    type Error = io::Error;

    fn try_from(stream: UnixStream) -> io::Result<Self> {
        stream.set_read_timeout(Some(DEADLINE))?;
        stream.set_write_timeout(Some(DEADLINE))?;
        Ok(Self(Socket::Unix(stream)))
    }
}

impl Read for Stream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match &mut self.0 {
            Socket::Tcp(stream) => stream.read(buffer),
            Socket::Unix(stream) => stream.read(buffer),
        }
    }
}

impl Write for Stream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match &mut self.0 {
            Socket::Tcp(stream) => stream.write(bytes),
            Socket::Unix(stream) => stream.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
