//! Gives the memory of a crowd back to the system when it has left.
//!
//! An allocator keeps what was freed between what is still held; after thousands of connections that
//! is megabytes for nobody.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time;
use tokio_util::task::TaskTracker;

use crate::unchecked::trim_heaps;

/// How many tasks, one for each connection, there were at once since memory was given back.
#[derive(Debug, Default)]
pub(super) struct Crowd {
    most: AtomicUsize,
    has_left: Notify,
}

impl Crowd {
    /// One has come, and is among the tasks.
    pub(super) fn came(&self, tasks: &TaskTracker) {
        self.most.fetch_max(tasks.len(), Ordering::Relaxed);
    }

    /// One is about to leave, and still among the tasks.
    pub(super) fn leaves(&self, tasks: &TaskTracker) {
        let most = self.most.load(Ordering::Relaxed);
        if most >= CROWD && tasks.len() <= most / 4 {
            self.has_left.notify_one();
        }
    }

    /// Gives back what crowds held, soon after most of each have left. It goes on for ever.
    pub(super) async fn give_back(&self, tasks: &TaskTracker) {
        loop {
            self.has_left.notified().await;
            time::sleep(SOON).await;
            self.most.store(tasks.len(), Ordering::Relaxed);
            trim_heaps();
        }
    }
}

/// Fewer aren't worth it.
const CROWD: usize = 64;

/// Those who leave together leave within this time.
const SOON: Duration = Duration::from_millis(300);
