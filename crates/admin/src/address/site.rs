//! What is answered under which path.

use std::sync::Arc;
use std::time::Duration;

use docker_api_engine::State;
use docker_api_engine::observer::{EngineState, Observer};
use tokio::time::interval;

use super::collector;
use super::facts::Facts;
use super::format::Format;
use super::page;
use super::status;
use crate::health::Report;
use crate::http::{self, Answer, Asked, Status};
use crate::page::CSS;
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

    async fn readiness(&self) -> Answer {
        if self.facts.draining.is_cancelled() {
            return Answer::line(Status::Unavailable, "draining");
        }
        let found = self.observer.look_unless_within(FRESH).await;
        let status = if found.answers { Status::Ok } else { Status::Unavailable };
        Answer::line(status, Report::new(self.facts.upstream.address(), found))
    }

    /// At the very start, the Engine hasn't been asked yet.
    async fn once_asked(&self) {
        if self.facts.engine.borrow().is_none() {
            self.observer.look_unless_within(FRESH).await;
        }
    }

    async fn status(&self) -> Answer {
        self.once_asked().await;
        match serde_json::to_string(&status::Status::new(&self.facts, shown::now())) {
            Ok(json) => Answer::ok("application/json", json),
            Err(error) => Answer::line(Status::Internal, error),
        }
    }

    async fn page(&self) -> Answer {
        self.once_asked().await;
        match serde_json::to_value(status::Status::new(&self.facts, shown::now())) {
            Ok(status) => Answer::html(page::html(&status)),
            Err(error) => Answer::line(Status::Internal, error),
        }
    }

    async fn metrics(&self, format: Format) -> Answer {
        self.once_asked().await;
        match collector::open_metrics(&self.facts) {
            Ok(text) => Answer::ok(format.content_type(), format.write(text)),
            Err(error) => Answer::line(Status::Internal, error),
        }
    }
}

impl http::Site for Site {
    async fn answer(&self, asked: &Asked<'_>) -> Answer {
        match asked.path {
            b"/healthz" => Answer::alive(),
            b"/readyz" => self.readiness().await,
            b"/status.json" => self.status().await,
            b"/" => self.page().await,
            b"/page.css" => Answer::css(CSS),
            b"/page.js" => Answer::js(page::JS),
            b"/favicon.ico" => Answer::no_icon(),
            b"/metrics" => {
                let accept: Vec<_> = asked.head.header_values("accept").collect();
                self.metrics(Format::asked_for(&accept)).await
            }
            _ => Answer::nothing_here(),
        }
    }
}

/// What was found a moment ago still holds: whoever asks here must not make the Engine busy.
const FRESH: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);
