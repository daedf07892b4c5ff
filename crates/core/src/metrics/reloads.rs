//! Readings of certificates and policy while a bridge runs.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use tokio::sync::watch;

/// How often something was read again, and whether it went well last.
#[derive(Debug, Default)]
pub struct Reloads {
    counts: [AtomicU64; 2],
    last_failed: AtomicBool,
    /// A bit for each [`Of`].
    under_way: watch::Sender<u8>,
}

/// What is read again.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Of {
    /// What a server shows and whom it trusts.
    Certificates,
    /// Who may do what.
    Policy,
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
    /// Something is to be read again, as somebody wants to know when it is done.
    pub(crate) fn begin(&self, of: Of) {
        self.under_way.send_modify(|bits| *bits |= 1 << of as u8);
    }

    /// Something was read again.
    pub fn end(&self, of: Of, outcome: Outcome) {
        self.counts[outcome as usize].fetch_add(1, Ordering::Relaxed);
        self.last_failed.store(outcome == Outcome::Failure, Ordering::Relaxed);
        self.under_way.send_modify(|bits| *bits &= !(1 << of as u8));
    }

    /// Completes when all is done that was begun.
    pub(crate) async fn settled(&self) {
        // The sender is here, so it can't be closed.
        let _closed = self.under_way.subscribe().wait_for(|bits| *bits == 0).await.is_err();
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

#[cfg(test)]
mod tests {
    use tokio_util::task::TaskTracker;

    use super::*;

    #[tokio::test]
    async fn a_reload_is_over_when_all_of_it_is() {
        let reloads = std::sync::Arc::new(Reloads::default());
        reloads.settled().await;
        reloads.begin(Of::Policy);
        reloads.begin(Of::Certificates);
        reloads.end(Of::Policy, Outcome::Success);
        assert!(!reloads.under_way.borrow().eq(&0));
        let ended = std::sync::Arc::clone(&reloads);
        TaskTracker::new().spawn(async move { ended.end(Of::Certificates, Outcome::Failure) });
        reloads.settled().await;
        assert!(!reloads.last_succeeded());
        assert_eq!(Outcome::ALL.map(|one| reloads.total(one)), [1, 1]);
    }
}
