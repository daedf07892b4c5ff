//! Bad input gets one line that says what, why and what to write; never a panic or a backtrace.

#![expect(clippy::panic, clippy::unwrap_used, reason = "to a test a panic is an answer")]

mod engines;
mod listeners;
mod settings;

use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use testkit::{DEADLINE, Endpoint, Program, Signal, binary, ports, refusal, skip};

/// A place of the test's own in which every user may look about.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
    folder
}

fn assert_bad_address(flag: &str, address: &str, message: &str) {
    let (code, why) = refusal(&Program::ours("bridge").args([flag, address]));
    assert_eq!(why, format!("bad setting: {flag}: `{address}` {message}"));
    assert_eq!(code, 64, "{address}");
}

/// `why`: what stands behind the address in the line of a bridge that can't listen on it.
fn assert_cannot_listen(program: Program, address: &str, why: &str) {
    let (code, line) = refusal(&program.args(["--listen", address, "--upstream", "/unused.sock"]));
    assert_eq!(line, format!("cannot listen: on {address}: {why}"));
    assert_eq!(code, 69, "{address}");
}

/// Starts a bridge, whose Engine isn't as it should be; gives its one warning, and stops it.
fn warning_of(program: Program, upstream: &Path) -> String {
    let port = ports::free_port();
    let upstream = format!("unix://{}", upstream.display());
    warning_before(program, port, &upstream)
}

fn warning_before(program: Program, port: u16, upstream: &str) -> String {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let listen = address.to_string();
    let bridge = program
        .args(["--listen", &listen, "--upstream", upstream])
        .env("RUST_BACKTRACE", "1")
        .start();
    bridge.wait_for_log_containing(" WARN cannot reach the Engine");
    // Everyone who comes is closed, and that is no news.
    for _ in 0..2 {
        let mut client = Endpoint::from(address).connect();
        client.send("GET /version HTTP/1.1\r\nHost: docker\r\n\r\n");
        client.expect_closed(DEADLINE);
    }
    bridge.signal(Signal::TERM);
    assert_eq!(bridge.wait_exit(DEADLINE).code(), Some(0));
    let logs = bridge.logs();
    // Who the bridge is then is another matter.
    let usual = |line: &&str| line.contains(" INFO ") || line.contains("stays root");
    let unusual: Vec<_> = logs.lines().filter(|line| !usual(line)).collect();
    assert_eq!(unusual.len(), 1, "{logs}");
    let (_, warning) = unusual[0].split_once(" WARN ").unwrap();
    let begin = format!("cannot reach the Engine at {upstream}: ");
    warning.strip_prefix(&begin).unwrap_or_else(|| panic!("{warning}")).to_owned()
}

/// The bridge as a user with no rights at all; `None`, skipped, without root.
fn as_nobody(folder: &Path) -> Option<Program> {
    if !skip::require_root() {
        return None;
    }
    let setpriv = skip::require_tool("setpriv")?;
    let copy = binary::copy("bridge", folder);
    fs::set_permissions(&copy, fs::Permissions::from_mode(0o755)).unwrap();
    let rights = ["--reuid=65534", "--regid=65534", "--clear-groups", "--bounding-set=-all"];
    Some(Program::new(setpriv).args(rights).arg(copy))
}
