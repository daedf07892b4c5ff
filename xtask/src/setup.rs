//! `cargo xtask setup`: the clients of other languages that the tests drive.

use std::fs;
use std::path::Path;
use std::process::{Command, ExitCode};

use anyhow::Context as _;

use crate::workspace;

/// Install the Python and Node packages of the tests into target/sdk.
///
/// Which ones stands in tests/sdk. Nothing outside of the target folder is changed, and what is
/// installed already stays.
#[derive(Debug, clap::Parser)]
pub(crate) struct Options {}

pub(crate) fn run(_: &Options) -> anyhow::Result<ExitCode> {
    let listed = workspace::root().join("tests/sdk");
    let installed = workspace::target()?.join("sdk");
    fs::create_dir_all(&installed)
        .with_context(|| format!("cannot create folder `{}`", installed.display()))?;
    python(&listed, &installed.join("python"))?;
    node(&listed, &installed.join("node"))?;
    Ok(ExitCode::SUCCESS)
}

/// `target/sdk/python` is a virtual environment: tests run its `bin/python`.
fn python(listed: &Path, into: &Path) -> anyhow::Result<()> {
    let requirements = listed.join("requirements.txt");
    if is_current(&[&requirements], into)? {
        return Ok(());
    }
    workspace::run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(into))?;
    workspace::run(
        Command::new(into.join("bin/pip"))
            .args(["install", "--quiet", "--disable-pip-version-check", "--requirement"])
            .arg(&requirements),
    )?;
    record(&[&requirements], into)
}

/// `target/sdk/node` has a `node_modules`: tests run their scripts with it as `NODE_PATH`.
fn node(listed: &Path, into: &Path) -> anyhow::Result<()> {
    let lists = [&*listed.join("package.json"), &*listed.join("package-lock.json")];
    if is_current(&lists, into)? {
        return Ok(());
    }
    fs::create_dir_all(into)
        .with_context(|| format!("cannot create folder `{}`", into.display()))?;
    for list in lists {
        let copy = into.join(list.file_name().unwrap_or_default());
        fs::copy(list, &copy).with_context(|| format!("cannot write `{}`", copy.display()))?;
    }
    workspace::run(
        Command::new("npm")
            .args(["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"])
            .current_dir(into),
    )?;
    record(&lists, into)
}

/// Whether just these lists were installed before, to the end.
fn is_current(lists: &[&Path], into: &Path) -> anyhow::Result<bool> {
    let wanted = joined(lists)?;
    Ok(fs::read_to_string(into.join(RECORD)).is_ok_and(|installed| installed == wanted))
}

fn record(lists: &[&Path], into: &Path) -> anyhow::Result<()> {
    let record = into.join(RECORD);
    fs::write(&record, joined(lists)?)
        .with_context(|| format!("cannot write `{}`", record.display()))
}

fn joined(lists: &[&Path]) -> anyhow::Result<String> {
    lists
        .iter()
        .map(|list| {
            fs::read_to_string(list).with_context(|| format!("cannot read `{}`", list.display()))
        })
        .collect()
}

/// A file beside what is installed that holds the lists it came from.
const RECORD: &str = "installed-from";
