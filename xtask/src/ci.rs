//! `cargo xtask ci`: what must hold before a change lands. `.ci/run` calls it.

use std::env;
use std::process::ExitCode;

use anyhow::bail;

use crate::{docs, test, workspace};

/// Check formatting, lints, documentation and dependencies, then run every test.
#[derive(Debug, clap::Parser)]
pub(crate) struct Options {}

pub(crate) fn run(_: &Options) -> anyhow::Result<ExitCode> {
    if !workspace::succeeds(&mut workspace::cargo("deny --version")) {
        bail!(
            "cargo-deny isn't installed: `cargo install --locked cargo-deny` builds it, `.ci/run` \
             installs a built one"
        );
    }
    workspace::run(&mut workspace::cargo("fmt --all --check"))?;
    workspace::run(&mut workspace::cargo("deny check bans licenses sources"))?;
    workspace::run(&mut workspace::cargo(
        "clippy --workspace --all-targets --locked -- -D warnings",
    ))?;
    workspace::run(
        workspace::cargo("doc --workspace --no-deps --locked").env("RUSTDOCFLAGS", "-D warnings"),
    )?;
    if workspace::in_ci() {
        docs::run(&docs::Options {})?;
    }
    if workspace::in_ci() && env::var_os("REQUIRE_DOCKER").is_none() {
        bail!(
            "REQUIRE_DOCKER isn't set: in CI tests must fail where they lack something \
             (REQUIRE_DOCKER=1 cargo xtask ci)"
        );
    }
    test::run(&test::Options::default())
}
