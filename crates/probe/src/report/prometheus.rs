//! Prometheus: the text format 0.0.4, for the node exporter's textfile directory.

use std::fmt::Write as _;

use docker_api_engine::State;

use super::Row;

pub(super) fn text(rows: &[Row<'_>]) -> String {
    let mut text = String::new();
    family(&mut text, "docker_engine_up", "Whether the Engine is healthy.", rows, |row| {
        vec![(String::new(), f64::from(u8::from(row.verdict.is_healthy())))]
    });
    family(
        &mut text,
        "docker_engine_state",
        "The state of the Engine: 1 for one of them.",
        rows,
        |row| {
            let of = |state: State| {
                let now = f64::from(u8::from(state == row.verdict.state));
                (format!(",state=\"{state}\""), now)
            };
            State::ALL.map(of).into()
        },
    );
    let help = "How long the check took, names and connecting included.";
    family(&mut text, "docker_engine_probe_duration_seconds", help, rows, |row| {
        vec![(String::new(), row.verdict.latency.as_secs_f64())]
    });
    family(&mut text, "docker_engine_info", "What the Engine says of itself.", rows, |row| {
        let labels = row.verdict.engine.iter().map(|engine| {
            let pairs = [
                ("version", &engine.version),
                ("api_version", &engine.api_version),
                ("os", &engine.os),
                ("arch", &engine.arch),
            ];
            pairs.map(|(name, value)| format!(",{name}=\"{}\"", escaped(value))).concat()
        });
        labels.map(|labels| (labels, 1.0)).collect()
    });
    let help = "When the first certificate of the server's chain ends, in seconds since 1970.";
    family(&mut text, "docker_engine_tls_not_after_timestamp_seconds", help, rows, |row| {
        #[expect(clippy::cast_precision_loss, reason = "exact for the next hundred million years")]
        let end = |tls: &docker_api_engine::TlsFacts| (String::new(), tls.not_after as f64);
        row.verdict.tls.iter().map(end).collect()
    });
    text
}

/// A metric with its samples: what stands behind the label `target`, and the value. Without a
/// sample it is left out.
fn family(
    text: &mut String,
    name: &str,
    help: &str,
    rows: &[Row<'_>],
    samples: impl Fn(&Row<'_>) -> Vec<(String, f64)>,
) {
    let mut header = format!("# HELP {name} {help}\n# TYPE {name} gauge\n");
    for row in rows {
        let target = escaped(&row.target.name);
        for (labels, value) in samples(row) {
            text.push_str(&std::mem::take(&mut header));
            // Writing to a string can't fail.
            let _never = writeln!(text, "{name}{{target=\"{target}\"{labels}}} {value}");
        }
    }
}

fn escaped(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}
