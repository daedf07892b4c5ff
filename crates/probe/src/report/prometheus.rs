//! Prometheus: the text format 0.0.4, for the node exporter's textfile directory and for scrapes.

use std::fmt::Write as _;

use docker_api_engine::{State, TlsFacts};

use super::Row;
use crate::conditions::Verdict;

/// Of all targets, each with its name.
pub(crate) fn text(rows: &[Row<'_>]) -> String {
    let rows = rows.iter().map(|row| (Some(("target", row.target.name.as_str())), row.verdict));
    engines(&rows.collect::<Vec<_>>())
}

/// Of one target that the scrape names, with what exporters of the kind say first.
pub(crate) fn probed(verdict: &Verdict) -> String {
    let rows = [(None, verdict)];
    let mut text = String::new();
    let help = "Whether the Engine is healthy.";
    family(&mut text, "probe_success", help, &rows, |verdict| one(verdict.is_healthy().into()));
    let help = "How long the check took, names and connecting included.";
    family(&mut text, "probe_duration_seconds", help, &rows, |verdict| {
        one(verdict.latency.as_secs_f64())
    });
    family(&mut text, "probe_ssl_earliest_cert_expiry", END, &rows, end);
    text + &engines(&rows)
}

/// What is said of, and how it was found.
type Found<'a> = (Option<Label<'a>>, &'a Verdict);
/// Name and value.
type Label<'a> = (&'a str, &'a str);
/// Labels and value.
type Sample<'a> = (Vec<Label<'a>>, f64);

fn engines(rows: &[Found<'_>]) -> String {
    let mut text = String::new();
    family(&mut text, "docker_engine_up", "Whether the Engine is healthy.", rows, |verdict| {
        one(verdict.is_healthy().into())
    });
    let help = "The state of the Engine: 1 for one of them.";
    family(&mut text, "docker_engine_state", help, rows, |verdict| {
        let of = |state: State| (vec![("state", state.word())], (state == verdict.state).into());
        State::ALL.map(of).into()
    });
    let help = "How long the check took, names and connecting included.";
    family(&mut text, "docker_engine_probe_duration_seconds", help, rows, |verdict| {
        one(verdict.latency.as_secs_f64())
    });
    family(&mut text, "docker_engine_info", "What the Engine says of itself.", rows, |verdict| {
        let labels = verdict.engine.iter().map(|engine| {
            vec![
                ("version", engine.version.as_str()),
                ("api_version", &engine.api_version),
                ("os", &engine.os),
                ("arch", &engine.arch),
            ]
        });
        labels.map(|labels| (labels, 1.0)).collect()
    });
    family(&mut text, "docker_engine_tls_not_after_timestamp_seconds", END, rows, end);
    text
}

fn one<'a>(value: f64) -> Vec<Sample<'a>> {
    vec![(Vec::new(), value)]
}

fn end(verdict: &Verdict) -> Vec<Sample<'_>> {
    #[expect(clippy::cast_precision_loss, reason = "exact for the next hundred million years")]
    let end = |tls: &TlsFacts| (Vec::new(), tls.not_after as f64);
    verdict.tls.iter().map(end).collect()
}

/// A metric with its samples. Without a sample it is left out.
fn family<'a>(
    text: &mut String,
    name: &str,
    help: &str,
    rows: &[Found<'a>],
    samples: impl Fn(&'a Verdict) -> Vec<Sample<'a>>,
) {
    let mut header = format!("# HELP {name} {help}\n# TYPE {name} gauge\n");
    for (of, verdict) in rows {
        for (labels, value) in samples(verdict) {
            text.push_str(&std::mem::take(&mut header));
            let labels = of.iter().chain(&labels);
            let labels = labels.map(|(name, value)| format!("{name}=\"{}\"", escaped(value)));
            let labels = labels.collect::<Vec<_>>().join(",");
            let labels = if labels.is_empty() { labels } else { format!("{{{labels}}}") };
            // Writing to a string can't fail.
            let _never = writeln!(text, "{name}{labels} {value}");
        }
    }
}

fn escaped(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

const END: &str = "When the first certificate of the server's chain ends, in seconds since 1970.";
