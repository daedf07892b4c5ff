//! What is answered under which path.

use std::sync::Arc;
use std::time::SystemTime;

use docker_api_admin::http::{self, Answer, Asked, Status};
use docker_api_admin::page;
use serde::Serialize;

use super::fleet::Fleet;
use super::page as fleet_page;
use super::scrape::Scrape;
use super::{discovery, query, status};
use crate::report::{Row, prometheus};

/// The paths of `--serve`.
#[derive(Debug)]
pub(crate) struct Site {
    pub(crate) fleet: Arc<Fleet>,
    pub(crate) scrape: Scrape,
}

impl http::Site for Site {
    async fn answer(&self, asked: &Asked<'_>) -> Answer {
        match asked.path {
            b"/" => self.page(),
            b"/page.css" => Answer::css([page::CSS, fleet_page::CSS].concat()),
            b"/page.js" => Answer::js([page::JS, fleet_page::JS].concat()),
            b"/favicon.ico" => Answer::no_icon(),
            b"/status.json" => {
                let asked = self.fleet.asked();
                json(&status::all(&asked, SystemTime::now()))
            }
            b"/metrics" => self.metrics(),
            b"/sd" => json(&discovery::groups(&self.fleet)),
            b"/healthz" => Answer::alive(),
            b"/readyz" => self.readiness(),
            b"/probe" => self.probe(asked).await,
            _ => Answer::nothing_here(),
        }
    }
}

impl Site {
    fn page(&self) -> Answer {
        let asked = self.fleet.asked();
        let page = fleet_page::html(&status::all(&asked, SystemTime::now()), self.fleet.len());
        page.map_or_else(|error| Answer::line(Status::Internal, error), Answer::html)
    }

    fn metrics(&self) -> Answer {
        let asked = self.fleet.asked();
        let rows = asked.iter().map(|(target, known)| Row { target, verdict: &known.verdict });
        Answer::ok(METRICS, prometheus::text(&rows.collect::<Vec<_>>()))
    }

    /// Ready once nothing is unknown: whoever comes earlier would miss targets.
    fn readiness(&self) -> Answer {
        let (asked, all) = (self.fleet.asked().len(), self.fleet.len());
        let status = if asked == all { Status::Ok } else { Status::Unavailable };
        Answer::line(status, format_args!("{asked} of {all} targets asked"))
    }

    async fn probe(&self, asked: &Asked<'_>) -> Answer {
        let target = match query::value(asked.query, "target") {
            Ok(Some(target)) => target,
            Ok(None) => return Answer::line(Status::BadRequest, NO_TARGET),
            Err(why) => return Answer::line(Status::BadRequest, why),
        };
        match self.scrape.check(&target, self.scrape.limit(asked.head)).await {
            Ok(verdict) => Answer::ok(METRICS, prometheus::probed(&verdict)),
            Err(why) => Answer::line(Status::Forbidden, why),
        }
    }
}

fn json(value: &impl Serialize) -> Answer {
    match serde_json::to_string(value) {
        Ok(json) => Answer::ok("application/json", json),
        Err(error) => Answer::line(Status::Internal, error),
    }
}

const METRICS: &str = "text/plain; version=0.0.4; charset=utf-8";
const NO_TARGET: &str = "no target: write /probe?target=tcp://HOST:PORT";
