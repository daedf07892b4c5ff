//! Limits on a head that isn't whole: how long it takes, and how much of all heads it holds.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::Context;

use docker_api_core::head::{Heads, MAX_HEAD, Share};
use tokio::time::{Instant, Sleep, sleep_until};

use super::frames::{Frames, Head};
use crate::heads::HEAD_TIMEOUT;

/// Watches what a client sends.
#[derive(Debug)]
pub(super) struct Watch {
    frames: Frames,
    share: Share<Arc<Heads>>,
    /// Until when what is open has to come whole.
    deadline: Option<Pin<Box<Sleep>>>,
}

impl Watch {
    pub(super) fn new(heads: Arc<Heads>) -> Self {
        Self { frames: Frames::new(), share: Share::of(heads), deadline: None }
    }

    /// Takes what came next.
    ///
    /// # Errors
    /// When there is no room for the head in it: `OutOfMemory`.
    pub(super) fn took(&mut self, bytes: &[u8]) -> io::Result<()> {
        let ended = self.frames.take(bytes);
        if ended || !self.frames.is_open() {
            self.deadline = None;
            self.share.give_back();
        }
        if self.frames.is_open() && self.deadline.is_none() {
            self.deadline = Some(Box::pin(sleep_until(Instant::now() + HEAD_TIMEOUT)));
        }
        let most = match self.frames.head() {
            // A frame is no more than a record of TLS.
            Head::None | Head::InOneFrame => 0,
            Head::InSeveral { .. } => MAX_HEAD,
        };
        if self.share.grow_to(most) {
            Ok(())
        } else {
            Err(io::Error::new(io::ErrorKind::OutOfMemory, "too many request heads are being read"))
        }
    }

    /// # Errors
    /// When what is open should be whole by now: `TimedOut`. Otherwise the task is woken then.
    pub(super) fn look(&mut self, cx: &mut Context<'_>) -> io::Result<()> {
        let Some(deadline) = &mut self.deadline else { return Ok(()) };
        if deadline.as_mut().poll(cx).is_pending() {
            return Ok(());
        }
        let why = format!("no whole head within {HEAD_TIMEOUT:?}");
        Err(io::Error::new(io::ErrorKind::TimedOut, why))
    }
}
