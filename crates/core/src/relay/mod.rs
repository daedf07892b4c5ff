//! Moves bytes between a client and the Engine, and knows nothing of what they mean.
//!
//! Each direction ends on its own and no timer runs behind the first end: the docker CLI closes
//! its side as soon as standard input ends, long before the container has answered.

mod body;
mod chunks;
mod pump;
mod splice;

use std::future::poll_fn;
use std::io;
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::time;

pub use body::{Carried, Framing, Transfer};
pub use chunks::{BadChunk, Chunks};
pub use pump::{End, Seer, poll_read_some, pump, pump_shown, read_at_most, read_some, write_all};
pub(crate) use splice::max_pipes;

use crate::transport::Stream;

/// A connected socket as the relay wants it: never blocking, and shared by both directions.
pub trait Socket: Send + Sync {
    /// Ready when a read would give something: bytes, the end, or an error.
    fn poll_readable(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>>;

    /// Ready when a write would take something or fail.
    fn poll_writable(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>>;

    /// Reads what is there; 0 is the end of this direction.
    ///
    /// # Errors
    /// `WouldBlock` when nothing is there yet; anything else means that the peer is lost.
    fn try_read(&self, buffer: &mut [u8]) -> io::Result<usize>;

    /// Writes what fits.
    ///
    /// # Errors
    /// `WouldBlock` when nothing fits; anything else means that the peer reads no more.
    fn try_write(&self, bytes: &[u8]) -> io::Result<usize>;

    /// Ready when all that was taken has left: a socket that encrypts may hold some of it back.
    ///
    /// # Errors
    /// When the peer reads no more.
    fn poll_flush(&self, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    /// Ends the direction towards the peer (half-close), behind what was taken so far.
    fn shutdown_write(&self) -> io::Result<()>;

    /// Whether both directions are known to be over: the peer has closed, not just half-closed.
    /// TCP can't tell before a write has failed.
    fn is_closed(&self) -> bool;

    /// The socket as the kernel knows it, where bytes travel as they are: it can then move them
    /// without showing them to us.
    fn plain(&self) -> Option<&Stream> {
        None
    }

    /// Whether the handshake has agreed on HTTP/2 (ALPN's `h2`).
    fn is_http2(&self) -> bool {
        false
    }

    /// Completes when the peer is lost by a reset or by silence. A half-close doesn't count, and
    /// unread input doesn't hide it.
    fn gone(&self) -> impl Future<Output = ()> + Send;
}

/// Bytes moved so far.
#[derive(Debug, Default)]
pub struct Moved {
    /// From the client to the Engine.
    pub up: AtomicU64,
    /// From the Engine to the client.
    pub down: AtomicU64,
}

/// How a relayed connection ended.
#[derive(Debug)]
#[must_use]
pub enum Outcome {
    /// Both sides have said all they had to say.
    Finished,
    /// The client was lost; whoever reads the Engine's side must learn it from a close.
    ClientGone,
    /// The Engine was lost in the middle; the client must not take it for an end.
    EngineLost(io::Error),
}

/// Input that a client still sends behind a complete answer is read and thrown away for this
/// long: closing over unread input is a reset, which would overtake the answer.
pub const LINGER: Duration = Duration::from_secs(2);

/// Relays both directions until both are over.
///
/// `upload` and `answer` are each a [`pump()`], and what the gate does before it: it sends the head
/// that it has read, and may edit the answer's. They come pinned because a future that is handed
/// on is kept twice in its caller's.
pub async fn both(
    client: &impl Socket,
    engine: &impl Socket,
    mut upload: Pin<&mut (impl Future<Output = End> + Send)>,
    mut answer: Pin<&mut (impl Future<Output = End> + Send)>,
) -> Outcome {
    let mut gone = pin!(client.gone());
    let mut input = Input::Flows;

    loop {
        tokio::select! {
            biased;
            end = &mut upload, if input == Input::Flows => match end {
                // The client's whole socket is closed: nobody is left to read an answer.
                End::Eof if client.is_closed() => return Outcome::ClientGone,
                End::Eof => {
                    half_close(engine);
                    input = Input::Ended;
                }
                End::ReadFailed(_) => return Outcome::ClientGone,
                // The Engine takes no more, but may still have an answer to give.
                End::WriteFailed(_) => input = Input::Refused,
            },
            end = &mut answer => match end {
                End::Eof => break,
                End::ReadFailed(error) => return Outcome::EngineLost(error),
                End::WriteFailed(_) => return Outcome::ClientGone,
            },
            () = discard(client), if input == Input::Refused => input = Input::Ended,
            () = &mut gone => return Outcome::ClientGone,
        }
    }

    half_close(client);
    if input == Input::Flows && !engine.is_closed() {
        // Only half-closed: an attach whose output is over still takes input.
        input = tokio::select! {
            biased;
            end = &mut upload => match end {
                End::Eof => {
                    half_close(engine);
                    Input::Ended
                }
                End::ReadFailed(_) => return Outcome::ClientGone,
                End::WriteFailed(_) => Input::Refused,
            },
            () = &mut gone => return Outcome::ClientGone,
        };
    }
    tokio::select! {
        biased;
        _failed = poll_fn(|cx| client.poll_flush(cx)) => {}
        () = &mut gone => return Outcome::ClientGone,
    }
    if input != Input::Ended {
        // Boxed, for a connection that isn't there yet should not hold room for it.
        Box::pin(linger(client)).await;
    }
    Outcome::Finished
}

/// Reads what the client still sends, for [`LINGER`] at most, so that closing isn't a reset.
pub async fn linger(client: &impl Socket) {
    tokio::select! {
        () = discard(client) => {}
        () = client.gone() => {}
        () = time::sleep(LINGER) => {}
    }
}

/// Completes when nothing has moved for `limit`.
pub async fn idle(moved: &Moved, limit: Duration) {
    let total = || moved.up.load(Ordering::Relaxed) + moved.down.load(Ordering::Relaxed);
    let step = limit / 4;
    let (mut seen, mut quiet) = (total(), 0);
    while quiet < 4 {
        time::sleep(step).await;
        let now = total();
        quiet = if now == seen { quiet + 1 } else { 0 };
        seen = now;
    }
}

#[derive(Clone, Copy, Eq, PartialEq)]
enum Input {
    /// From the client to the Engine.
    Flows,
    /// The Engine takes no more of it.
    Refused,
    /// The client has ended it.
    Ended,
}

/// Reads to the client's end and keeps nothing.
pub async fn discard(client: &impl Socket) {
    while let Ok(true) = read_some(client, |_| ()).await.map(|read| read.is_some()) {}
}

/// Ends the direction towards a peer that may be lost already.
pub fn half_close(socket: &impl Socket) {
    // It fails only on a socket that is lost, which the next read or write says too.
    let _lost: io::Result<()> = socket.shutdown_write();
}

#[cfg(test)]
mod properties;
#[cfg(test)]
pub(crate) mod tests;
