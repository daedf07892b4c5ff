//! What is answered under which path.

use std::sync::Arc;
use std::time::Duration;

use docker_api_core::metrics::Metrics;
use docker_api_core::upstream::Upstream;
use docker_api_engine::observer::{EngineState, Observer};
use docker_api_engine::{Fault, State};
use hyper::{HeaderMap, StatusCode};
use time::OffsetDateTime;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::collector;
use super::format::Format;
use super::http::Answer;
use crate::health::Report;

/// What can be said of a bridge.
#[derive(Debug)]
pub(crate) struct Facts {
    pub(crate) version: &'static str,
    pub(crate) revision: &'static str,
    pub(crate) started: OffsetDateTime,
    pub(crate) has_tls: bool,
    pub(crate) upstream: Arc<Upstream>,
    pub(crate) metrics: Arc<Metrics>,
    /// What the observer has found last.
    pub(crate) engine: watch::Receiver<Option<EngineState>>,
    pub(crate) draining: CancellationToken,
}

/// The paths of the admin address.
#[derive(Debug)]
pub(crate) struct Site {
    pub(crate) facts: Arc<Facts>,
    pub(crate) observer: Arc<Observer>,
}

impl Facts {
    /// Whether the Engine answered when it was asked last, which may not have been yet.
    pub(crate) fn engine(&self) -> Result<docker_api_engine::Engine, Fault> {
        match &*self.engine.borrow() {
            Some(state) => state.result.clone(),
            None => Err(Fault { state: State::EngineDown, message: "not asked yet".into() }),
        }
    }
}

impl Site {
    /// Asks the Engine again and again.
    pub(crate) async fn watch(&self) {
        self.observer.run().await;
    }

    pub(crate) async fn answer(&self, path: &str, headers: &HeaderMap) -> Answer {
        match path {
            "/healthz" => Answer::line(StatusCode::OK, "ok"),
            "/readyz" => self.readiness().await,
            "/metrics" => self.metrics(Format::asked_for(headers)),
            _ => Answer::line(StatusCode::NOT_FOUND, "there is nothing here"),
        }
    }

    async fn readiness(&self) -> Answer {
        if self.facts.draining.is_cancelled() {
            return Answer::line(StatusCode::SERVICE_UNAVAILABLE, "draining");
        }
        let found = self.observer.look_unless_within(FRESH).await;
        let status =
            if found.result.is_ok() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
        Answer::line(status, Report::new(self.facts.upstream.address(), found))
    }

    fn metrics(&self, format: Format) -> Answer {
        match collector::open_metrics(&self.facts) {
            Ok(text) => Answer {
                status: StatusCode::OK,
                content_type: format.content_type(),
                body: format.write(text).into_bytes().into(),
            },
            Err(error) => Answer::line(StatusCode::INTERNAL_SERVER_ERROR, error),
        }
    }
}

/// What was found a moment ago still holds: whoever asks here must not make the Engine busy.
const FRESH: Duration = Duration::from_secs(1);
