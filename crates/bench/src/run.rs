//! `bench run`: from names and numbers to a report.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use anyhow::{Context as _, bail};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use time::OffsetDateTime;

use crate::case::{Case, Effort};
use crate::client::certificates::Certificates;
use crate::machine::describe::Machine;
use crate::matrix::{Matrix, Skipped};
use crate::report::Report;
use crate::target::{self, Target};
use crate::upstream::Upstream;

/// Run the tests and write the report.
#[derive(Debug, clap::Parser)]
pub(crate) struct Options {
    /// The folder of bridge and bridge-tls.
    #[arg(long, value_name = "FOLDER")]
    programs: PathBuf,
    /// Only these tests and targets; all tests, or all targets, if none of them is named.
    #[arg(long, value_name = "NAME", num_args = 1..)]
    only: Vec<String>,
    /// Little of everything, to see that it works; figures mean nothing.
    #[arg(long)]
    quick: bool,
    /// How often everything is done: 5 times, with --quick once, if not said.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    rounds: Option<u32>,
    /// Write every figure of every run to this file.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// The folder for benchmarks.md and benchmarks.svg.
    #[arg(long, value_name = "FOLDER")]
    output: PathBuf,
    /// What the page says it was written by.
    #[arg(long, default_value = "bench run")]
    command: String,
}

pub(crate) fn run(options: &Options) -> anyhow::Result<()> {
    let (cases, targets) = select(&options.only, options.quick)?;
    let rounds = options.rounds.unwrap_or(if options.quick { 1 } else { 5 });
    raise_descriptor_limit();
    let stop = Arc::new(AtomicBool::new(false));
    for signal in [signal_hook::consts::SIGINT, signal_hook::consts::SIGTERM] {
        signal_hook::flag::register(signal, Arc::clone(&stop))
            .context("cannot watch for signals")?;
    }

    let scratch = tempfile::Builder::new()
        .prefix("bench-")
        .permissions(std::os::unix::fs::PermissionsExt::from_mode(0o755))
        .tempdir()
        .context("cannot create a folder for files")?;
    let now = OffsetDateTime::now_utc();
    let upstream = Upstream::start(scratch.path())?;
    let mut certificates = BTreeMap::new();
    for key in targets.iter().filter_map(|target| target.tls) {
        if let Entry::Vacant(entry) = certificates.entry(key) {
            let folder = scratch.path().join(format!("{key:?}"));
            entry.insert(Certificates::create(folder, key, now)?);
        }
    }

    let matrix = Matrix {
        ours: options.programs.clone(),
        scratch: scratch.path(),
        upstream: &upstream,
        certificates,
        effort: if options.quick { Effort::QUICK } else { Effort::FULL },
        retries: if options.quick { 0 } else { 3 },
        stop,
        sites: Cell::new(0),
    };
    let (running, skipped) = matrix.start(&targets)?;
    if let Some((target, why)) = must_run(&skipped) {
        bail!("`{}` doesn't run: {why}", target.name);
    }
    let results = matrix.run(&cases, &running, rounds)?;

    let report = Report {
        date: now.date().to_string(),
        command: options.command.clone(),
        rounds,
        effort: matrix.effort,
        machine: Machine::this(),
        versions: versions(&targets, &options.programs),
        targets: running.iter().map(|(target, _)| target.name).collect(),
        cases: cases.into_iter().map(Case::name).collect(),
        skipped: skipped.into_iter().map(|(target, why)| (target.name, why)).collect(),
        goals: Report::judge(&results),
        results,
    };
    report.write(&options.output)?;
    if let Some(path) = &options.json {
        report.write_json(path)?;
    }
    eprintln!("written: {}", options.output.join("benchmarks.md").display());
    Ok(())
}

/// Tests and targets of these names.
fn select(only: &[String], quick: bool) -> anyhow::Result<(Vec<Case>, Vec<Target>)> {
    let named_cases: Vec<Case> =
        Case::ALL.into_iter().filter(|case| only.contains(&case.name())).collect();
    let named_targets: Vec<Target> = target::ALL
        .into_iter()
        .filter(|target| only.iter().any(|name| name == target.name))
        .collect();
    let is_known = |name: &&String| {
        named_cases.iter().any(|case| case.name() == **name)
            || named_targets.iter().any(|target| target.name == **name)
    };
    if let Some(unknown) = only.iter().find(|name| !is_known(name)) {
        let cases = Case::ALL.map(Case::name).join(", ");
        let targets = target::ALL.map(|target| target.name).join(", ");
        bail!("`{unknown}` is neither a test ({cases}) nor a target ({targets})");
    }
    let cases = if named_cases.is_empty() {
        Case::ALL.into_iter().filter(|case| !(quick && case.is_slow())).collect()
    } else {
        named_cases
    };
    let targets = if named_targets.is_empty() { target::ALL.to_vec() } else { named_targets };
    Ok((cases, targets))
}

/// Of ours that don't run, the first that should. Guarded access may be missing from a build.
fn must_run(skipped: &[Skipped]) -> Option<&Skipped> {
    skipped.iter().find(|(target, _)| target.is_ours() && target.name != "guarded")
}

fn versions(targets: &[Target], ours: &std::path::Path) -> Vec<String> {
    let mut versions: Vec<String> =
        targets.iter().filter_map(|target| target::version(&target.program(ours)?)).collect();
    versions.sort();
    versions.dedup();
    versions
}

/// Thousands of connections are open at once, and programs inherit this.
fn raise_descriptor_limit() {
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit { current: limit.maximum, maximum: limit.maximum };
    // Where it isn't enough, the test that misses it says so.
    let _ = setrlimit(Resource::Nofile, raised);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(only: &[&str]) -> anyhow::Result<(Vec<Case>, Vec<&'static str>)> {
        let only: Vec<String> = only.iter().map(|&name| name.to_owned()).collect();
        let (cases, targets) = select(&only, true)?;
        Ok((cases, targets.into_iter().map(|target| target.name).collect()))
    }

    #[test]
    fn names_are_of_tests_and_of_targets() {
        let (cases, targets) = names(&["down-1", "socat", "open"]).unwrap();
        assert_eq!((cases, targets), (vec![Case::Down(1)], vec!["open", "socat"]));
        let (cases, targets) = names(&["down-1"]).unwrap();
        assert_eq!((cases.len(), targets.len()), (1, target::ALL.len()));
        let (cases, _) = names(&["socat"]).unwrap();
        assert_eq!(cases.len(), Case::ALL.len() - 1, "a quick run leaves the slow test out");
        assert_eq!(names(&["idle-5000"]).unwrap().0, [Case::Idle(5000)]);
    }

    #[test]
    fn an_unknown_name_is_an_error_that_lists_what_there_is() {
        let error = names(&["down"]).unwrap_err().to_string();
        assert!(error.starts_with("`down` is neither a test (keep-alive-1, "), "{error}");
    }
}
