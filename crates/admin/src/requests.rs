//! Requests that were judged: how many of what, how long they took, and why they were refused.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use docker_api_access::{self as access, Operation, Verdict};
use docker_api_core::metrics::{Histogram, Seconds};
use docker_api_core::transport::Who;
use docker_api_gateway::{Access, Asked, Ended, Sink};
use serde::Serialize;
use time::OffsetDateTime;

use crate::shown;

/// Is told of every request of guarded access, and remembers the last refusals.
///
/// Its memory has bounds, whatever clients do.
#[derive(Debug)]
pub struct Requests {
    access: Arc<Access>,
    /// One an operation, and one for what is none.
    counts: Box<[Counts]>,
    refusals: Mutex<VecDeque<Refusal>>,
}

#[derive(Debug, Default)]
struct Counts {
    /// By verdict, then by the answer's class.
    ended: [[AtomicU64; CLASSES.len()]; VERDICTS.len()],
    seconds: Histogram,
}

/// A request that was refused.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub(crate) struct Refusal {
    #[serde(with = "time::serde::rfc3339")]
    time: OffsetDateTime,
    client: String,
    role: String,
    operation: Option<&'static str>,
    method: String,
    path: String,
    rule: String,
    /// The line of policy that would allow it.
    allow: Option<String>,
}

/// How often requests for one operation ended in one way.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Count {
    pub(crate) operation: &'static str,
    pub(crate) verdict: &'static str,
    pub(crate) class: &'static str,
    pub(crate) is_refused: bool,
    pub(crate) times: u64,
}

impl Requests {
    /// Nothing was asked yet. `access` says what would allow a refused request.
    fn new(access: Arc<Access>) -> Self {
        let counts = (0..=Operation::all().len()).map(|_| Counts::default()).collect();
        Self { access, counts, refusals: Mutex::default() }
    }

    /// Those that pass gates which tell `sinks`, made before they are.
    pub fn beside(access: &Arc<Access>, sinks: &mut Vec<Arc<dyn Sink>>) -> Arc<Self> {
        let requests = Arc::new(Self::new(Arc::clone(access)));
        sinks.push(Arc::clone(&requests) as _);
        requests
    }

    /// Whose role is which.
    pub(crate) fn access(&self) -> &Access {
        &self.access
    }

    /// How often what was asked for, by how it ended. What never was is left out.
    pub(crate) fn counts(&self) -> Vec<Count> {
        let mut all = Vec::new();
        for (operation, counts) in names().zip(&self.counts) {
            for (verdict, by_class) in VERDICTS.into_iter().zip(&counts.ended) {
                for (class, count) in CLASSES.into_iter().zip(by_class) {
                    let times = count.load(Ordering::Relaxed);
                    if times > 0 {
                        let is_refused = is_refused(verdict);
                        all.push(Count { operation, verdict, class, is_refused, times });
                    }
                }
            }
        }
        all
    }

    /// How long allowed requests took, by operation.
    pub(crate) fn seconds(&self) -> Vec<(&'static str, Seconds)> {
        let all = names().zip(&self.counts).map(|(name, counts)| (name, counts.seconds.read()));
        all.filter(|(_, seconds)| seconds.count() > 0).collect()
    }

    /// The last refusals, newest first.
    pub(crate) fn refusals(&self) -> Vec<Refusal> {
        self.ring().iter().rev().cloned().collect()
    }

    /// What is under way on a client's connection; in open access, what was asked for last.
    pub(crate) fn operation(who: &Who) -> Option<&'static str> {
        let number = usize::from(who.traffic.operation.load(Ordering::Relaxed));
        names().nth(number.checked_sub(1)?)
    }

    fn remember(&self, asked: &Asked<'_>) {
        let path = asked.target.split(|byte| *byte == b'?').next().unwrap_or_default();
        let request = access::Request { method: asked.method, target: path, grpc: false };
        let role = self.access.role(asked.who).ok();
        // The browser guard's refusals are no role's.
        let allow = role
            .filter(|role| role.judge(&request).verdict == Verdict::Deny)
            .and_then(|role| role.suggest(&request, asked.judgement.operation))
            .filter(|line| line.len() <= LONGEST_LINE);
        let refusal = Refusal {
            time: shown::now(),
            client: shown::client(asked.who),
            role: shown::text(asked.role.as_bytes()),
            operation: asked.judgement.operation.map(Operation::name),
            method: shown::text(asked.method),
            path: shown::text(path),
            rule: shown::text(asked.judgement.rule.as_bytes()),
            allow,
        };
        let mut ring = self.ring();
        if ring.len() == REFUSALS {
            ring.pop_front();
        }
        ring.push_back(refusal);
    }

    fn ring(&self) -> MutexGuard<'_, VecDeque<Refusal>> {
        self.refusals.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a request with this method and target asks for, by [`Traffic::operation`]'s number.
///
/// [`Traffic::operation`]: docker_api_core::metrics::Traffic::operation
pub fn asked_for(method: &[u8], target: &[u8]) -> u16 {
    numbered(access::Request { method, target, grpc: false }.operation())
}

impl Sink for Requests {
    fn asked(&self, asked: &Asked<'_>) {
        let verdict = VERDICTS[number(&asked.judgement.verdict)];
        if is_refused(verdict) {
            self.remember(asked);
        } else {
            let operation = numbered(asked.judgement.operation);
            asked.who.traffic.operation.store(operation, Ordering::Relaxed);
        }
    }

    fn ended(&self, asked: &Asked<'_>, ended: &Ended) {
        let counts = &self.counts[index(asked.judgement.operation)];
        let class = ended.status.map_or(0, |status| usize::from(status / 100));
        let class = if class < CLASSES.len() { class } else { 0 };
        counts.ended[number(&asked.judgement.verdict)][class].fetch_add(1, Ordering::Relaxed);
        if asked.judgement.verdict == Verdict::Allow {
            counts.seconds.observe(ended.duration);
        }
        // Over HTTP/2 another may have begun meanwhile.
        let traffic = &asked.who.traffic;
        let _other = traffic.operation.compare_exchange(
            numbered(asked.judgement.operation),
            0,
            Ordering::Relaxed,
            Ordering::Relaxed,
        );
    }
}

/// Of operations in the order of [`index`].
fn names() -> impl Iterator<Item = &'static str> {
    Operation::all().map(Operation::name).chain(["unknown"])
}

fn index(operation: Option<Operation>) -> usize {
    operation.map_or_else(|| Operation::all().len(), |operation| operation as usize)
}

/// 0 is nothing.
fn numbered(operation: Option<Operation>) -> u16 {
    u16::try_from(index(operation) + 1).unwrap_or_default()
}

/// Of [`VERDICTS`].
fn number(verdict: &Verdict) -> usize {
    match verdict {
        Verdict::Allow => 0,
        Verdict::Redirect(_) => 1,
        Verdict::Deny => 2,
        Verdict::Bad(_) => 3,
        Verdict::NotFound => 4,
    }
}

fn is_refused(verdict: &str) -> bool {
    VERDICTS[2..].contains(&verdict)
}

/// As the request line has them; the last three are refusals.
const VERDICTS: [&str; 5] = ["allow", "redirect", "deny", "bad", "not-found"];
/// Of an answer's status, none first.
const CLASSES: [&str; 6] = ["none", "1xx", "2xx", "3xx", "4xx", "5xx"];
/// Refusals that are remembered.
const REFUSALS: usize = 100;
/// Bytes of a line of policy: it is shown whole or not at all.
const LONGEST_LINE: usize = 1024;
