//! Guarded access by the built programs: who has which role, what `--check` and the log say of it,
//! what a reload changes, and what is learned.

#![expect(clippy::panic, clippy::unwrap_used, reason = "to a test a panic is an answer")]

mod certificates;
mod check;
mod docker;
mod errors;
mod learning;
mod listeners;
mod podman;
mod profiles;
mod reload;
mod request_lines;

use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;
use testkit::process::BridgeBuilder;
use testkit::stream::{Endpoint, get, request};
use testkit::{Bridge, StandIn, Transport};

/// `bridge` without TLS before a stand-in Engine.
fn bridge(engine: &StandIn) -> BridgeBuilder {
    Bridge::builder().over(Transport::Tcp).upstream(engine.socket())
}

/// A policy file in a folder of its own.
struct PolicyFile {
    folder: TempDir,
}

impl PolicyFile {
    fn new(text: &str) -> Self {
        let file = Self { folder: tempfile::tempdir().unwrap() };
        file.write(text);
        file
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("policy.toml")
    }

    fn text(&self) -> String {
        self.path().display().to_string()
    }

    fn write(&self, text: &str) {
        fs::write(self.path(), text).unwrap();
    }
}

/// The status that a request without a body gets, on a connection of its own.
fn status(endpoint: &Endpoint, method: &str, path: &str) -> u16 {
    let head = format!("{method} {path} HTTP/1.1\r\nHost: docker\r\nConnection: close\r\n\r\n");
    request(endpoint, head).status
}

#[track_caller]
fn assert_denied(endpoint: &Endpoint, path: &str, message: &str) {
    let answer = get(endpoint, path);
    assert_eq!(answer.status, 403, "{path}: {}", answer.text());
    assert_eq!(answer.json()["message"], message, "{path}");
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}
