//! `/status.json`.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use docker_api_core::metrics::{Certificate, Owner, Refused, Total};
use docker_api_core::pki::Serial;
use docker_api_core::transport::tls::Identity;
use docker_api_core::transport::{Peer, Who};
use docker_api_engine::{Engine, State};
use serde::Serialize;
use time::OffsetDateTime;

use super::facts::{Facts, name};
use super::history::Point;
use super::rights;
use crate::requests::Refusal;
use crate::{Requests, shown};

/// How a bridge is.
#[derive(Debug, Serialize)]
pub(crate) struct Status<'a> {
    version: &'a str,
    uptime_seconds: u64,
    listeners: Vec<Listener<'a>>,
    settings: String,
    upstream: Upstream,
    connections: Connections,
    bytes: Bytes,
    clients: Vec<Connected>,
    history: Vec<Point>,
    #[serde(skip_serializing_if = "Option::is_none")]
    requests: Option<Vec<Asked>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    refusals: Option<Vec<Refusal>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    certificates: Option<Vec<Shown>>,
}

#[derive(Debug, Serialize)]
struct Listener<'a> {
    address: &'a str,
    /// The role of who comes by it and shows no certificate that has another.
    access: String,
}

#[derive(Debug, Serialize)]
struct Upstream {
    address: String,
    /// In the probe's words.
    state: &'static str,
    engine: Option<Engine>,
    /// Why the Engine doesn't answer, and what to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

#[derive(Debug, Serialize)]
struct Connections {
    open: u64,
    accepted: u64,
    refused: BTreeMap<&'static str, u64>,
}

#[derive(Debug, Serialize)]
struct Bytes {
    up: u64,
    down: u64,
}

#[derive(Debug, Serialize)]
struct Connected {
    client: String,
    role: String,
    #[serde(with = "time::serde::rfc3339")]
    since: OffsetDateTime,
    up: u64,
    down: u64,
    operation: Option<&'static str>,
}

#[derive(Debug, Serialize)]
struct Asked {
    operation: &'static str,
    allowed: u64,
    refused: u64,
}

#[derive(Debug, Serialize)]
struct Shown {
    name: String,
    serial: Option<String>,
    role: Option<String>,
    #[serde(with = "time::serde::rfc3339")]
    not_after: OffsetDateTime,
    days_left: i64,
    revoked: bool,
    connections: u64,
}

impl<'a> Status<'a> {
    /// How it is now.
    pub(crate) fn new(facts: &'a Facts, now: OffsetDateTime) -> Self {
        let connections = &facts.metrics.connections;
        let Total { up, down } = connections.moved();
        let listeners = facts.listeners.iter();
        let requests = facts.requests.as_deref();
        let refused = Refused::ALL.map(|why| (why.word(), connections.refused(why)));
        Self {
            version: facts.version,
            uptime_seconds: (now - facts.started).whole_seconds().unsigned_abs(),
            listeners: listeners
                .map(|(address, of)| Listener { address, access: role(facts, *of, None) })
                .collect(),
            settings: facts.settings.clone() + &rights::tables(facts),
            upstream: upstream(facts),
            connections: Connections {
                open: connections.open(),
                accepted: connections.accepted(),
                refused: refused.into(),
            },
            bytes: Bytes { up, down },
            clients: clients(facts),
            history: facts.history.points(now, facts.counted()),
            requests: requests.map(asked),
            refusals: requests.map(Requests::refusals),
            certificates: facts.has_tls.then(|| certificates(facts, now)),
        }
    }
}

fn upstream(facts: &Facts) -> Upstream {
    let address = facts.upstream.address().to_string();
    match facts.engine() {
        Ok(engine) => {
            Upstream { address, state: State::Healthy.word(), engine: Some(engine), error: None }
        }
        Err(fault) => {
            let error = Some(fault.message);
            Upstream { address, state: fault.state.word(), engine: None, error }
        }
    }
}

fn clients(facts: &Facts) -> Vec<Connected> {
    let longest = facts.metrics.connections.longest(MOST_CLIENTS);
    let client = |who: Arc<Who>| {
        let Total { up, down } = who.traffic.total();
        Connected {
            client: shown::client(&who),
            role: shown::text(facts.role(&who).as_bytes()),
            since: shown::second(who.traffic.since),
            up,
            down,
            operation: Requests::operation(&who),
        }
    };
    longest.into_iter().map(client).collect()
}

/// By operation, what was asked most often first.
fn asked(requests: &Requests) -> Vec<Asked> {
    let mut by_operation = BTreeMap::new();
    for one in requests.counts() {
        let (allowed, refused) = by_operation.entry(one.operation).or_insert((0, 0));
        *if one.is_refused { refused } else { allowed } += one.times;
    }
    let mut all: Vec<_> = by_operation
        .into_iter()
        .map(|(operation, (allowed, refused))| Asked { operation, allowed, refused })
        .collect();
    all.sort_unstable_by_key(|one| (Reverse(one.allowed + one.refused), one.operation));
    all
}

fn certificates(facts: &Facts, now: OffsetDateTime) -> Vec<Shown> {
    let mut here: HashMap<Serial, (u64, Identity)> = HashMap::new();
    facts.metrics.connections.each(|who| {
        if let Some(identity) = &who.identity {
            let one = || (0, (**identity).clone());
            here.entry(identity.serial.clone()).or_insert_with(one).0 += 1;
        }
    });
    let show = |name: &str, not_after: OffsetDateTime| Shown {
        name: shown::text(name.as_bytes()),
        serial: None,
        role: None,
        not_after,
        days_left: (not_after - now).whole_days(),
        revoked: false,
        connections: 0,
    };
    let client = |identity: Identity, revoked: bool, connections: u64| Shown {
        serial: Some(identity.serial.to_string()),
        revoked,
        connections,
        role: Some(shown::text(role(facts, 0, Some(identity.clone())).as_bytes())),
        ..show(&identity.name, identity.not_after)
    };
    let mut all = Vec::new();
    for Certificate { owner, not_after } in &*facts.metrics.certificates.read() {
        let Owner::Client { name, serial, role, revoked } = owner else {
            all.push(show(name(owner), *not_after));
            continue;
        };
        let (name, serial, role) = (name.clone(), serial.clone(), role.clone());
        let connections = here.remove(&serial).map_or(0, |(connections, _)| connections);
        let identity = Identity { name, serial, role, not_after: *not_after };
        all.push(client(identity, *revoked, connections));
    }
    // Of an authority that keeps its record elsewhere.
    let strangers = here.into_values().take(MOST_CLIENTS);
    all.extend(strangers.map(|(connections, identity)| client(identity, false, connections)));
    all
}

/// The role of who comes by a listener now, with a certificate or without.
fn role(facts: &Facts, listener: usize, identity: Option<Identity>) -> String {
    facts.role(&Who::new(Peer::Unix, listener, identity.map(Box::new)))
}

/// Connections that are told one by one.
const MOST_CLIENTS: usize = 200;
