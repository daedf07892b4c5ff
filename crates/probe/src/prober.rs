//! Checks targets, side by side.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use docker_api_core::listen::raise_descriptor_limit;
use docker_api_engine::check;
use tokio::task::JoinSet;

use crate::conditions::{Conditions, Verdict};
use crate::targets::Target;

/// The targets, and how they are asked.
pub(crate) struct Prober {
    targets: Vec<Arc<Target>>,
    conditions: Conditions,
    /// At a time.
    concurrency: usize,
}

impl Prober {
    pub(crate) fn new(targets: &[Target], conditions: Conditions, concurrency: usize) -> Self {
        Self {
            targets: targets.iter().cloned().map(Arc::new).collect(),
            conditions,
            concurrency: carried(concurrency, OTHERS),
        }
    }

    /// Asks those targets once, each for what `limit` gives when its turn comes, and hands over each
    /// verdict, with its target's index, as it comes.
    pub(crate) async fn ask(
        &self,
        indices: &[usize],
        limit: impl Fn() -> Duration,
        mut done: impl FnMut(usize, Verdict),
    ) {
        let mut waiting = indices.iter();
        let mut running = JoinSet::new();
        loop {
            while running.len() < self.concurrency
                && let Some(&index) = waiting.next()
            {
                let (target, conditions) = (Arc::clone(&self.targets[index]), self.conditions);
                let limit = limit();
                running.spawn(async move { (index, verdict(&target, conditions, limit).await) });
            }
            match running.join_next().await {
                Some(Ok((index, verdict))) => done(index, verdict),
                // Nobody cancels them.
                Some(Err(_)) => {}
                None => return,
            }
        }
    }
}

/// As many targets at a time as asked, if there are descriptors for them and `others`.
pub(crate) fn carried(concurrency: usize, others: usize) -> usize {
    let limit = raise_descriptor_limit().and_then(|limit| usize::try_from(limit).ok());
    limit.map_or(concurrency, |limit| concurrency.min(limit.saturating_sub(others).max(1)))
}

/// Asks once, for `limit` at most.
pub(crate) async fn verdict(target: &Target, conditions: Conditions, limit: Duration) -> Verdict {
    match &target.endpoint {
        Ok(endpoint) => conditions.judge(check(endpoint, limit).await, SystemTime::now()),
        Err(fault) => fault.clone().into(),
    }
}

/// Descriptors of standard streams, the runtime and lookups of names.
pub(crate) const OTHERS: usize = 64;
