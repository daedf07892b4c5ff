//! One direction of a relay.

use std::cell::RefCell;
use std::future::poll_fn;
use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, ready};

use super::Socket;
use super::splice::{splice_bulk, spliceable};

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

/// Sees pieces of what is moved.
pub type Seer<'a> = &'a (dyn Fn(&[u8]) + Sync);

/// Moves bytes from one socket to the other until the first end, counting in `moved`.
///
/// Whatever the receiver doesn't take at once is kept, one buffer at most, and nothing more is
/// read until it is delivered: back-pressure by not reading. A direction in which nothing moves
/// holds no buffer at all.
///
/// What comes in bulk over TCP isn't copied; from a unix socket, copying is as fast.
pub fn pump(
    from: &impl Socket,
    to: &impl Socket,
    moved: &AtomicU64,
) -> impl Future<Output = End> + Send {
    pump_shown(from, to, moved, None)
}

/// The same, which shows each piece to `look` before it goes on; what comes in bulk it may leave out.
pub async fn pump_shown(
    from: &impl Socket,
    to: &impl Socket,
    moved: &AtomicU64,
    look: Option<Seer<'_>>,
) -> End {
    let (mut since_yield, mut bulky) = (0, 0);
    loop {
        if bulky == BULKY_AFTER
            && let Some(to) = to.plain()
        {
            to.expect_bulk();
        }
        if bulky >= BULKY_AFTER
            && let Some((from, to)) = spliceable(from, to)
        {
            bulky = 0;
            // Boxed, for only what is bulky should hold room for it.
            if let Some(end) = Box::pin(splice_bulk(from, to, moved)).await {
                return end;
            }
        }
        if let Err(error) = poll_fn(|cx| from.poll_readable(cx)).await {
            return End::ReadFailed(error);
        }
        let step = with_buffer(|buffer| step(from, to, buffer, look));
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
        bulky = if count < BULKY { 0 } else { bulky + 1 };
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
    look: impl FnMut(&[u8]) -> T + Send,
) -> io::Result<Option<T>> {
    read_at_most(BUFFER_SIZE, from, look).await
}

/// The same, for bytes that are to be kept: at most `limit` of them, which should be more than a
/// record of TLS.
///
/// # Errors
/// The socket's, when the peer is lost.
pub async fn read_at_most<T>(
    limit: usize,
    from: &impl Socket,
    mut look: impl FnMut(&[u8]) -> T + Send,
) -> io::Result<Option<T>> {
    poll_fn(|cx| poll_read_some(from, cx, limit, &mut look)).await
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
        match to.try_write(bytes) {
            Ok(count) => bytes = &bytes[count..],
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                poll_fn(|cx| to.poll_writable(cx)).await?;
            }
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

fn step(from: &impl Socket, to: &impl Socket, buffer: &mut [u8], look: Option<Seer<'_>>) -> Step {
    let count = match from.try_read(buffer) {
        Ok(0) => return Step::Ended(End::Eof),
        Ok(count) => count,
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Step::Blocked,
        Err(error) => return Step::Ended(End::ReadFailed(error)),
    };
    if let Some(look) = look {
        look(&buffer[..count]);
    }
    match offer(to, &buffer[..count]) {
        Ok(taken) if taken == count => Step::Moved(count),
        Ok(taken) => Step::Rest(count, buffer[taken..count].to_vec()),
        Err(error) => Step::Ended(End::WriteFailed(error)),
    }
}

/// Writes what `to` takes without waiting, and says how much that is.
pub(super) fn offer(to: &impl Socket, bytes: &[u8]) -> io::Result<usize> {
    let mut taken = 0;
    while taken < bytes.len() {
        match to.try_write(&bytes[taken..]) {
            Ok(count) => taken += count,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
            Err(error) => return Err(error),
        }
    }
    Ok(taken)
}

/// Lends the thread's buffer, which holds nothing.
pub(super) fn with_buffer<T>(work: impl FnOnce(&mut [u8]) -> T) -> T {
    BUFFER.with_borrow_mut(|buffer| work(buffer))
}

/// More gains nothing; less costs: with 8 KiB a download takes five times the CPU.
pub(super) const BUFFER_SIZE: usize = 256 * 1024;

/// A busy direction lets others run after so many bytes.
pub(super) const YIELD_AFTER: usize = 4 * 1024 * 1024;

/// A piece of so many bytes belongs to something large.
pub(super) const BULKY: usize = 16 * 1024;

/// So many large pieces in a row are bulk.
const BULKY_AFTER: u32 = 2;

thread_local! {
    /// One for all connections of a thread: it is only ever full between a read and the write
    /// that follows without waiting.
    static BUFFER: RefCell<Box<[u8]>> = RefCell::new(vec![0; BUFFER_SIZE].into_boxed_slice());
}
