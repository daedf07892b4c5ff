//! What is said of the targets, for people and for programs.

pub(crate) mod json;
mod junit;
mod nagios;
pub(crate) mod prometheus;
mod text;

use std::ffi::{OsStr, OsString};
use std::str::FromStr;
use std::time::{Duration, SystemTime};

use docker_api_engine::State;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::conditions::Verdict;
use crate::targets::Target;

/// A target and what was found.
#[derive(Clone, Copy)]
pub(crate) struct Row<'a> {
    pub(crate) target: &'a Target,
    pub(crate) verdict: &'a Verdict,
}

/// The form of a report.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Format {
    /// One JSON object a line.
    Json,
    /// JUnit's XML.
    Junit,
    /// A plugin's output.
    Nagios,
    /// The text format 0.0.4.
    Prometheus,
    /// Aligned lines for people.
    Text,
}

impl FromStr for Format {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Ok(match text {
            "json" => Self::Json,
            "junit" => Self::Junit,
            "nagios" => Self::Nagios,
            "prometheus" => Self::Prometheus,
            "text" => Self::Text,
            _ => {
                return Err(format!(
                    "`{text}` is not a format (write text, json, nagios, prometheus or junit)"
                ));
            }
        })
    }
}

/// The times that a target was given, for performance data.
#[derive(Clone, Copy)]
pub(crate) struct Limits {
    /// `--timeout`.
    pub(crate) timeout: Duration,
    /// `--max-latency`.
    pub(crate) warn: Option<Duration>,
}

/// The report of all rows.
pub(crate) fn whole(format: Format, rows: &[Row<'_>], limits: Limits, color: bool) -> String {
    match format {
        Format::Json => json::lines(rows),
        Format::Junit => junit::document(rows),
        Format::Nagios => nagios::output(rows, limits),
        Format::Prometheus => prometheus::text(rows),
        Format::Text => text::lines(rows, color),
    }
}

/// Lines for the rows that have changed; `None` where a format knows only whole reports.
pub(crate) fn changes(
    format: Format,
    rows: &[Row<'_>],
    now: SystemTime,
    color: bool,
) -> Option<String> {
    match format {
        Format::Json => Some(json::lines(rows)),
        Format::Text => Some(text::changes(rows, now.into(), color)),
        Format::Junit | Format::Nagios | Format::Prometheus => None,
    }
}

/// 0: all are healthy. Else 1, or Nagios's codes: 1 WARNING, 2 CRITICAL, 3 UNKNOWN.
pub(crate) fn exit_code(format: Format, rows: &[Row<'_>], all_known: bool) -> u8 {
    let worst = rows.iter().map(|row| nagios::severity(row.verdict.state)).max();
    match (format, worst.unwrap_or_default()) {
        (Format::Nagios, 0) if !all_known => 3,
        (Format::Nagios, severity) => severity,
        (_, 0) if all_known => 0,
        _ => 1,
    }
}

/// Whether Nagios's format is asked for, right or wrong as the rest of the command line may be.
pub(crate) fn wants_nagios(words: &[OsString]) -> bool {
    let behind = words.windows(2).filter(|pair| pair[0] == "--format").map(|pair| &*pair[1]);
    let within = words.iter().filter_map(|word| word.to_str()?.strip_prefix("--format="));
    match behind.chain(within.map(OsStr::new)).next() {
        Some(typed) => typed == "nagios",
        None => std::env::var_os("PROBE_FORMAT").is_some_and(|format| format == "nagios"),
    }
}

fn healthy(rows: &[Row<'_>]) -> usize {
    rows.iter().filter(|row| row.verdict.state == State::Healthy).count()
}

/// Seconds since 1970 as people and parsers read them, such as `2027-01-31T12:00:00Z`.
pub(crate) fn date(seconds: i64) -> String {
    OffsetDateTime::from_unix_timestamp(seconds)
        .ok()
        .and_then(|date| date.format(&Rfc3339).ok())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests;
