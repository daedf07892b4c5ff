//! Nagios: a plugin's output with performance data (Nagios Plugins Development Guidelines).

use std::fmt::Write as _;

use docker_api_engine::State;

use super::{Limits, Row, healthy};

/// 0 OK, 1 WARNING, 2 CRITICAL.
pub(super) fn severity(state: State) -> u8 {
    match state {
        State::Healthy => 0,
        State::Unmet => 1,
        _ => 2,
    }
}

/// The status and the performance data of all, then a line for each target that fails.
pub(super) fn output(rows: &[Row<'_>], limits: Limits) -> String {
    let worst = rows.iter().map(|row| severity(row.verdict.state)).max().unwrap_or_default();
    let word = ["OK", "WARNING", "CRITICAL"].get(usize::from(worst)).unwrap_or(&"UNKNOWN");
    let mut text = format!("DOCKER {word} - {} of {} healthy |", healthy(rows), rows.len());
    let warn = limits.warn.map(|warn| warn.as_secs_f64().to_string()).unwrap_or_default();
    let timeout = limits.timeout.as_secs_f64();
    // Writing to a string can't fail.
    for row in rows {
        let seconds = row.verdict.latency.as_secs_f64();
        let label = label(&row.target.name);
        let _never = write!(text, " '{label}'={seconds:.6}s;{warn};;0;{timeout}");
    }
    text.push('\n');
    for row in rows.iter().filter(|row| !row.verdict.is_healthy()) {
        let error = row.verdict.error.as_deref().unwrap_or_default();
        let line = format!("{}: {}: {error}", row.target.name, row.verdict.state);
        text.push_str(&line.replace('|', "_"));
        text.push('\n');
    }
    text
}

/// In single quotes; `=` may not be in it at all.
fn label(name: &str) -> String {
    name.replace(['|', '='], "_").replace('\'', "''")
}
