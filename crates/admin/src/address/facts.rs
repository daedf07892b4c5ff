//! What can be said of a bridge: the one source of metrics, status and page.

use std::collections::BTreeMap;
use std::sync::Arc;

use docker_api_core::metrics::{Certificate, Metrics, Owner, Refused};
use docker_api_core::transport::Who;
use docker_api_core::upstream::Upstream;
use docker_api_engine::observer::EngineState;
use docker_api_engine::{Fault, State};
use time::OffsetDateTime;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::history::{Counted, History};
use crate::Requests;

/// What can be said of a bridge.
#[derive(Debug)]
pub(crate) struct Facts {
    pub(crate) version: &'static str,
    pub(crate) revision: &'static str,
    pub(crate) started: OffsetDateTime,
    pub(crate) has_tls: bool,
    /// What it runs with, for people.
    pub(crate) settings: String,
    /// Where it listens, each with its place among the settings' listeners.
    pub(crate) listeners: Vec<(String, usize)>,
    pub(crate) upstream: Arc<Upstream>,
    pub(crate) metrics: Arc<Metrics>,
    /// With guarded access.
    pub(crate) requests: Option<Arc<Requests>>,
    pub(crate) history: History,
    /// What the observer has found last.
    pub(crate) engine: watch::Receiver<Option<EngineState>>,
    pub(crate) draining: CancellationToken,
}

impl Facts {
    /// Whether the Engine answered when it was asked last, which may not have been yet.
    pub(crate) fn engine(&self) -> Result<docker_api_engine::Engine, Fault> {
        match &*self.engine.borrow() {
            Some(state) => state.result.clone(),
            None => Err(Fault::new(State::EngineDown, "not asked yet")),
        }
    }

    /// Whether the Engine answered a ping when it was asked last.
    pub(crate) fn answers(&self) -> bool {
        self.engine.borrow().as_ref().is_some_and(|state| state.answers)
    }

    /// The role that a client has now.
    pub(crate) fn role(&self, who: &Who) -> String {
        let Some(requests) = &self.requests else { return OPEN.into() };
        requests.access().role(who).map_or_else(|name| name, |role| role.name().to_owned())
    }

    /// What a minute is told by.
    pub(crate) fn counted(&self) -> Counted {
        let connections = &self.metrics.connections;
        let counts = self.requests.as_ref().map(|requests| requests.counts());
        let sum = |refused_alone: bool| {
            let counts = counts.iter().flatten();
            counts.filter(|one| one.is_refused || !refused_alone).map(|one| one.times).sum::<u64>()
        };
        let refused: u64 = Refused::ALL.into_iter().map(|why| connections.refused(why)).sum();
        Counted {
            connections: connections.open(),
            requests: counts.is_some().then(|| sum(false)),
            refused: refused + sum(true),
        }
    }

    /// When certificates end that somebody should care for, by name. Of a client that has several,
    /// the one that lasts longest.
    pub(crate) fn ends(&self) -> BTreeMap<String, OffsetDateTime> {
        let mut ends = BTreeMap::new();
        for Certificate { owner, not_after } in &*self.metrics.certificates.read() {
            if matches!(owner, Owner::Client { revoked: true, .. }) {
                continue;
            }
            let end = ends.entry(name(owner).to_owned()).or_insert(*not_after);
            *end = (*end).max(*not_after);
        }
        ends
    }
}

/// A client's name has no space in it.
pub(crate) fn name(owner: &Owner) -> &str {
    match owner {
        Owner::Authority => "authority certificate",
        Owner::Client { name, .. } => name,
        Owner::Server => "server certificate",
    }
}

/// Access that nothing is asked of.
const OPEN: &str = "full";
