//! Tells the sinks of a stream's request: of the verdict, and of its end.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use docker_api_access::{Judgement, Operation, Verdict};
use docker_api_core::transport::Who;
use hyper::{Method, Uri};
use tokio::time::Instant;

use super::stream::target;
use crate::{Asked, Ended, Sink};

/// A request that the sinks know of. They hear of its end when this is dropped.
#[derive(Debug)]
pub(super) struct Told {
    sinks: Arc<[Arc<dyn Sink>]>,
    who: Arc<Who>,
    role: String,
    method: Method,
    uri: Uri,
    operation: Option<Operation>,
    verdict: Verdict,
    rule: String,
    begun: Instant,
    status: Option<u16>,
    up: Arc<AtomicU64>,
    down: u64,
}

impl Told {
    /// Tells the verdict. `None` where nobody listens.
    pub(super) fn asked(
        sinks: &Arc<[Arc<dyn Sink>]>,
        who: &Arc<Who>,
        role: &str,
        (method, uri): (&Method, &Uri),
        judgement: &Judgement<'_>,
    ) -> Option<Self> {
        if sinks.is_empty() {
            return None;
        }
        let told = Self {
            sinks: Arc::clone(sinks),
            who: Arc::clone(who),
            role: role.to_owned(),
            method: method.clone(),
            uri: uri.clone(),
            operation: judgement.operation,
            verdict: judgement.verdict.clone(),
            rule: judgement.rule.to_owned(),
            begun: Instant::now(),
            status: None,
            up: Arc::default(),
            down: 0,
        };
        told.tell(|sink, asked| sink.asked(asked));
        Some(told)
    }

    /// Where the bytes of its body are counted.
    pub(super) fn up(&self) -> Arc<AtomicU64> {
        Arc::clone(&self.up)
    }

    pub(super) fn moved_down(&mut self, bytes: u64) {
        self.down += bytes;
    }

    pub(super) fn answered(&mut self, status: u16) {
        self.status = Some(status);
    }

    fn tell(&self, tell: impl Fn(&dyn Sink, &Asked<'_>)) {
        let judgement = Judgement {
            operation: self.operation,
            verdict: self.verdict.clone(),
            rule: &self.rule,
        };
        let asked = Asked {
            who: &self.who,
            role: &self.role,
            method: self.method.as_str().as_bytes(),
            target: target(&self.uri).as_bytes(),
            judgement: &judgement,
        };
        for sink in &*self.sinks {
            tell(&**sink, &asked);
        }
    }
}

impl Drop for Told {
    fn drop(&mut self) {
        let ended = Ended {
            status: self.status,
            up: self.up.load(Ordering::Relaxed),
            down: self.down,
            duration: self.begun.elapsed(),
        };
        self.tell(|sink, asked| sink.ended(asked, &ended));
    }
}
