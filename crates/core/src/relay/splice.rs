//! Bulky uploads without a copy: the kernel hands pages from one socket to the other (splice(2)).
//!
//! A pipe is taken when bytes are there, and given back when they have left: an idle connection
//! holds none.

use std::cell::RefCell;
use std::future::poll_fn;
use std::io;
use std::os::fd::OwnedFd;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};

use rustix::pipe::{PipeFlags, SpliceFlags, fcntl_setpipe_size, pipe_with, splice};
use rustix::process::{Resource, getrlimit};
use tokio::io::Interest;

use super::Socket;
use super::pump::{BUFFER_SIZE, BULKY, End, YIELD_AFTER};
use crate::transport::Stream;

/// Moves bytes until the direction ends. `None`: they come in small pieces again, or there is no
/// pipe, and copying is to go on where this stopped.
pub(super) async fn splice_bulk(from: &Stream, to: &Stream, moved: &AtomicU64) -> Option<End> {
    let (mut calm, mut since_yield) = (0, 0);
    while calm < CALM_AFTER {
        if let Err(error) = poll_fn(|cx| from.poll_readable(cx)).await {
            return Some(End::ReadFailed(error));
        }
        let mut pipe = Pipe::take()?;
        let count = match pipe.fill(from, u64::MAX) {
            Ok(0) => return Some(End::Eof),
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                pipe.give_back();
                continue;
            }
            Err(error) => return Some(End::ReadFailed(error)),
        };
        if let Err(error) = pipe.drain(to, moved).await {
            return Some(End::WriteFailed(error));
        }
        pipe.give_back();
        calm = if count < BULKY { calm + 1 } else { 0 };
        since_yield += count;
        if since_yield > YIELD_AFTER {
            since_yield = 0;
            tokio::task::yield_now().await;
        }
    }
    None
}

/// A direction that can be spliced: bytes that come over TCP, and go on as they are. From a unix
/// socket, copying is as fast.
pub(super) fn spliceable<'a>(
    from: &'a impl Socket,
    to: &'a impl Socket,
) -> Option<(&'a Stream, &'a Stream)> {
    from.plain().zip(to.plain()).filter(|(from, _)| matches!(from, Stream::Tcp(_)))
}

/// A pipe, and how much is in it. Bytes that are left in it go with it.
#[derive(Debug)]
pub(super) struct Pipe {
    reader: OwnedFd,
    writer: OwnedFd,
    /// Small, for it is part of every transfer.
    held: u32,
}

impl Pipe {
    /// An empty one. `None`: the process has as many as it may have, or the machine no more
    /// descriptors.
    pub(super) fn take() -> Option<Self> {
        POOL.with_borrow_mut(Vec::pop).or_else(Self::new)
    }

    fn new() -> Option<Self> {
        if PIPES.fetch_add(1, Ordering::Relaxed) >= *MAX_PIPES {
            PIPES.fetch_sub(1, Ordering::Relaxed);
            return None;
        }
        let Ok((reader, writer)) = pipe_with(PipeFlags::CLOEXEC | PipeFlags::NONBLOCK) else {
            PIPES.fetch_sub(1, Ordering::Relaxed);
            return None;
        };
        // Past a user's share of memory for pipes (pipe-user-pages-soft) it stays at 64 KiB.
        let _refused = fcntl_setpipe_size(&writer, BUFFER_SIZE);
        Some(Self { reader, writer, held: 0 })
    }

    /// Gives the thread an empty one back.
    pub(super) fn give_back(self) {
        POOL.with_borrow_mut(|pool| {
            if pool.len() < KEPT && self.held == 0 {
                pool.push(self);
            }
        });
    }

    /// Takes from a socket what is there and fits, `limit` bytes at most; 0 is its end.
    ///
    /// # Errors
    /// The socket's. `WouldBlock` is the socket's too, for the pipe is empty.
    pub(super) fn fill(&mut self, from: &Stream, limit: u64) -> io::Result<usize> {
        let most = usize::try_from(limit).unwrap_or(usize::MAX).min(BUFFER_SIZE);
        let read = || Ok(splice(from, None, &self.writer, None, most, FLAGS)?);
        let count = from.try_io(Interest::READABLE, read)?;
        self.held = u32::try_from(count).map_err(io::Error::other)?;
        Ok(count)
    }

    /// Gives a socket all that is in the pipe. May be dropped at any moment and called again.
    ///
    /// # Errors
    /// The socket's.
    pub(super) async fn drain(&mut self, to: &Stream, moved: &AtomicU64) -> io::Result<()> {
        while self.held > 0 {
            poll_fn(|cx| to.poll_writable(cx)).await?;
            let write = || Ok(splice(&self.reader, None, to, None, self.held as usize, FLAGS)?);
            match to.try_io(Interest::WRITABLE, write) {
                Ok(written) => {
                    self.held =
                        self.held.saturating_sub(u32::try_from(written).unwrap_or(u32::MAX));
                    moved.fetch_add(written as u64, Ordering::Relaxed);
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

impl Drop for Pipe {
    fn drop(&mut self) {
        PIPES.fetch_sub(1, Ordering::Relaxed);
    }
}

/// No `MORE`: it would hold the last piece back.
const FLAGS: SpliceFlags = SpliceFlags::MOVE.union(SpliceFlags::NONBLOCK);

/// So many small pieces in a row are no bulk any more.
const CALM_AFTER: u32 = 4;

/// How many pipes a process may have, each of two descriptors, below a limit of them: few, for
/// what they take is missing for connections.
pub(crate) fn max_pipes(descriptor_limit: Option<u64>) -> u64 {
    (descriptor_limit.unwrap_or(u64::MAX) / 128).min(32)
}

/// Empty pipes that a thread keeps.
const KEPT: usize = 4;

static PIPES: AtomicU64 = AtomicU64::new(0);

static MAX_PIPES: LazyLock<u64> = LazyLock::new(|| max_pipes(getrlimit(Resource::Nofile).current));

thread_local! {
    static POOL: RefCell<Vec<Pipe>> = const { RefCell::new(Vec::new()) };
}
