//! What is written of a run: a page, a plot, and the raw figures.

mod cells;
mod page;
mod plot;
mod tables;

use std::path::Path;
use std::{fs, io};

use anyhow::Context as _;
use serde::Serialize;

use crate::case::Effort;
use crate::goals::{GOALS, Judged};
use crate::machine::describe::Machine;
use crate::results::Results;

/// A whole run.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    /// The day, UTC.
    pub(crate) date: String,
    /// How it was run.
    pub(crate) command: String,
    /// Rounds.
    pub(crate) rounds: u32,
    /// How much each test did.
    pub(crate) effort: Effort,
    /// Where.
    pub(crate) machine: Machine,
    /// What the programs call themselves.
    pub(crate) versions: Vec<String>,
    /// Names of the targets that ran.
    pub(crate) targets: Vec<&'static str>,
    /// Names of the tests.
    pub(crate) cases: Vec<String>,
    /// Targets that didn't run, and why.
    pub(crate) skipped: Vec<(&'static str, String)>,
    /// The goals, by number.
    pub(crate) goals: Vec<(u8, Vec<Judged>)>,
    /// The runs.
    pub(crate) results: Results,
}

impl Report {
    /// Judges the goals.
    pub(crate) fn judge(results: &Results) -> Vec<(u8, Vec<Judged>)> {
        GOALS
            .iter()
            .map(|goal| {
                let judged = goal.conditions.iter().map(|one| one.judge(results)).collect();
                (goal.number, judged)
            })
            .collect()
    }

    /// Writes `benchmarks.md` and `benchmarks.svg` to a folder.
    pub(crate) fn write(&self, folder: &Path) -> anyhow::Result<()> {
        let write = |name: &str, text: String| -> anyhow::Result<()> {
            let path = folder.join(name);
            fs::write(&path, text).with_context(|| format!("cannot write `{}`", path.display()))
        };
        fs::create_dir_all(folder)
            .with_context(|| format!("cannot create folder `{}`", folder.display()))?;
        write("benchmarks.md", page::page(self))?;
        write("benchmarks.svg", plot::plot(self))
    }

    /// Writes every figure of every run.
    pub(crate) fn write_json(&self, path: &Path) -> anyhow::Result<()> {
        let text = serde_json::to_string_pretty(self).map_err(io::Error::other);
        text.and_then(|text| fs::write(path, text + "\n"))
            .with_context(|| format!("cannot write `{}`", path.display()))
    }
}

/// A figure with three digits that mean something.
pub(crate) fn number(value: f64) -> String {
    let size = value.abs();
    if size >= 99.95 {
        return thousands(value);
    }
    let decimals = match size {
        _ if size >= 9.995 => 1,
        _ if size >= 0.9995 || size == 0.0 => 2,
        _ => 3,
    };
    format!("{value:.decimals$}")
}

fn thousands(value: f64) -> String {
    let digits = format!("{value:.0}");
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && digit.is_ascii_digit() && (digits.len() - index) % 3 == 0 {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A report of these results.
    pub(crate) fn report(results: Results) -> Report {
        Report {
            date: "2026-01-31".to_owned(),
            command: "cargo xtask bench".to_owned(),
            rounds: 5,
            effort: Effort::QUICK,
            machine: Machine {
                processor: "a processor".to_owned(),
                processors: 2,
                memory: 24,
                kernel: "Linux 6.1".to_owned(),
                system: "Debian".to_owned(),
            },
            versions: vec!["socat version 1.7".to_owned()],
            targets: vec!["open", "socat"],
            cases: vec!["down-1".to_owned()],
            skipped: vec![("stunnel", "it isn't installed".to_owned())],
            goals: Report::judge(&results),
            results,
        }
    }

    #[test]
    fn numbers_have_three_digits_that_mean_something() {
        let cases = [
            (0.0, "0.00"),
            (0.0471, "0.047"),
            (0.9999, "1.00"),
            (2.5, "2.50"),
            (13.86, "13.9"),
            (99.96, "100"),
            (950.4, "950"),
            (69_812.3, "69,812"),
            (1_234_567.0, "1,234,567"),
        ];
        for (value, shown) in cases {
            assert_eq!(number(value), shown);
        }
    }
}
