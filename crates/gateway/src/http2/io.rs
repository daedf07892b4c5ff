//! A relay's socket as hyper wants it.

use std::io::{self, IoSlice};
use std::ops::Deref;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use docker_api_core::relay::{Moved, Socket, poll_read_some};
use hyper::rt::{Read, ReadBufCursor, Write};

/// A socket, and what was read of it ahead.
#[derive(Debug)]
pub(super) struct Io<R> {
    socket: R,
    held: Bytes,
    /// Bytes of hyper's that are left out.
    unsaid: usize,
    moved: Arc<Moved>,
}

impl<R> Io<R> {
    /// `held` was read of the socket before, and is read first.
    pub(super) fn new(socket: R, held: Vec<u8>) -> Self {
        Self { socket, held: held.into(), unsaid: 0, moved: Arc::default() }
    }

    /// Leaves out the next `length` bytes that are written: they were written before.
    pub(super) fn leave_out(mut self, length: usize) -> Self {
        self.unsaid = length;
        self
    }

    /// What was read is counted as `up`, what was written as `down`.
    pub(super) fn moved(&self) -> Arc<Moved> {
        Arc::clone(&self.moved)
    }
}

impl<R: Deref<Target: Socket + Sized> + Unpin> Read for Io<R> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        mut buffer: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        let Self { socket, held, moved, .. } = self.get_mut();
        if held.is_empty() {
            let room = buffer.remaining();
            let read = poll_read_some(&**socket, cx, READ_AT_A_TIME, |bytes| {
                let (now, later) = bytes.split_at(bytes.len().min(room));
                buffer.put_slice(now);
                *held = Bytes::copy_from_slice(later);
                bytes.len()
            });
            count(&moved.up, ready!(read)?.unwrap_or(0));
        } else {
            buffer.put_slice(&held.split_to(held.len().min(buffer.remaining())));
        }
        Poll::Ready(Ok(()))
    }
}

impl<R: Deref<Target: Socket + Sized> + Unpin> Write for Io<R> {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let me = self.get_mut();
        if me.unsaid > 0 {
            let left_out = me.unsaid.min(bytes.len());
            me.unsaid -= left_out;
            return Poll::Ready(Ok(left_out));
        }
        loop {
            ready!(me.socket.poll_writable(cx))?;
            match me.socket.try_write(bytes) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                written => {
                    count(&me.moved.down, *written.as_ref().unwrap_or(&0));
                    return Poll::Ready(written);
                }
            }
        }
    }

    /// A frame comes as its header and its data. Together they are one call and one TLS record.
    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        pieces: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let mut filled = pieces.iter().filter(|piece| !piece.is_empty());
        let first = filled.next().map_or(&[][..], |piece| piece);
        let rest: usize = filled.clone().map(|piece| piece.len()).sum();
        if rest == 0 {
            return self.poll_write(cx, first);
        }
        let mut whole = Vec::with_capacity(first.len() + rest);
        whole.extend_from_slice(first);
        filled.for_each(|piece| whole.extend_from_slice(piece));
        self.poll_write(cx, &whole)
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.socket.poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(self.socket.shutdown_write())
    }
}

fn count(counter: &AtomicU64, bytes: usize) {
    counter.fetch_add(bytes as u64, Ordering::Relaxed);
}

/// More than hyper has room for, since decrypting needs some; a rest is kept until it is wanted.
const READ_AT_A_TIME: usize = 64 * 1024;
