//! Gives the memory of a crowd back to the system when it has left.
//!
//! An allocator keeps what was freed between what is still held; after thousands of connections that
//! is megabytes for nobody.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time;

use crate::unchecked::trim_heaps;

/// Who is there, and how many were at once since memory was given back.
#[derive(Debug, Default)]
pub(super) struct Crowd {
    here: AtomicU64,
    most: AtomicU64,
    has_left: Notify,
}

impl Crowd {
    /// One more is there, as long as what this gives is.
    pub(super) fn come(&self) -> Here<'_> {
        let here = self.here.fetch_add(1, Ordering::Relaxed) + 1;
        self.most.fetch_max(here, Ordering::Relaxed);
        Here(self)
    }

    /// Gives back what crowds held, soon after most of each have left. It goes on for ever.
    pub(super) async fn give_back(&self) {
        loop {
            self.has_left.notified().await;
            time::sleep(SOON).await;
            self.most.store(self.here.load(Ordering::Relaxed), Ordering::Relaxed);
            trim_heaps();
        }
    }
}

/// One of a crowd.
#[derive(Debug)]
#[must_use]
pub(super) struct Here<'a>(&'a Crowd);

impl Drop for Here<'_> {
    fn drop(&mut self) {
        let crowd = self.0;
        let here = crowd.here.fetch_sub(1, Ordering::Relaxed) - 1;
        let most = crowd.most.load(Ordering::Relaxed);
        if most >= CROWD && here <= most / 4 {
            crowd.has_left.notify_one();
        }
    }
}

/// Fewer aren't worth it.
const CROWD: u64 = 64;

/// Those who leave together leave within this time.
const SOON: Duration = Duration::from_millis(300);
