//! Blocking connections to an Engine or a bridge, and the raw HTTP that tests speak on them.

mod endpoint;
mod http;
mod reading;
mod tls;

use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::os::unix::net::UnixStream;
use std::time::Duration;

use socket2::SockRef;

use crate::DEADLINE;
use crate::tls::Client;

use self::tls::TlsStream;

pub use self::endpoint::Endpoint;
pub use self::http::{Response, get, request};
pub use self::tls::Handshake;

/// A blocking connection of any kind.
///
/// Reads and writes give up after [`DEADLINE`] with an error, unless told otherwise. With TLS, a
/// peer whose TCP connection ends without `close_notify` is an error too, `UnexpectedEof`.
#[derive(Debug)]
pub struct Stream(Socket);

#[derive(Debug)]
enum Socket {
    Tcp(TcpStream),
    Tls(TlsStream),
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
    ///
    /// With TLS the writing side ends by `close_notify`, and the TCP connection stays open both
    /// ways, as Go's `tls.Conn.CloseWrite` leaves it. Both sides together are TCP's.
    pub fn shutdown(&self, how: Shutdown) -> io::Result<()> {
        match (&self.0, how) {
            (Socket::Tls(stream), Shutdown::Write) => stream.close_notify(),
            _ => self.socket().shutdown(how),
        }
    }

    /// Closes it, as the end of a program does. Over TCP the peer sees no more than a half-close;
    /// with TLS it gets no `close_notify`.
    pub fn close(self) {
        drop(self);
    }

    /// Closes it as a program does that says goodbye: with TLS, by `close_notify`.
    pub fn close_politely(self) {
        self.shutdown_write();
    }

    /// Closes with a reset: over TCP the peer gets an RST, and with TLS nothing before it.
    ///
    /// Unix sockets know no reset; there the peer sees one (`ECONNRESET`) only if input that it had
    /// sent was left unread.
    pub fn reset(self) {
        if !matches!(self.0, Socket::Unix(_)) {
            self.socket().set_linger(Some(Duration::ZERO)).expect("cannot set SO_LINGER");
        }
    }

    /// How long a read may take. `None`, like zero, waits for ever.
    pub fn set_read_timeout(&self, timeout: Option<Duration>) {
        self.socket().set_read_timeout(timeout).expect("cannot set the read timeout");
    }

    /// How long a write may take. `None`, like zero, waits for ever.
    pub fn set_write_timeout(&self, timeout: Option<Duration>) {
        self.socket().set_write_timeout(timeout).expect("cannot set the write timeout");
    }

    /// Size of the kernel's receive buffer in bytes, for tests of back-pressure.
    pub fn set_receive_buffer(&self, bytes: usize) {
        self.socket().set_recv_buffer_size(bytes).expect("cannot set the receive buffer");
    }

    /// A second handle on the same connection, for a thread that writes while another reads.
    pub fn try_clone(&self) -> Self {
        Self(match &self.0 {
            Socket::Tcp(stream) => Socket::Tcp(stream.try_clone().expect("cannot clone")),
            Socket::Tls(stream) => Socket::Tls(stream.clone()),
            Socket::Unix(stream) => Socket::Unix(stream.try_clone().expect("cannot clone")),
        })
    }

    /// This side's address, of a TCP connection.
    pub fn local_addr(&self) -> Option<SocketAddr> {
        self.socket().local_addr().ok()?.as_socket()
    }

    /// What was agreed on in the handshake. Panics if it has no TLS.
    pub fn handshake(&self) -> Handshake {
        self.tls().handshake()
    }

    /// Whether the peer has ended its writing by `close_notify`, and all before it was read.
    /// Panics if it has no TLS.
    pub fn got_close_notify(&self) -> bool {
        self.tls().got_close_notify()
    }

    /// Shakes hands on a TCP connection that was just made.
    fn shake_hands(tcp: TcpStream, address: SocketAddr, client: &Client) -> io::Result<Self> {
        prepare(&tcp)?;
        TlsStream::connect(client, address, tcp).map(|stream| Self(Socket::Tls(stream)))
    }

    fn tls(&self) -> &TlsStream {
        match &self.0 {
            Socket::Tls(stream) => stream,
            Socket::Tcp(_) | Socket::Unix(_) => panic!("a connection without TLS"),
        }
    }

    /// The socket below all.
    fn socket(&self) -> SockRef<'_> {
        match &self.0 {
            Socket::Tcp(stream) => stream.into(),
            Socket::Tls(stream) => stream.tcp().into(),
            Socket::Unix(stream) => stream.into(),
        }
    }
}

impl TryFrom<TcpStream> for Stream {
    type Error = io::Error;

    fn try_from(stream: TcpStream) -> io::Result<Self> {
        prepare(&stream)?;
        Ok(Self(Socket::Tcp(stream)))
    }
}

fn prepare(tcp: &TcpStream) -> io::Result<()> {
    tcp.set_nodelay(true)?;
    tcp.set_read_timeout(Some(DEADLINE))?;
    tcp.set_write_timeout(Some(DEADLINE))
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
            Socket::Tls(stream) => stream.read(buffer),
            Socket::Unix(stream) => stream.read(buffer),
        }
    }
}

impl Write for Stream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match &mut self.0 {
            Socket::Tcp(stream) => stream.write(bytes),
            Socket::Tls(stream) => stream.write(bytes),
            Socket::Unix(stream) => stream.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
