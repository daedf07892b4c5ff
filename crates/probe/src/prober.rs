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
        let limit = raise_descriptor_limit().and_then(|limit| usize::try_from(limit).ok());
        let carried = limit.map_or(usize::MAX, |limit| limit.saturating_sub(OTHERS).max(1));
        Self {
            targets: targets.iter().cloned().map(Arc::new).collect(),
            conditions,
            concurrency: concurrency.min(carried),
        }
    }

    /// Asks those targets once, each for `limit` at most, and hands over each verdict, with its
    /// target's index, as it comes.
    pub(crate) async fn ask(
        &self,
        indices: &[usize],
        limit: Duration,
        mut done: impl FnMut(usize, Verdict),
    ) {
        let mut waiting = indices.iter();
        let mut running = JoinSet::new();
        loop {
            while running.len() < self.concurrency
                && let Some(&index) = waiting.next()
            {
                let (target, conditions) = (Arc::clone(&self.targets[index]), self.conditions);
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

async fn verdict(target: &Target, conditions: Conditions, limit: Duration) -> Verdict {
    match &target.endpoint {
        Ok(endpoint) => conditions.judge(check(endpoint, limit).await, SystemTime::now()),
        Err(fault) => fault.clone().into(),
    }
}

/// Descriptors of standard streams, the runtime and lookups of names.
const OTHERS: usize = 64;
