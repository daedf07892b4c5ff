//! One direction of a relay.

use std::cell::RefCell;
use std::future::poll_fn;
use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, ready};

use super::Socket;

/// How one direction ended.
#[derive(Debug)]
pub enum End {
    /// The sender half-closed or closed.
    Eof,
    /// The sender was lost.
    ReadFailed(io::Error),
    /// The receiver takes no more.
    WriteFailed(io::Error),
}

/// Moves bytes from one socket to the other until the first end, counting in `moved`.
///
/// Whatever the receiver doesn't take at once is kept, one buffer at most, and nothing more is
/// read until it is delivered: back-pressure by not reading. A direction in which nothing moves
/// holds no buffer at all.
pub async fn pump(from: &impl Socket, to: &impl Socket, moved: &AtomicU64) -> End {
    let mut since_yield = 0;
    loop {
        if let Err(error) = poll_fn(|cx| from.poll_readable(cx)).await {
            return End::ReadFailed(error);
        }
        let step = BUFFER.with_borrow_mut(|buffer| step(from, to, buffer));
        let count = match step {
            Step::Blocked => continue,
            Step::Ended(end) => return end,
            Step::Moved(count) => {
                if let Err(error) = poll_fn(|cx| to.poll_flush(cx)).await {
                    return End::WriteFailed(error);
                }
                count
            }
            Step::Rest(count, rest) => {
                if let Err(error) = write_all(to, &rest).await {
                    return End::WriteFailed(error);
                }
                count
            }
        };
        moved.fetch_add(count as u64, Ordering::Relaxed);
        since_yield += count;
        if since_yield > YIELD_AFTER {
            since_yield = 0;
            tokio::task::yield_now().await;
        }
    }
}

/// Waits for bytes and shows them to `look`; `None` is the end of the direction.
///
/// # Errors
/// The socket's, when the peer is lost.
pub async fn read_some<T>(
    from: &impl Socket,
    mut look: impl FnMut(&[u8]) -> T + Send,
) -> io::Result<Option<T>> {
    poll_fn(|cx| poll_read_some(from, cx, BUFFER_SIZE, &mut look)).await
}

/// The same for who polls, and `most` bytes at a time (at most 256 KiB).
///
/// # Errors
/// The socket's, when the peer is lost.
pub fn poll_read_some<T>(
    from: &impl Socket,
    cx: &mut Context<'_>,
    most: usize,
    look: impl FnOnce(&[u8]) -> T,
) -> Poll<io::Result<Option<T>>> {
    BUFFER.with_borrow_mut(|buffer| {
        let buffer = &mut buffer[..most.min(BUFFER_SIZE)];
        loop {
            ready!(from.poll_readable(cx))?;
            return Poll::Ready(match from.try_read(buffer) {
                Ok(0) => Ok(None),
                Ok(count) => Ok(Some(look(&buffer[..count]))),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => continue,
                Err(error) => Err(error),
            });
        }
    })
}

/// Writes all of `bytes`, waiting as often as it takes.
///
/// # Errors
/// The socket's, when the peer reads no more.
pub async fn write_all(to: &impl Socket, mut bytes: &[u8]) -> io::Result<()> {
    while !bytes.is_empty() {
        poll_fn(|cx| to.poll_writable(cx)).await?;
        match to.try_write(bytes) {
            Ok(count) => bytes = &bytes[count..],
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(error) => return Err(error),
        }
    }
    poll_fn(|cx| to.poll_flush(cx)).await
}

enum Step {
    Blocked,
    Ended(End),
    Moved(usize),
    /// The count of all, and what of it the receiver hasn't taken.
    Rest(usize, Vec<u8>),
}

fn step(from: &impl Socket, to: &impl Socket, buffer: &mut [u8]) -> Step {
    let count = match from.try_read(buffer) {
        Ok(0) => return Step::Ended(End::Eof),
        Ok(count) => count,
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Step::Blocked,
        Err(error) => return Step::Ended(End::ReadFailed(error)),
    };
    let mut rest = &buffer[..count];
    while !rest.is_empty() {
        match to.try_write(rest) {
            Ok(taken) => rest = &rest[taken..],
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                return Step::Rest(count, rest.to_vec());
            }
            Err(error) => return Step::Ended(End::WriteFailed(error)),
        }
    }
    Step::Moved(count)
}

/// More gains nothing; less costs: with 8 KiB a download takes five times the CPU.
const BUFFER_SIZE: usize = 256 * 1024;

/// A busy direction lets others run after so many bytes.
const YIELD_AFTER: usize = 4 * 1024 * 1024;

thread_local! {
    /// One for all connections of a thread: it is only ever full between a read and the write
    /// that follows without waiting.
    static BUFFER: RefCell<Box<[u8]>> = RefCell::new(vec![0; BUFFER_SIZE].into_boxed_slice());
}
