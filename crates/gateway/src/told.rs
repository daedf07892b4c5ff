//! Tells the sinks of a request, once at its begin and once at its end.

use std::sync::Arc;
use std::sync::atomic::{AtomicU16, AtomicU64, Ordering};

use docker_api_core::relay::Moved;
use tokio::time::Instant;

use crate::{Asked, Ended, Sink};

/// A request that the sinks were told of. They are told of its end when it is dropped, so also
/// when its connection is cut.
#[derive(Debug)]
pub(crate) struct Told<'a> {
    sinks: &'a [Arc<dyn Sink>],
    asked: Asked<'a>,
    since: Instant,
    moved: &'a Moved,
    /// What had moved that isn't its body.
    before: Moved,
    /// 0, as long as there is none.
    status: AtomicU16,
}

impl<'a> Told<'a> {
    /// Tells them now. `moved` is what the connection moves, of which the request's part is told.
    pub(crate) fn new(sinks: &'a [Arc<dyn Sink>], asked: Asked<'a>, moved: &'a Moved) -> Self {
        for sink in sinks {
            sink.asked(&asked);
        }
        let before = Moved {
            up: AtomicU64::new(moved.up.load(Ordering::Relaxed)),
            down: AtomicU64::new(moved.down.load(Ordering::Relaxed)),
        };
        Self { sinks, asked, since: Instant::now(), moved, before, status: AtomicU16::new(0) }
    }

    /// Its head goes on to the Engine, and isn't its body.
    pub(crate) fn forwarded(&self, head: usize) {
        self.before.up.fetch_add(head as u64, Ordering::Relaxed);
    }

    /// A head of its answer goes to the client, and isn't its body.
    pub(crate) fn answering(&self, head: usize) {
        self.before.down.fetch_add(head as u64, Ordering::Relaxed);
    }

    /// Its answer's status is known.
    pub(crate) fn answered(&self, status: u16) {
        self.status.store(status, Ordering::Relaxed);
    }

    /// Whether something of its final answer was handed on.
    pub(crate) fn is_answered(&self) -> bool {
        self.status.load(Ordering::Relaxed) != 0
    }
}

impl Drop for Told<'_> {
    fn drop(&mut self) {
        let since = |now: &AtomicU64, before: &AtomicU64| {
            now.load(Ordering::Relaxed).saturating_sub(before.load(Ordering::Relaxed))
        };
        let status = self.status.load(Ordering::Relaxed);
        let ended = Ended {
            status: (status != 0).then_some(status),
            up: since(&self.moved.up, &self.before.up),
            down: since(&self.moved.down, &self.before.down),
            duration: self.since.elapsed(),
        };
        for sink in self.sinks {
            sink.ended(&self.asked, &ended);
        }
    }
}
