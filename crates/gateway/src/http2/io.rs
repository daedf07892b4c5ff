//! A relay's socket as hyper wants it.

use std::io::{self, IoSlice};
use std::ops::Deref;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use docker_api_core::metrics::Traffic;
use docker_api_core::relay::{Socket, poll_read_some};
use hyper::rt::{Read, ReadBufCursor, Write};

use super::watch::Watch;

/// A socket, and what was read of it ahead.
///
/// It is one type for all kinds of sockets and for both sides, so that hyper's code, which is
/// generic and long, is in a program once.
pub(super) struct Io<'a> {
    socket: Box<dyn Raw + 'a>,
    held: Bytes,
    /// Bytes of hyper's that are left out.
    unsaid: usize,
    /// What was read is counted as `up`, what was written as `down`.
    traffic: Arc<Traffic>,
    watch: Option<Watch>,
}

/// What hyper needs of a [`Socket`].
trait Raw: Send + Sync {
    fn poll_read(&self, cx: &mut Context<'_>, look: &mut dyn FnMut(&[u8])) -> Poll<io::Result<()>>;
    fn poll_write(&self, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>>;
    fn poll_flush(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>>;
    fn shutdown_write(&self) -> io::Result<()>;
}

impl<'a> Io<'a> {
    /// `held` was read of the socket before, and is read first.
    pub(super) fn new<R>(socket: R, held: Vec<u8>) -> Self
    where
        R: Deref<Target: Socket + Sized> + Send + Sync + 'a,
    {
        let (held, traffic) = (held.into(), Arc::default());
        Self { socket: Box::new(socket), held, unsaid: 0, traffic, watch: None }
    }

    /// Counts there what moves, `held` included.
    pub(super) fn counted(mut self, traffic: &Arc<Traffic>) -> Self {
        self.traffic = Arc::clone(traffic);
        count(&self.traffic.moved.up, self.held.len());
        self
    }

    /// Watches what is read.
    pub(super) fn watched(mut self, watch: Watch) -> Self {
        self.watch = Some(watch);
        self
    }

    /// Leaves out the next `length` bytes that are written: they were written before.
    pub(super) fn leave_out(mut self, length: usize) -> Self {
        self.unsaid = length;
        self
    }
}

impl<R: Deref<Target: Socket + Sized> + Send + Sync> Raw for R {
    fn poll_read(&self, cx: &mut Context<'_>, look: &mut dyn FnMut(&[u8])) -> Poll<io::Result<()>> {
        poll_read_some(&**self, cx, READ_AT_A_TIME, look).map_ok(|_end| ())
    }

    fn poll_write(&self, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        loop {
            ready!(self.poll_writable(cx))?;
            match self.try_write(bytes) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                written => return Poll::Ready(written),
            }
        }
    }

    fn poll_flush(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        (**self).poll_flush(cx)
    }

    fn shutdown_write(&self) -> io::Result<()> {
        (**self).shutdown_write()
    }
}

impl Read for Io<'_> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        mut buffer: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        let Self { socket, held, traffic, watch, .. } = self.get_mut();
        let room = buffer.remaining();
        if let Some(watch) = watch {
            watch.look(cx)?;
        }
        let mut watched = Ok(());
        let mut hand = |bytes: &[u8]| {
            buffer.put_slice(bytes);
            if let Some(watch) = watch {
                watched = watch.took(bytes);
            }
        };
        if held.is_empty() {
            ready!(socket.poll_read(cx, &mut |bytes| {
                let (now, later) = bytes.split_at(bytes.len().min(room));
                hand(now);
                *held = Bytes::copy_from_slice(later);
                count(&traffic.moved.up, bytes.len());
            }))?;
        } else {
            hand(&held.split_to(held.len().min(room)));
        }
        Poll::Ready(watched)
    }
}

impl Write for Io<'_> {
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
        let written = ready!(me.socket.poll_write(cx, bytes))?;
        count(&me.traffic.moved.down, written);
        Poll::Ready(Ok(written))
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
