//! An accepted connection, which the HTTP library and a hijacking handler share.

use std::io;
use std::net::Shutdown;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use socket2::SockRef;
use tokio::io::{AsyncRead, AsyncWrite, Interest, ReadBuf};
use tokio::net::{TcpStream, UnixStream};
use tokio::time::sleep;

use super::state::State;

/// A handle on a connection; it closes when the last one is dropped.
#[derive(Clone, Debug)]
pub(super) struct Connection(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    socket: Socket,
    state: Arc<State>,
}

#[derive(Debug)]
pub(super) enum Socket {
    Tcp(TcpStream),
    Unix(UnixStream),
}

impl Connection {
    pub(super) fn new(socket: Socket, state: Arc<State>) -> Self {
        state.connected();
        Self(Arc::new(Inner { socket, state }))
    }

    pub(super) fn state(&self) -> &Arc<State> {
        &self.0.state
    }

    /// Completes when the client has closed its writing side or is gone.
    ///
    /// Nothing is read, so that requests which wait behind this one aren't lost.
    pub(super) async fn hung_up(&self) {
        loop {
            let ready = match &self.0.socket {
                Socket::Tcp(stream) => stream.ready(Interest::READABLE).await,
                Socket::Unix(stream) => stream.ready(Interest::READABLE).await,
            };
            match ready {
                Ok(ready) if !ready.is_read_closed() => sleep(Duration::from_millis(20)).await,
                _ => return,
            }
        }
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.state.disconnected();
    }
}

impl AsyncRead for Connection {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        loop {
            let unfilled = buffer.initialize_unfilled();
            let read = match &self.0.socket {
                Socket::Tcp(stream) => {
                    ready!(stream.poll_read_ready(cx))?;
                    stream.try_read(unfilled)
                }
                Socket::Unix(stream) => {
                    ready!(stream.poll_read_ready(cx))?;
                    stream.try_read(unfilled)
                }
            };
            match read {
                Ok(n) => {
                    buffer.advance(n);
                    return Poll::Ready(Ok(()));
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => return Poll::Ready(Err(error)),
            }
        }
    }
}

impl AsyncWrite for Connection {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        loop {
            let written = match &self.0.socket {
                Socket::Tcp(stream) => {
                    ready!(stream.poll_write_ready(cx))?;
                    stream.try_write(bytes)
                }
                Socket::Unix(stream) => {
                    ready!(stream.poll_write_ready(cx))?;
                    stream.try_write(bytes)
                }
            };
            match written {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                result => return Poll::Ready(result),
            }
        }
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        let result = match &self.0.socket {
            Socket::Tcp(stream) => SockRef::from(stream).shutdown(Shutdown::Write),
            Socket::Unix(stream) => SockRef::from(stream).shutdown(Shutdown::Write),
        };
        Poll::Ready(match result {
            // The client is gone already.
            Err(error) if error.kind() == io::ErrorKind::NotConnected => Ok(()),
            result => result,
        })
    }
}
