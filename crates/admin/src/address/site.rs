//! What is answered under which path.

use std::sync::Arc;
use std::time::Duration;

use docker_api_engine::State;
use docker_api_engine::observer::{EngineState, Observer};
use hyper::{HeaderMap, StatusCode};
use tokio::time::interval;

use super::collector;
use super::facts::Facts;
use super::format::Format;
use super::http::Answer;
use super::page;
use super::status::Status;
use crate::health::Report;
use crate::shown;

/// The paths of the admin address.
#[derive(Debug)]
pub(crate) struct Site {
    pub(crate) facts: Arc<Facts>,
    pub(crate) observer: Arc<Observer>,
}

impl Site {
    /// Asks the Engine again and again, and tells minutes apart.
    pub(crate) async fn watch(&self) {
        let minutes = async {
            let mut minutes = interval(MINUTE);
            minutes.tick().await;
            loop {
                minutes.tick().await;
                self.facts.history.tick(shown::now(), self.facts.counted());
            }
        };
        let mut engine = self.facts.engine.clone();
        let stale = async {
            while engine.changed().await.is_ok() {
                let state = engine.borrow_and_update().as_ref().map(EngineState::state);
                if state == Some(State::StaleSocket) {
                    // So that whoever waits for it hears of it, without a client.
                    self.facts.upstream.greet().await;
                }
            }
        };
        tokio::join!(self.observer.run(), minutes, stale);
    }

    pub(crate) async fn answer(&self, path: &str, headers: &HeaderMap) -> Answer {
        match path {
            "/healthz" => Answer::line(StatusCode::OK, "ok"),
            "/readyz" => self.readiness().await,
            "/status.json" => self.status(),
            "/" => self.page(),
            "/page.css" => Answer::ok("text/css; charset=utf-8", page::CSS),
            "/page.js" => Answer::ok("text/javascript; charset=utf-8", page::JS),
            // Browsers ask for one, and would show an error.
            "/favicon.ico" => {
                Answer { status: StatusCode::NO_CONTENT, ..Answer::ok("image/x-icon", "") }
            }
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

    fn status(&self) -> Answer {
        match serde_json::to_vec(&Status::new(&self.facts, shown::now())) {
            Ok(json) => Answer::ok("application/json", json),
            Err(error) => Answer::line(StatusCode::INTERNAL_SERVER_ERROR, error),
        }
    }

    fn page(&self) -> Answer {
        match serde_json::to_value(Status::new(&self.facts, shown::now())) {
            Ok(status) => Answer::ok("text/html; charset=utf-8", page::html(&status)),
            Err(error) => Answer::line(StatusCode::INTERNAL_SERVER_ERROR, error),
        }
    }

    fn metrics(&self, format: Format) -> Answer {
        match collector::open_metrics(&self.facts) {
            Ok(text) => Answer::ok(format.content_type(), format.write(text)),
            Err(error) => Answer::line(StatusCode::INTERNAL_SERVER_ERROR, error),
        }
    }
}

/// What was found a moment ago still holds: whoever asks here must not make the Engine busy.
const FRESH: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);
