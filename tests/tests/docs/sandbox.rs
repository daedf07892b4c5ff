//! Where snippets are run: a machine within the machine, with an Engine, a loopback and nothing
//! else of its own.

use std::fmt::Write as _;
use std::fs;
use std::process::Command;
use std::time::Duration;

use testkit::process::{clean_environment, finish};
use testkit::{DEADLINE, StandIn, binary, skip};

use crate::block::Block;

/// Whether this machine can have one, and has what snippets call; else the test is skipped.
pub(crate) fn is_possible() -> bool {
    let tools = ["curl", "docker", "ip", "mount", "unshare"];
    if !skip::require_root() || !tools.iter().all(|tool| skip::require_tool(tool).is_some()) {
        return false;
    }
    let mut command = Command::new("unshare");
    command.args(NAMESPACES).arg("true");
    let made = finish(command, DEADLINE).status.success();
    if !made {
        skip::skip("namespaces can't be made here");
    }
    made
}

/// Runs the snippets of a page one after the other, in a folder of their own.
pub(crate) fn run(page: &str, blocks: &[&Block]) {
    let engine = StandIn::start();
    let folder = tempfile::tempdir().unwrap();
    let mut script = PRELUDE.to_owned();
    for block in blocks {
        for line in block.text.lines() {
            // The shell's own `!` would not stop it.
            let line = line.replacen("! ", "refused ", usize::from(line.starts_with("! ")));
            let serve = if serves(&line) { "serve " } else { "" };
            let _ = writeln!(script, "{serve}{line}");
        }
    }
    fs::write(folder.path().join("hosts"), HOSTS).unwrap();
    fs::write(folder.path().join("script"), &script).unwrap();
    let programs = binary::binary("bridge");
    let path = std::env::var("PATH").unwrap();
    let path = format!("{}:{path}", programs.parent().unwrap().display());

    let mut command = Command::new("unshare");
    clean_environment(&mut command)
        .args(NAMESPACES)
        .args(["sh", "-eux", "script"])
        .current_dir(folder.path())
        .env("PATH", path)
        .env("HOME", folder.path())
        .env("ENGINE", engine.socket());
    let output = finish(command, Duration::from_secs(120));
    assert!(
        output.status.success(),
        "{page}: {}\n{}\n{}",
        output.status,
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
}

/// Whether a line starts a bridge, which then serves until the page ends or starts it anew.
fn serves(line: &str) -> bool {
    let mut words = line.split_whitespace();
    let ends = ["client", "ca", "--check", "--health", "--help", "--version", "--completions"];
    matches!(words.next(), Some("bridge" | "bridge-tls")) && !words.any(|word| ends.contains(&word))
}

const NAMESPACES: [&str; 6] =
    ["--mount", "--net", "--pid", "--fork", "--kill-child", "--mount-proc"];

const PRELUDE: &str = r#"
ip link set lo up
mount -t tmpfs none /run
mount -t tmpfs none /var/lib
mount --bind hosts /etc/hosts
ln -s "$ENGINE" /run/docker.sock
serve() {
  if [ -e "$1.pid" ]; then
    kill "$(cat "$1.pid")"
    wait "$(cat "$1.pid")"
  fi
  # The log of who served before says that it listens, too.
  : >"$1.log"
  "$@" 2>"$1.log" &
  echo $! >"$1.pid"
  until grep -q ' listening on ' "$1.log"; do
    kill -0 $! || { cat "$1.log"; exit 1; }
    sleep 0.02
  done
}
refused() {
  if "$@"; then exit 1; fi
}
"#;

const HOSTS: &str = "127.0.0.1 localhost docker.example.com\n";
