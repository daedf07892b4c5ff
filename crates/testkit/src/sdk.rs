//! Clients of other languages, as `cargo xtask setup` installs them.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::process::clean_environment;
use crate::{binary, skip};

/// Node with a script and the packages of `tests/sdk/package.json`; without them the test is
/// skipped.
#[must_use = "without Node and its packages the test must return"]
pub fn node(script: &Path) -> Option<Command> {
    let node = skip::require_tool("node")?;
    let packages = installed("node/node_modules")?;
    let mut command = Command::new(node);
    clean_environment(&mut command).env("NODE_PATH", packages).arg(script);
    Some(command)
}

/// Python with a script and the packages of `tests/sdk/requirements.txt`; without them the test is
/// skipped.
#[must_use = "without Python and its packages the test must return"]
pub fn python(script: &Path) -> Option<Command> {
    let python = installed("python/bin/python")?;
    let mut command = Command::new(python);
    clean_environment(&mut command).arg(script);
    Some(command)
}

fn installed(what: &str) -> Option<PathBuf> {
    let path = binary::scratch().with_file_name("sdk").join(what);
    let there = path.exists();
    if !there {
        skip::skip(&format!("no {} (run `cargo xtask setup`)", path.display()));
    }
    there.then_some(path)
}
