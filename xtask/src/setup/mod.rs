//! `cargo xtask setup`: what the tests drive and the machine doesn't have.

mod engine;
mod sdk;

use std::fs;
use std::path::Path;
use std::process::ExitCode;

use anyhow::Context as _;

/// Install what the tests drive: Python and Node packages into target/sdk, a newer Engine with its
/// CLI into target/engines.
///
/// Which packages stands in tests/sdk; the Engine is that of Debian's unstable release. Nothing
/// outside of the target folder is changed, and what is installed already stays.
#[derive(Debug, clap::Parser)]
pub(crate) struct Options {}

pub(crate) fn run(_: &Options) -> anyhow::Result<ExitCode> {
    sdk::install()?;
    engine::install()?;
    Ok(ExitCode::SUCCESS)
}

/// Whether just this was installed before, to the end.
fn is_current(wanted: &str, into: &Path) -> bool {
    fs::read_to_string(into.join(RECORD)).is_ok_and(|installed| installed == wanted)
}

fn record(installed: &str, into: &Path) -> anyhow::Result<()> {
    let record = into.join(RECORD);
    fs::write(&record, installed).with_context(|| format!("cannot write `{}`", record.display()))
}

/// A file beside what is installed that says what it was made of.
const RECORD: &str = "installed-from";
