//! `--health` says whether a running bridge and the Engine behind it answer.
//!
//! Bridges of other tests run beside, so each is asked for by its listener.

#![expect(clippy::unwrap_used, reason = "to a test a panic is an answer")]

mod answers;
mod stale;
mod who;

use std::ffi::OsStr;
use std::path::PathBuf;

use testkit::{Bridge, Program};

/// What `--health` said.
#[derive(Debug)]
struct Said {
    code: Option<i32>,
    line: String,
}

impl Said {
    /// Runs a program to its end. It must print one line, on standard output.
    #[track_caller]
    fn by(program: &Program) -> Self {
        let output = program.run();
        let line = String::from_utf8(output.stdout).unwrap();
        assert_eq!(String::from_utf8_lossy(&output.stderr), "");
        assert_eq!(line.matches('\n').count(), 1, "{line:?}");
        Self { code: output.status.code(), line: line.trim_end().to_owned() }
    }

    /// Asks the bridge with that listener.
    #[track_caller]
    fn of(bridge: &Bridge) -> Self {
        Self::by(&question("bridge", bridge))
    }

    #[track_caller]
    fn expect(&self, code: i32, begin: &str) {
        assert!(self.code == Some(code) && self.line.starts_with(begin), "{self:?}");
    }
}

fn question(program: &str, bridge: &Bridge) -> Program {
    Program::ours(program).args(["--health", "--listen", &format!("tcp://{}", bridge.addr())])
}

/// A program that other users get to, in a folder of its own.
fn for_everybody(program: &str) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    open(folder.path());
    let copy = testkit::binary::copy(program, folder.path());
    (folder, copy)
}

fn open(path: impl AsRef<std::path::Path>) {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
}

/// As another user, with its own group and no others.
fn as_user(user: u32) -> [impl AsRef<OsStr>; 4] {
    [
        "setpriv".into(),
        format!("--reuid={user}"),
        format!("--regid={user}"),
        "--clear-groups".into(),
    ]
}
