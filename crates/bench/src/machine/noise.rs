//! Who else is at work: what keeps the processors busy beside this run.

use std::fs;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use rustix::time::{ClockId, clock_gettime};

use super::account::Account;
use super::tree;

/// A stretch of time, and what is used in it.
#[derive(Debug)]
pub(crate) struct Window<'a> {
    /// Of the target; none where there is no proxy.
    target: Option<&'a Account>,
    upstream: &'a Account,
    begin: Reading,
}

/// What was used in a window.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Usage {
    /// How long the load ran.
    pub(crate) elapsed: Duration,
    /// Processor time of the target; none where there is no proxy.
    pub(crate) cpu: Option<Duration>,
    /// Cores that others kept busy.
    pub(crate) foreign: f64,
}

#[derive(Clone, Copy, Debug)]
struct Reading {
    at: Instant,
    busy: Duration,
    own: Duration,
    target: Duration,
}

impl<'a> Window<'a> {
    /// Begins one.
    pub(crate) fn open(target: Option<&'a Account>, upstream: &'a Account) -> anyhow::Result<Self> {
        Ok(Self { target, upstream, begin: Reading::take(target, upstream)? })
    }

    /// Ends it: the load is over.
    pub(crate) fn close(self) -> anyhow::Result<Usage> {
        let elapsed = self.begin.at.elapsed();
        // What is closed last is part of the work.
        std::thread::sleep(SETTLE);
        let end = Reading::take(self.target, self.upstream)?;
        let span = end.at - self.begin.at;
        let busy = end.busy.saturating_sub(self.begin.busy);
        let own = end.own.saturating_sub(self.begin.own);
        Ok(Usage {
            elapsed,
            cpu: self.target.map(|_| end.target.saturating_sub(self.begin.target)),
            foreign: foreign(span, busy, own),
        })
    }
}

impl Usage {
    /// Whether others did so little that figures can be believed.
    pub(crate) fn is_quiet(&self) -> bool {
        self.foreign <= QUIET
    }
}

impl Reading {
    fn take(target: Option<&Account>, upstream: &Account) -> anyhow::Result<Self> {
        let target = target.map_or(Ok(Duration::ZERO), Account::cpu)?;
        let clock = clock_gettime(ClockId::ProcessCPUTime);
        let this = Duration::new(
            clock.tv_sec.try_into().unwrap_or(0),
            clock.tv_nsec.try_into().unwrap_or(0),
        );
        let stat = fs::read_to_string("/proc/stat").context("cannot read /proc/stat")?;
        let busy = busy(&stat).context("/proc/stat isn't as it should be")?;
        Ok(Self {
            at: Instant::now(),
            busy: tree::duration(busy),
            own: this + upstream.cpu()? + target,
            target,
        })
    }
}

/// Cores that are busy beside our own, once the clock's ticks are allowed for.
fn foreign(span: Duration, busy: Duration, own: Duration) -> f64 {
    let foreign = busy.saturating_sub(own).saturating_sub(TICKS);
    foreign.as_secs_f64() / span.as_secs_f64()
}

/// Busy ticks of all processors since the start, from `/proc/stat`.
///
/// Time in interrupts: a kernel either counts it apart from processes, and then has some in the
/// column for hardware interrupts, or leaves it to whoever was interrupted. The first must not be
/// taken for work of others: the network's part of our own would be in it.
fn busy(stat: &str) -> Option<u64> {
    let line = stat.lines().find_map(|line| line.strip_prefix("cpu "))?;
    let columns: Vec<u64> =
        line.split_ascii_whitespace().map_while(|column| column.parse().ok()).collect();
    let [user, nice, system, _idle, _wait, irq, softirq, steal, ..] = columns[..] else {
        return None;
    };
    let interrupts = if irq == 0 { softirq } else { 0 };
    Some(user + nice + system + interrupts + steal)
}

/// Up to so many cores others are forgiven.
const QUIET: f64 = 0.3;
/// What the kernel's counters, in ticks of 10 ms, may be wrong by over a short window.
const TICKS: Duration = Duration::from_millis(20);
const SETTLE: Duration = Duration::from_millis(10);

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "these are exact")]
mod tests {
    use super::*;

    #[test]
    fn interrupts_are_counted_where_the_kernel_leaves_them_to_processes() {
        assert_eq!(busy("cpu  100 10 50 900 5 0 20 3 0 0\ncpu0 1 1 1 1\n"), Some(183));
        assert_eq!(busy("cpu  100 10 50 900 5 7 20 3 0 0\n"), Some(163));
        assert_eq!(busy("intr 1 2 3\n"), None);
    }

    #[test]
    fn work_of_others_is_what_is_left() {
        let ms = Duration::from_millis;
        assert_eq!(foreign(ms(1000), ms(1520), ms(1000)), 0.5);
        assert_eq!(foreign(ms(1000), ms(1000), ms(1010)), 0.0);
    }
}
