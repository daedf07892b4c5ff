//! A connected socket of the runtime.

use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec};
use rustix::net::RecvFlags;
use socket2::SockRef;
use tokio::io::{AsyncRead, AsyncWrite, Interest, ReadBuf};
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

/// Makes a panic in its scope a reset: a stream that ended in order would look whole.
#[derive(Debug)]
pub(crate) struct ResetOnPanic<'a>(pub(crate) &'a Stream);

impl Drop for ResetOnPanic<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.reset_on_close();
        }
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

    /// The first byte that the peer sends, left unread; `None` when it ends without one.
    ///
    /// # Errors
    /// When the peer is lost.
    pub async fn first_byte(&self) -> io::Result<Option<u8>> {
        loop {
            std::future::poll_fn(|cx| self.poll_readable(cx)).await?;
            let mut byte = [0];
            let peeked = self.try_io(Interest::READABLE, || {
                let (_, count) = rustix::net::recv(self, &mut byte, RecvFlags::PEEK)?;
                Ok(count)
            });
            match peeked {
                Ok(0) => return Ok(None),
                Ok(_) => return Ok(Some(byte[0])),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// Writes of several pieces what fits.
    ///
    /// # Errors
    /// As [`Socket::try_write`].
    pub fn try_write_vectored(&self, pieces: &[io::IoSlice<'_>]) -> io::Result<usize> {
        match self {
            Self::Tcp(tcp) => tcp.try_write_vectored(pieces),
            Self::Unix(unix) => unix.try_write_vectored(pieces),
        }
    }

    /// Makes room for bulk: a unix socket says that it is writable only when a quarter of its buffer
    /// is used at most. TCP makes room by itself.
    pub(crate) fn expect_bulk(&self) {
        if let Self::Unix(unix) = self {
            // Past what the machine allows (net.core.wmem_max), it is that much.
            let _less = SockRef::from(unix).set_send_buffer_size(BULK_BUFFER);
        }
    }

    /// Calls `f`; `WouldBlock` of it means that the socket isn't ready.
    pub(crate) fn try_io<R>(
        &self,
        interest: Interest,
        f: impl FnOnce() -> io::Result<R>,
    ) -> io::Result<R> {
        match self {
            Self::Tcp(tcp) => tcp.try_io(interest, f),
            Self::Unix(unix) => unix.try_io(interest, f),
        }
    }
}

const BULK_BUFFER: usize = 1 << 20;

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
            // A socket that has just connected takes bytes before the runtime has heard so.
            Self::Unix(unix) => match rustix::io::write(unix, bytes) {
                Err(rustix::io::Errno::WOULDBLOCK) => unix.try_write(bytes),
                written => Ok(written?),
            },
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

    fn plain(&self) -> Option<&Self> {
        Some(self)
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

/// For TLS handshakes, which the runtime's own traits drive.
impl AsyncRead for Stream {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Tcp(tcp) => Pin::new(tcp).poll_read(cx, buffer),
            Self::Unix(unix) => Pin::new(unix).poll_read(cx, buffer),
        }
    }
}

impl AsyncWrite for Stream {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Tcp(tcp) => Pin::new(tcp).poll_write(cx, bytes),
            Self::Unix(unix) => Pin::new(unix).poll_write(cx, bytes),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(self.shutdown_write())
    }
}
