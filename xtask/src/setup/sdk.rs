//! The packages that tests in other languages drive, as tests/sdk lists them.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::Context as _;

use super::{is_current, record};
use crate::workspace;

/// Installs them into `target/sdk`.
pub(super) fn install() -> anyhow::Result<()> {
    let listed = workspace::root().join("tests/sdk");
    let installed = workspace::target()?.join("sdk");
    fs::create_dir_all(&installed)
        .with_context(|| format!("cannot create folder `{}`", installed.display()))?;
    python(&listed, &installed.join("python"))?;
    node(&listed, &installed.join("node"))
}

/// `target/sdk/python` is a virtual environment: tests run its `bin/python`.
fn python(listed: &Path, into: &Path) -> anyhow::Result<()> {
    let requirements = listed.join("requirements.txt");
    let wanted = joined(&[&requirements])?;
    if is_current(&wanted, into) {
        return Ok(());
    }
    workspace::run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(into))?;
    workspace::run(
        Command::new(into.join("bin/pip"))
            .args(["install", "--quiet", "--disable-pip-version-check", "--requirement"])
            .arg(&requirements),
    )?;
    record(&wanted, into)
}

/// `target/sdk/node` has a `node_modules`: tests run their scripts with it as `NODE_PATH`.
fn node(listed: &Path, into: &Path) -> anyhow::Result<()> {
    let lists = [&*listed.join("package.json"), &*listed.join("package-lock.json")];
    let wanted = joined(&lists)?;
    if is_current(&wanted, into) {
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
    record(&wanted, into)
}

fn joined(lists: &[&Path]) -> anyhow::Result<String> {
    lists
        .iter()
        .map(|list| {
            fs::read_to_string(list).with_context(|| format!("cannot read `{}`", list.display()))
        })
        .collect()
}
