//! `/status.json`: how every target is.

use std::time::{Duration, SystemTime};

use docker_api_engine::Containers;
use serde::Serialize;

use super::fleet::Known;
use crate::report::Row;
use crate::report::{date, json};
use crate::targets::Target;

/// What is said of a target.
#[derive(Serialize)]
pub(crate) struct Shown<'a> {
    #[serde(flatten)]
    report: json::Object<'a>,
    /// Since when it is in this state.
    since: String,
    containers: Option<Containers>,
    /// Of the last checks, oldest first; null: no answer.
    latencies_ms: Vec<Option<f64>>,
}

/// All that were asked, in their order.
pub(crate) fn all<'a>(asked: &'a [(&'a Target, Known)], now: SystemTime) -> Vec<Shown<'a>> {
    asked.iter().map(|(target, known)| Shown::new(target, known, now)).collect()
}

impl<'a> Shown<'a> {
    fn new(target: &'a Target, known: &'a Known, now: SystemTime) -> Self {
        Self {
            report: json::Object::new(Row { target, verdict: &known.verdict }, now),
            since: date(known.since.unix_timestamp()),
            containers: known.containers,
            latencies_ms: known.latencies.iter().map(|latency| latency.map(tenths)).collect(),
        }
    }
}

/// Milliseconds to a tenth: a thousand targets have forty each.
fn tenths(latency: Duration) -> f64 {
    (latency.as_secs_f64() * 1e4).round() / 10.0
}
