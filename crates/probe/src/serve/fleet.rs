//! All targets, and what is known of each: asked again and again, side by side.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use docker_api_engine::{Containers, Questions, survey};
use time::OffsetDateTime;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior, interval_at};

use crate::conditions::{Conditions, Verdict};
use crate::targets::Target;

/// The targets, and what was found last.
#[derive(Debug)]
pub(crate) struct Fleet {
    targets: Vec<Arc<Target>>,
    conditions: Conditions,
    /// For one check.
    timeout: Duration,
    /// For the checks that are under way.
    permits: Semaphore,
    /// By target; `None`: not asked yet.
    known: Mutex<Vec<Option<Known>>>,
}

/// What is known of a target.
#[derive(Clone, Debug)]
pub(crate) struct Known {
    /// Of the last check.
    pub(crate) verdict: Verdict,
    /// Since when it is in this state.
    pub(crate) since: OffsetDateTime,
    /// `None`: the Engine doesn't say, or not to this client.
    pub(crate) containers: Option<Containers>,
    /// Of the last checks, oldest first; `None`: no answer.
    pub(crate) latencies: VecDeque<Option<Duration>>,
}

impl Fleet {
    pub(crate) fn new(
        targets: Vec<Arc<Target>>,
        conditions: Conditions,
        timeout: Duration,
        concurrency: usize,
    ) -> Self {
        let known = Mutex::new(vec![None; targets.len()]);
        Self { targets, conditions, timeout, permits: Semaphore::new(concurrency), known }
    }

    /// As they were typed.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.targets.iter().map(|target| target.name.as_str())
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.targets.len()
    }

    /// Those that were asked, each with what is known, in the order of the list.
    pub(crate) fn asked(&self) -> Vec<(&Target, Known)> {
        let known = self.known().clone();
        let pairs = self.targets.iter().zip(known);
        pairs.filter_map(|(target, known)| Some((&**target, known?))).collect()
    }

    /// Asks every target at once, then each every `interval`, spread over it. It never ends.
    pub(crate) async fn watch(self: &Arc<Self>, interval: Duration) {
        let mut watched = JoinSet::new();
        let begin = Instant::now();
        for index in 0..self.targets.len() {
            let phase = share(interval, index + 1, self.targets.len());
            let fleet = Arc::clone(self);
            watched.spawn(async move { fleet.watch_one(index, begin + phase, interval).await });
        }
        while watched.join_next().await.is_some() {}
    }

    async fn watch_one(&self, index: usize, second: Instant, interval: Duration) {
        let mut ticks = interval_at(second, interval);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let (mut denied, mut asked_all) = (Questions::default(), Instant::now());
        loop {
            if asked_all.elapsed() >= DENIED_FOR {
                (denied, asked_all) = (Questions::default(), Instant::now());
            }
            let now = self.look(index, Questions::but(denied)).await;
            denied.counts |= now.counts;
            denied.unhealthy |= now.unhealthy;
            ticks.tick().await;
        }
    }

    /// Gives the questions that were denied.
    async fn look(&self, index: usize, questions: Questions) -> Questions {
        let target = &self.targets[index];
        // It is never closed.
        let _permit = self.permits.acquire().await;
        let (verdict, containers, denied) = match &target.endpoint {
            Err(fault) => (fault.clone().into(), Containers::default(), Questions::default()),
            Ok(endpoint) => {
                let (outcome, survey) = survey(endpoint, self.timeout, questions).await;
                let verdict = self.conditions.judge(outcome, SystemTime::now());
                (verdict, survey.containers, survey.denied)
            }
        };
        let containers = Some(containers).filter(|found| *found != Containers::default());
        let mut all = self.known();
        let before = all[index].take();
        all[index] = Some(Known::after(before, verdict, containers));
        denied
    }

    fn known(&self) -> MutexGuard<'_, Vec<Option<Known>>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Known {
    fn after(before: Option<Self>, verdict: Verdict, containers: Option<Containers>) -> Self {
        let now = OffsetDateTime::now_utc();
        let now = now.replace_nanosecond(0).unwrap_or(now);
        let latency = verdict.engine.is_some().then_some(verdict.latency);
        let (since, mut latencies) = match before {
            Some(before) if before.verdict.state == verdict.state => {
                (before.since, before.latencies)
            }
            Some(before) => (now, before.latencies),
            None => (now, VecDeque::new()),
        };
        if latencies.len() == LATENCIES {
            latencies.pop_front();
        }
        latencies.push_back(latency);
        Self { verdict, since, containers, latencies }
    }
}

/// The `n`th of so many equal parts' ends.
fn share(whole: Duration, n: usize, of: usize) -> Duration {
    let (n, of) = (u32::try_from(n).unwrap_or(u32::MAX), u32::try_from(of).unwrap_or(u32::MAX));
    whole.mul_f64(f64::from(n) / f64::from(of.max(1)))
}

/// Checks that are remembered of each target.
const LATENCIES: usize = 40;
/// A role rarely changes, and each refusal is a line in a bridge's log.
const DENIED_FOR: Duration = Duration::from_secs(600);

#[cfg(test)]
mod tests {
    use docker_api_engine::{Fault, State};

    use super::*;

    #[test]
    fn a_state_lasts_since_it_began_and_checks_are_remembered_to_a_bound() {
        let refused = || Verdict::from(Fault::new(State::Refused, "x"));
        let first = Known::after(None, refused(), None);
        let old = Known { since: first.since - Duration::from_secs(60), ..first };
        let same = Known::after(Some(old.clone()), refused(), None);
        assert_eq!(same.since, old.since);
        let other = Known::after(Some(old), Fault::new(State::Timeout, "x").into(), None);
        assert!(other.since > same.since);
        let many = (0..100).fold(other, |known, _| Known::after(Some(known), refused(), None));
        assert_eq!(many.latencies, vec![None; LATENCIES]);
    }

    #[test]
    fn targets_are_spread_over_the_interval() {
        let second = Duration::from_secs(1);
        let phases: Vec<_> = (1..=4).map(|n| share(second, n, 4).as_millis()).collect();
        assert_eq!(phases, [250, 500, 750, 1000]);
    }
}
