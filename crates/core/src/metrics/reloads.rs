//! Readings of certificates and policy while a bridge runs.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// How often something was read again, and whether it went well last.
#[derive(Debug, Default)]
pub struct Reloads {
    counts: [AtomicU64; 2],
    last_failed: AtomicBool,
}

/// How a reload ended.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Outcome {
    /// What was read is in force.
    Success,
    /// What was in force stays so.
    Failure,
}

impl Outcome {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Success, Self::Failure];

    /// As metrics call it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Failure => "failure",
        }
    }
}

impl Reloads {
    /// Adds one.
    pub fn count(&self, outcome: Outcome) {
        self.counts[outcome as usize].fetch_add(1, Ordering::Relaxed);
        self.last_failed.store(outcome == Outcome::Failure, Ordering::Relaxed);
    }

    /// How many ended so.
    pub fn total(&self, outcome: Outcome) -> u64 {
        self.counts[outcome as usize].load(Ordering::Relaxed)
    }

    /// Whether what lies on disk is in force, as far as was seen: without a reload it is.
    pub fn last_succeeded(&self) -> bool {
        !self.last_failed.load(Ordering::Relaxed)
    }
}
