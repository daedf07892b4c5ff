//! The time that a check may take, whatever it is waiting for.

use std::time::Duration;

use tokio::time::{Instant, timeout_at};

use crate::{Fault, State};

/// A point in time, and how far away it was.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limit {
    end: Instant,
    given: Duration,
}

impl Limit {
    pub(crate) fn from_now(given: Duration) -> Self {
        Self { end: Instant::now() + given, given }
    }

    /// What `step` gives, or a timeout that says what there was not.
    pub(crate) async fn of<T>(
        self,
        step: impl Future<Output = Result<T, Fault>>,
        nothing: &str,
    ) -> Result<T, Fault> {
        self.or(step, || Fault::new(State::Timeout, self.within(nothing))).await
    }

    /// The same with a fault of its own.
    pub(crate) async fn or<T>(
        self,
        step: impl Future<Output = Result<T, Fault>>,
        late: impl FnOnce() -> Fault,
    ) -> Result<T, Fault> {
        timeout_at(self.end, step).await.unwrap_or_else(|_| Err(late()))
    }

    pub(crate) fn within(self, nothing: &str) -> String {
        format!("{nothing} within {:?}", self.given)
    }
}
