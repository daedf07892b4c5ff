//! docs/benchmarks.md.

use std::fmt::Write as _;

use super::{Report, number, tables};
use crate::goals::{GOALS, Judged, leader};
use crate::results::Metric;
use crate::target;

/// The page.
pub(super) fn page(report: &Report) -> String {
    let mut page = head(report);
    page.push_str(&goals(report));
    page.push_str(&leaders(report));
    page.push_str(&tables::tables(report));
    page.push_str(&missing(report));
    page
}

fn head(report: &Report) -> String {
    let machine = &report.machine;
    let mut text = format!(
        "# Benchmarks\n\n\
         Written by `{}` on {}; to be had the same way on any machine.\n\n\
         - Machine: {}, {} processors, {} GiB, {}, {}. Client, proxy and upstream share it.\n",
        report.command,
        report.date,
        machine.processor,
        machine.processors,
        machine.memory,
        machine.kernel,
        machine.system,
    );
    // Writing to a string can't fail, here and below.
    let _ = writeln!(text, "- Programs: {}.", report.versions.join("; "));
    let targets: Vec<String> = target::ALL
        .iter()
        .filter(|target| report.targets.contains(&target.name))
        .map(|target| format!("`{}` ({})", target.name, target.what))
        .collect();
    let _ = writeln!(text, "- Targets: {}.", targets.join(", "));
    let disturbed = report.results.samples.iter().filter(|sample| !sample.quiet).count();
    let _ = writeln!(
        text,
        "- Rounds: {}. In each, every test runs on one target after the other, so what changes on \
         the machine meets all alike. Figures are medians; ratios, in brackets, are medians of \
         the rounds' own ratios: to socat, with TLS to HAProxy. {disturbed} of {} runs shared the \
         machine with other work (more than 0.3 core) and are not in them.",
        report.rounds,
        report.results.samples.len(),
    );
    text.push_str(
        "- CPU is the proxy's own, with all that it starts. Absolute figures say as much of the \
         machine as of the programs: trust ratios, and those of CPU most.\n\n\
         ![bars of the main figures](benchmarks.svg)\n",
    );
    text
}

fn goals(report: &Report) -> String {
    let mut text = String::from(
        "\n## Goals\n\nWithout TLS they are judged on guarded access, where a build has it; whose figure it \
         is stands beside it.\n\n| # | goal | condition | measured | | peer ahead |\n|---|---|---|---|---|---|\n",
    );
    for (goal, (_, judged)) in GOALS.iter().zip(&report.goals) {
        for (index, one) in judged.iter().enumerate() {
            let (number, about) =
                if index == 0 { (goal.number.to_string(), goal.about) } else { <_>::default() };
            let _ = writeln!(text, "| {number} | {about} | {} |", condition(one));
        }
    }
    text
}

fn condition(one: &Judged) -> String {
    let stretch = if one.stretch { " (stretch)" } else { "" };
    let value = one
        .value
        .map_or_else(|| "–".to_owned(), |value| format!("{} ({})", number(value), one.ours));
    let verdict = match one.reached {
        Some(true) => "reached",
        Some(false) => "**missed**",
        None => "not measured",
    };
    let leader = one.leader.as_ref().map_or_else(String::new, |leader| {
        format!("{}, {} ×", leader.target, number(leader.times))
    });
    format!("{}{stretch} | {value} | {verdict} | {leader}", one.condition)
}

/// Every figure in which a peer is ahead, goal or not.
fn leaders(report: &Report) -> String {
    let mut text = String::new();
    for ours in target::ALL.iter().filter(|target| target.is_ours()) {
        for case in &report.cases {
            for metric in METRICS {
                if let Some(leader) = leader(&report.results, case, metric, ours.name) {
                    let _ = writeln!(
                        text,
                        "- {case}, {}: {} is {} × better than `{}`",
                        metric.short(),
                        leader.target,
                        number(leader.times),
                        ours.name,
                    );
                }
            }
        }
    }
    if text.is_empty() { text } else { format!("\n## Where a peer leads\n\n{text}") }
}

fn missing(report: &Report) -> String {
    let mut text = String::new();
    for (target, why) in &report.skipped {
        let _ = writeln!(text, "- {target} wasn't measured: {why}");
    }
    for failure in &report.results.failures {
        let _ = writeln!(text, "- {} fails {}: {}", failure.target, failure.case, failure.why);
    }
    if text.is_empty() { text } else { format!("\n## Not measured\n\n{text}") }
}

const METRICS: [Metric; 9] = [
    Metric::Rate,
    Metric::P50,
    Metric::P99,
    Metric::Cpu,
    Metric::Base,
    Metric::PerConnection,
    Metric::AfterClose,
    Metric::Accepting,
    Metric::FirstByte,
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::tests::report;
    use crate::results::Results;
    use crate::results::tests::sample;

    #[test]
    fn a_page_says_what_was_reached_and_where_a_peer_leads() {
        let rate = |target, value| sample(1, "down-1", target, (Metric::Rate, value));
        let samples = vec![rate("open", 6.0), rate("socat", 2.0), rate("socat-256k", 7.5)];
        let page = page(&report(Results { samples, ..<_>::default() }));
        for part in [
            "Written by `cargo xtask bench` on 2026-01-31",
            "a processor, 2 processors, 24 GiB",
            "| 1 | download, one stream | down-1 rate ≥ 2.50 × socat | 3.00 (open) | reached | socat-256k, 1.25 × |",
            "|  |  | down-1 rate ≥ 1.00 × socat-256k | 0.800 (open) | **missed** |",
            "- down-1, rate: socat-256k is 1.25 × better than `open`",
            "| **open** | 6.00 (3.00 ×) | – |",
            "- stunnel wasn't measured: it isn't installed",
        ] {
            assert!(page.contains(part), "no `{part}` in\n{page}");
        }
    }
}
