//! Text: a line a target, for people.

use std::time::{Duration, SystemTime};

use docker_api_engine::{Engine, State, TlsFacts};
use time::OffsetDateTime;

use super::{Row, date};

/// In columns.
pub(super) fn lines(rows: &[Row<'_>], color: bool) -> String {
    let name = rows.iter().map(|row| row.target.name.chars().count()).max().unwrap_or(0);
    let state = rows.iter().map(|row| row.verdict.state.word().len()).max().unwrap_or(0);
    rows.iter().map(|row| line(*row, state, name.min(WIDEST), color)).collect()
}

/// For `--watch`: with the time, in columns that hold for lines to come.
pub(super) fn changes(rows: &[Row<'_>], now: OffsetDateTime, color: bool) -> String {
    let now = date(now.unix_timestamp());
    let longest = State::ALL.map(|state| state.word().len()).into_iter().max().unwrap_or(0);
    let lines = rows.iter().map(|row| line(*row, longest, 0, color));
    lines.flat_map(|line| [now.clone(), "  ".into(), line]).collect()
}

fn line(row: Row<'_>, state: usize, name: usize, color: bool) -> String {
    let Row { target, verdict } = row;
    let found = match (&verdict.engine, &verdict.error) {
        (_, Some(error)) => error.clone(),
        (Some(engine), None) => facts(engine, verdict.tls, verdict.latency),
        (None, None) => String::new(),
    };
    let from = target.source.map(|source| format!(" (by {source})")).unwrap_or_default();
    let word = format!("{:<state$}", verdict.state);
    let word = if color { painted(verdict.state, &word) } else { word };
    format!("{word}  {:<name$}  {found}{from}\n", target.name)
}

/// Such as `Docker Engine 28.5.2, API 1.51, linux/amd64, 4.2 ms`.
fn facts(engine: &Engine, tls: Option<TlsFacts>, latency: Duration) -> String {
    let name = if engine.platform.is_empty() { "Engine" } else { &engine.platform };
    let system: Vec<_> =
        [engine.os.as_str(), &engine.arch].into_iter().filter(|word| !word.is_empty()).collect();
    let mut facts = vec![
        format!("{name} {}", engine.version).trim_end().to_owned(),
        format!("API {}", engine.api_version),
        system.join("/"),
        format!("{:.1} ms", latency.as_secs_f64() * 1000.0),
    ];
    facts.retain(|fact| !fact.is_empty());
    if let Some(tls) = tls {
        let days = tls.days_left(SystemTime::now());
        facts.push(format!("{} certificate for {days} more days", tls.version));
    }
    facts.join(", ")
}

fn painted(state: State, word: &str) -> String {
    let color = match state {
        State::Healthy => "32",
        State::Unmet => "33",
        _ => "31",
    };
    format!("\x1b[{color}m{word}\x1b[0m")
}

/// A longer target pushes its own line only.
const WIDEST: usize = 60;
