//! A pipe, through which the kernel hands pages from one socket to another (splice(2)).

use std::cell::RefCell;
use std::future::poll_fn;
use std::io;
use std::os::fd::OwnedFd;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};

use rustix::pipe::{PipeFlags, SpliceFlags, fcntl_setpipe_size, pipe_with, splice};
use rustix::process::{Resource, getrlimit};
use tokio::io::Interest;

use crate::relay::Socket as _;
use crate::relay::pump::BUFFER_SIZE;
use crate::transport::Stream;

/// A pipe, and how much is in it. Bytes that are left in it go with it.
#[derive(Debug)]
pub(crate) struct Pipe {
    reader: OwnedFd,
    writer: OwnedFd,
    /// Small, for it is part of every transfer.
    held: u32,
}

impl Pipe {
    /// An empty one. `None`: the process has as many as it may have, or the machine no more
    /// descriptors.
    pub(crate) fn take() -> Option<Self> {
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
    pub(crate) fn give_back(self) {
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
    pub(crate) fn fill(&mut self, from: &Stream, limit: u64) -> io::Result<usize> {
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
    pub(crate) async fn drain(&mut self, to: &Stream, moved: &AtomicU64) -> io::Result<()> {
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
