//! What bridges tell people and monitors about themselves.
//!
//! [`health`] is what `--health` asks, [`words`] what old health checks type; [`run`] serves a
//! bridge with all of it beside, and its admin address. [`http`] and [`page`] are what every page for
//! people is served by, the probe's too.

mod address;
pub mod health;
pub mod http;
pub mod page;
mod requests;
mod shown;
pub mod words;

use std::sync::Arc;
use std::time::Duration;

use docker_api_core::guard::Guard;
use docker_api_core::run::{Prepared, RunError};
use docker_api_engine::Endpoint;
use docker_api_engine::observer::{Observer, Rhythm};
use time::OffsetDateTime;
use tracing::warn;

use crate::address::{Address, Facts, History, Site};
pub use crate::requests::{Requests, asked_for};

/// What only the program knows of what is told at its admin address.
#[derive(Debug)]
pub struct About {
    /// Keeps web pages out.
    pub guard: Guard,
    /// Whether clients come over TLS.
    pub has_tls: bool,
    /// What the bridge runs with, for people.
    pub settings: String,
    /// What is told of requests, where they are judged.
    pub requests: Option<Arc<Requests>>,
}

/// Serves a bridge that can be asked for its health.
///
/// # Errors
/// As [`Prepared::run`].
pub fn run(mut prepared: Prepared, about: About) -> Result<(), RunError> {
    let upstream = prepared.upstream();
    let endpoint = Endpoint::plain(upstream.address().clone());
    let observer = Arc::new(Observer::new(endpoint, Rhythm { limit: LIMIT, ..Rhythm::default() }));
    // Before the runtime, so that whoever sees the bridge serve finds it.
    let server =
        health::Server::bind(Arc::clone(&upstream), Arc::clone(&observer), prepared.listeners());
    let listeners = prepared.bound().map(|(address, of)| (address.to_owned(), of));
    let facts = Facts {
        version: env!("CARGO_PKG_VERSION"),
        revision: option_env!("SOURCE_REVISION").unwrap_or("unknown"),
        started: OffsetDateTime::now_utc(),
        has_tls: about.has_tls,
        settings: about.settings,
        listeners: listeners.collect(),
        requests: about.requests,
        history: History::default(),
        metrics: prepared.metrics(),
        engine: observer.subscribe(),
        draining: prepared.draining(),
        upstream,
    };
    let site = Arc::new(Site { facts: Arc::new(facts), observer });
    let admin = Address { bound: prepared.take_admin(), guard: about.guard, site };
    prepared.run(async move {
        let health = async {
            let served = match server {
                Ok(server) => server.run().await,
                Err(error) => Err(error),
            };
            if let Err(error) = served {
                warn!("--health will not find this bridge: its private socket: {error}");
            }
        };
        tokio::join!(health, admin.run());
    })
}

/// How long the Engine may take: less than who asks waits for.
const LIMIT: Duration = Duration::from_secs(3);
