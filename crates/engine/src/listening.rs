//! A connection that is listened to with care: how it begins, and no more than enough of it.

use std::error::Error;
use std::fmt;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::dial::Stream;

/// A stream that remembers how the other side began, and that hears no more than [`MOST`].
pub(crate) struct Listening {
    stream: Box<dyn Stream>,
    first_byte: FirstByte,
    left: usize,
}

impl Listening {
    /// The first byte is noted once it is there.
    pub(crate) fn new(stream: Box<dyn Stream>) -> (Self, FirstByte) {
        let first_byte = FirstByte::default();
        (Self { stream, first_byte: first_byte.clone(), left: MOST }, first_byte)
    }
}

/// The other side sent more than an Engine does: a body, or interim answers, without end.
#[derive(Debug)]
pub(crate) struct TooMuch;

impl fmt::Display for TooMuch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "more than {MOST} bytes came")
    }
}

impl Error for TooMuch {}

/// The first byte that the other side sent: 0 is none, others are one more.
#[derive(Clone, Default)]
pub(crate) struct FirstByte(Arc<AtomicU16>);

impl FirstByte {
    pub(crate) fn get(&self) -> Option<u8> {
        let noted = self.0.load(Ordering::Relaxed).checked_sub(1)?;
        u8::try_from(noted).ok()
    }

    fn note(&self, byte: u8) {
        if self.get().is_none() {
            self.0.store(u16::from(byte) + 1, Ordering::Relaxed);
        }
    }
}

impl AsyncRead for Listening {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        if self.left == 0 {
            return Poll::Ready(Err(io::Error::other(TooMuch)));
        }
        let read = Pin::new(&mut self.stream).poll_read(cx, buffer);
        if let Some(&first) = buffer.filled().get(before) {
            self.first_byte.note(first);
        }
        self.left = self.left.saturating_sub(buffer.filled().len() - before);
        read
    }
}

impl AsyncWrite for Listening {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

/// In one session. An Engine's `/version` has a few thousand bytes.
const MOST: usize = 1024 * 1024;
