//! Static binaries, the same bytes wherever the sources lie.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use anyhow::{Context as _, bail};

use super::target::Target;
use crate::workspace;

/// Builds the program of a package for a target, and returns its bytes.
///
/// In a target folder of its own, since the flags would throw away what other builds keep. Each
/// package is built by itself: built together, they would share the features of what they use, and
/// the bytes of one would depend on which others are asked for.
pub(crate) fn compile(
    package: &str,
    revision: Option<&str>,
    target: Target,
) -> anyhow::Result<Vec<u8>> {
    let folder = workspace::target()?.join("images/build");
    let command = format!("build --locked --release --package {package} --target {target}");
    let mut cargo = workspace::cargo(&command);
    cargo.arg("--target-dir").arg(&folder);
    cargo.envs(target.linker(&folder)?);
    // The image has a date, the program has none; and C code is built anew for each other one.
    cargo.env("SOURCE_DATE_EPOCH", "0");
    // Which `/metrics` tells.
    cargo.envs(revision.map(|revision| ("SOURCE_REVISION", revision)));
    let removed = paths(&folder)?;
    set_flags(&mut cargo, target, &removed);
    run_quietly(&mut cargo, &command)?;

    let path = folder.join(target.triple()).join("release").join(package);
    let binary = fs::read(&path).with_context(|| format!("cannot read `{}`", path.display()))?;
    for (path, _) in &removed {
        if contains(&binary, path.as_os_str().as_encoded_bytes()) {
            bail!("`{package}` names this machine's `{}`: it can't be reproduced", path.display());
        }
    }
    Ok(binary)
}

/// Paths of this machine, and what binaries call them instead. The last that matches is taken.
fn paths(build: &Path) -> anyhow::Result<[(PathBuf, &'static str); 3]> {
    let root = fs::canonicalize(workspace::root()).context("cannot find the workspace")?;
    let cargo = env::var_os("CARGO_HOME")
        .map(PathBuf::from)
        .or_else(|| Some(env::home_dir()?.join(".cargo")))
        .context("cannot find cargo's home: neither CARGO_HOME nor HOME is set")?;
    Ok([(root, "/src"), (cargo, "/cargo"), (build.to_owned(), "/build")])
}

/// Flags reach the target's code alone, not build scripts and proc macros, because cargo is given
/// a target.
fn set_flags(cargo: &mut Command, target: Target, paths: &[(PathBuf, &'static str)]) {
    let mut rust = vec![
        "-Ctarget-feature=+crt-static".to_owned(),
        // The table by which a static-pie relocates itself is 1.7 kB so, and 140 kB else.
        "-Clink-arg=-Wl,-z,pack-relative-relocs".to_owned(),
    ];
    if target.has_lld() {
        // Functions of the same code, and ends of the same text, are there once.
        rust.extend(["--icf=all", "-O2"].map(|flag| format!("-Clink-arg=-Wl,{flag}")));
    }
    let mut c = Vec::new();
    for (path, name) in paths {
        rust.push(format!("--remap-path-prefix={}={name}", path.display()));
        c.push(format!("-ffile-prefix-map={}={name}", path.display()));
    }
    cargo.env("CARGO_ENCODED_RUSTFLAGS", rust.join("\x1f"));
    cargo.env(format!("CFLAGS_{}", target.triple().replace('-', "_")), c.join(" "));
}

fn run_quietly(cargo: &mut Command, shown: &str) -> anyhow::Result<()> {
    // Without the flags, which nobody would type.
    eprintln!("$ cargo {shown}");
    let status = cargo.status().context("cannot run cargo")?;
    if !status.success() {
        bail!("`cargo {shown}` failed: {status}");
    }
    Ok(())
}

fn contains(bytes: &[u8], needle: &[u8]) -> bool {
    bytes.windows(needle.len()).any(|window| window == needle)
}
