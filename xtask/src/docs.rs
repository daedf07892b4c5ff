//! `cargo xtask docs`: the book of docs/.

use std::process::{Command, ExitCode};

use anyhow::bail;

use crate::workspace;

/// Make a book of docs/ in target/book, with mdbook.
#[derive(Debug, clap::Parser)]
pub(crate) struct Options {}

pub(crate) fn run(_: &Options) -> anyhow::Result<ExitCode> {
    if !workspace::succeeds(Command::new("mdbook").arg("--version")) {
        bail!(
            "mdbook isn't installed: `cargo install --locked mdbook` builds it, `.ci/run` installs \
             a built one"
        );
    }
    let book = workspace::target()?.join("book");
    let docs = workspace::root().join("docs");
    workspace::run(Command::new("mdbook").arg("build").arg("--dest-dir").arg(&book).arg(docs))?;
    println!("in {}: index.html is the first page", book.display());
    Ok(ExitCode::SUCCESS)
}
