//! JSON: one object a target, one line each.

use std::time::SystemTime;

use docker_api_engine::{Engine, TlsFacts};
use serde::Serialize;

use super::{Row, date};

/// What is said of one target.
#[derive(Serialize)]
pub(crate) struct Object<'a> {
    target: &'a str,
    /// Who named it, if nobody did on the command line.
    #[serde(skip_serializing_if = "Option::is_none")]
    source: Option<&'a str>,
    state: &'static str,
    healthy: bool,
    latency_ms: f64,
    engine: Option<&'a Engine>,
    tls: Option<Tls>,
    error: Option<&'a str>,
}

#[derive(Serialize)]
struct Tls {
    version: &'static str,
    not_after: String,
    days_left: i64,
}

pub(super) fn lines(rows: &[Row<'_>]) -> String {
    let now = SystemTime::now();
    rows.iter().filter_map(|row| line(*row, now)).collect()
}

fn line(row: Row<'_>, now: SystemTime) -> Option<String> {
    // Text and numbers always become JSON.
    let line = serde_json::to_string(&Object::new(row, now)).ok()?;
    Some(line + "\n")
}

impl<'a> Object<'a> {
    pub(crate) fn new(Row { target, verdict }: Row<'a>, now: SystemTime) -> Self {
        let tls = |tls: &TlsFacts| Tls {
            version: tls.version,
            not_after: date(tls.not_after),
            days_left: tls.days_left(now),
        };
        Self {
            target: &target.name,
            source: target.source,
            state: verdict.state.word(),
            healthy: verdict.is_healthy(),
            latency_ms: (verdict.latency.as_secs_f64() * 1e6).round() / 1e3,
            engine: verdict.engine.as_ref(),
            tls: verdict.tls.as_ref().map(tls),
            error: verdict.error.as_deref(),
        }
    }
}
