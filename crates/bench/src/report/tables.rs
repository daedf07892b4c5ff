//! The tables of figures: what stands in which column.

use std::fmt::Write as _;

use super::Report;
use super::cells::cell;
use crate::results::Metric;
use crate::target::{self, Target};

/// A table of targets with TLS or of those without.
struct Table {
    title: &'static str,
    tls: bool,
    /// Heads, tests and what of them.
    columns: &'static [Column],
}

type Column = (&'static str, &'static str, Metric);

const TABLES: [Table; 8] = [
    Table {
        title: "Requests on kept connections (960-byte answers)",
        tls: false,
        columns: &[
            ("1: requests/s", "keep-alive-1", Metric::Rate),
            ("p50 µs", "keep-alive-1", Metric::P50),
            ("CPU s/100k", "keep-alive-1", Metric::Cpu),
            ("16: requests/s", "keep-alive-16", Metric::Rate),
            ("CPU s/100k", "keep-alive-16", Metric::Cpu),
            ("64: requests/s", "keep-alive-64", Metric::Rate),
            ("p99 µs", "keep-alive-64", Metric::P99),
            ("CPU s/100k", "keep-alive-64", Metric::Cpu),
        ],
    },
    Table {
        title: "New connections, small things, start",
        tls: false,
        columns: &[
            ("1 client: first byte p50 µs", "connect-1", Metric::P50),
            ("16 clients: connections/s", "connect-16", Metric::Rate),
            ("CPU ms each", "connect-16", Metric::Cpu),
            ("hijacked byte and back p50 µs", "ping-pong", Metric::P50),
            ("two small writes p50 µs", "two-writes", Metric::P50),
            ("start: accepting after ms", "start", Metric::Accepting),
            ("first byte after ms", "start", Metric::FirstByte),
        ],
    },
    Table { title: "Large bodies", tls: false, columns: &BULK },
    Table { title: "Memory", tls: false, columns: &MEMORY },
    Table {
        title: "With client certificates: requests on kept connections",
        tls: true,
        columns: &[
            ("1: requests/s", "keep-alive-1", Metric::Rate),
            ("p50 µs", "keep-alive-1", Metric::P50),
            ("CPU s/100k", "keep-alive-1", Metric::Cpu),
            ("64: requests/s", "keep-alive-64", Metric::Rate),
            ("p99 µs", "keep-alive-64", Metric::P99),
            ("CPU s/100k", "keep-alive-64", Metric::Cpu),
        ],
    },
    Table {
        title: "With client certificates: handshakes, small things, start",
        tls: true,
        columns: &[
            ("1 client: first byte p50 µs", "connect-1", Metric::P50),
            ("16 clients: handshakes/s", "connect-16", Metric::Rate),
            ("CPU ms each", "connect-16", Metric::Cpu),
            ("hijacked byte and back p50 µs", "ping-pong", Metric::P50),
            ("two small writes p50 µs", "two-writes", Metric::P50),
            ("start: accepting after ms", "start", Metric::Accepting),
            ("first byte after ms", "start", Metric::FirstByte),
        ],
    },
    Table { title: "With client certificates: large bodies", tls: true, columns: &BULK },
    Table { title: "With client certificates: memory", tls: true, columns: &MEMORY },
];

const BULK: [Column; 10] = [
    ("down GB/s", "down-1", Metric::Rate),
    ("CPU s/GB", "down-1", Metric::Cpu),
    ("4 down GB/s", "down-4", Metric::Rate),
    ("CPU s/GB", "down-4", Metric::Cpu),
    ("up GB/s", "up-1", Metric::Rate),
    ("CPU s/GB", "up-1", Metric::Cpu),
    ("4 up GB/s", "up-4", Metric::Rate),
    ("CPU s/GB", "up-4", Metric::Cpu),
    ("chunked up GB/s", "up-chunked", Metric::Rate),
    ("CPU s/GB", "up-chunked", Metric::Cpu),
];

const MEMORY: [Column; 5] = [
    ("at first MiB", "idle-1000", Metric::Base),
    ("1,000 idle: KiB each", "idle-1000", Metric::PerConnection),
    ("5,000 idle: KiB each", "idle-5000", Metric::PerConnection),
    ("after closing 1,000 MiB", "idle-1000", Metric::AfterClose),
    ("after closing 5,000 MiB", "idle-5000", Metric::AfterClose),
];

/// What rates are compared with.
pub(super) fn base(tls: bool) -> &'static str {
    if tls { "haproxy-tls" } else { "socat" }
}

/// All tables that have a figure, as Markdown.
pub(super) fn tables(report: &Report) -> String {
    TABLES.iter().filter_map(|table| render(table, report)).collect()
}

fn render(table: &Table, report: &Report) -> Option<String> {
    let columns: Vec<&Column> = table
        .columns
        .iter()
        .filter(|(_, case, _)| report.cases.iter().any(|measured| measured == case))
        .collect();
    let rows: Vec<&Target> = target::ALL
        .iter()
        .filter(|target| target.tls.is_some() == table.tls)
        .filter(|target| report.targets.contains(&target.name))
        .filter(|target| {
            columns.iter().any(|(_, case, _)| {
                let of_it =
                    |one: &crate::results::Sample| one.case == *case && one.target == target.name;
                report.results.samples.iter().any(of_it)
                    || report.results.failure(case, target.name).is_some()
            })
        })
        .collect();
    if columns.is_empty() || rows.is_empty() {
        return None;
    }
    let heads: Vec<&str> = columns.iter().map(|(head, ..)| *head).collect();
    let mut text = format!("\n## {}\n\n| | {} |\n|---|", table.title, heads.join(" | "));
    text.push_str(&"---|".repeat(columns.len()));
    text.push('\n');
    for target in rows {
        let strong = if target.is_ours() { "**" } else { "" };
        // Writing to a string can't fail.
        let _ = write!(text, "| {strong}{}{strong} |", target.name);
        for (_, case, metric) in &columns {
            let base = (*metric == Metric::Rate).then_some(base(table.tls));
            let _ = write!(text, " {} |", cell(&report.results, case, target.name, *metric, base));
        }
        text.push('\n');
    }
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::case::Case;

    #[test]
    fn every_column_is_of_a_test_that_exists() {
        let cases: Vec<String> = Case::ALL.into_iter().map(Case::name).collect();
        for (_, case, _) in TABLES.iter().flat_map(|table| table.columns) {
            assert!(cases.iter().any(|known| known == case), "{case}");
        }
    }
}
