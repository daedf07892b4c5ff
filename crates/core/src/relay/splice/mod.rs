//! Bulky uploads without a copy.
//!
//! A pipe is taken when bytes are there, and given back when they have left: an idle connection
//! holds none.

#[cfg(not(target_os = "linux"))]
mod elsewhere;
#[cfg(target_os = "linux")]
mod linux;

use std::future::poll_fn;
use std::io;
use std::sync::atomic::AtomicU64;

#[cfg(not(target_os = "linux"))]
pub(crate) use self::elsewhere::{Pipe, max_pipes};
#[cfg(target_os = "linux")]
pub(crate) use self::linux::{Pipe, max_pipes};
use super::Socket;
use super::pump::{BULKY, End, YIELD_AFTER};
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

/// So many small pieces in a row are no bulk any more.
const CALM_AFTER: u32 = 4;
