//! README and docs show what works: every snippet is run, parsed or compared, every link leads
//! somewhere, and the workflows of CI call tasks that exist.
//!
//! A snippet without a marker is checked by its language: see [`check::by_language`]. A comment on
//! the line before it says otherwise: `<!-- check: KIND -->` or `<!-- not run: REASON -->`.

#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "to a test a panic is an answer"
)]

mod block;
mod book;
mod check;
mod compose;
mod lines;
mod links;
mod recipes;
mod sandbox;
mod translation;
mod workflows;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use crate::block::{Block, Marker};

/// A page, and where it lies.
struct Page {
    /// From the top of the repository.
    path: String,
    text: String,
}

impl Page {
    fn at(path: &str) -> Self {
        let text = fs::read_to_string(top().join(path));
        Self { path: path.to_owned(), text: text.unwrap_or_else(|error| panic!("{path}: {error}")) }
    }

    /// What users read: README in each language, and docs.
    fn of_users() -> Vec<Self> {
        let mut pages = vec![Self::at("README.md"), Self::at("README.zh-CN.md")];
        pages.extend(pages_below("docs"));
        pages.extend(pages_below("examples"));
        pages
    }

    /// All of them.
    fn all() -> Vec<Self> {
        let mut pages = Self::of_users();
        pages.extend(["ARCHITECTURE.md", "CHANGELOG.md", "CONTRIBUTING.md"].map(Self::at));
        pages
    }

    fn blocks(&self) -> Vec<Block> {
        block::of(&self.path, &self.text)
    }
}

fn pages_below(folder: &str) -> Vec<Page> {
    let entries = fs::read_dir(top().join(folder)).expect(folder);
    let mut pages = Vec::new();
    for entry in entries.map(Result::unwrap) {
        let path = format!("{folder}/{}", entry.file_name().to_str().unwrap());
        if entry.path().is_dir() {
            pages.extend(pages_below(&path));
        } else if entry.path().extension().is_some_and(|kind| kind == "md") {
            pages.push(Page::at(&path));
        }
    }
    pages.sort_by(|one, other| one.path.cmp(&other.path));
    pages
}

/// The top of the repository.
fn top() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

#[test]
fn every_snippet_that_is_not_run_is_right() {
    let roles = check::Roles::of(&Page::of_users());
    let mut seen = BTreeSet::new();
    let contributing = Page::at("CONTRIBUTING.md");
    for page in Page::of_users().into_iter().chain([contributing]) {
        for block in page.blocks() {
            check::block(&block, &roles);
        }
        for span in block::spans(&page.text).into_iter().filter(|span| seen.insert(span.clone())) {
            lines::check(&span, &roles, &page.path);
        }
    }
}

/// Those of a page are one script: what one starts, the next one asks.
#[test]
fn every_snippet_that_is_run_ends_well() {
    if !sandbox::is_possible() {
        return;
    }
    for page in Page::of_users() {
        let blocks = page.blocks();
        let run: Vec<_> = blocks.iter().filter(|block| block.marker == Marker::Run).collect();
        if !run.is_empty() {
            sandbox::run(&page.path, &run);
        }
    }
}

#[test]
fn whoever_is_not_run_says_why() {
    for block in Page::of_users().iter().flat_map(Page::blocks) {
        if let Marker::NotRun(reason) = &block.marker {
            assert!(reason.split(' ').count() >= 3, "{}: why isn't it run?", block.place);
        }
    }
}
