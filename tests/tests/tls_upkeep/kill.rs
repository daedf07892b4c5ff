//! Whenever a first start is killed, the next one serves; and two at once agree.

use std::path::Path;
use std::sync::Mutex;
use std::thread;

use tempfile::TempDir;
use testkit::process::Process;
use testkit::{DEADLINE, Program, StandIn, requires_tool, stream};

use crate::{assert_verifies, bridge_tls, certificate, shown};

/// What changes a directory, and how often at least a first start calls it.
const CALLS: [(&str, usize); 5] =
    [("mkdirat", 3), ("write", 10), ("fchmod", 10), ("renameat", 10), ("fsync", 20)];

#[test]
fn a_first_start_killed_at_any_moment_leaves_a_directory_that_the_next_can_serve() {
    requires_tool!("openssl");
    requires_tool!("strace");
    let engine = StandIn::start();
    let calls = Mutex::new(CALLS.iter());
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                loop {
                    let Some((call, least)) = calls.lock().unwrap().next() else { return };
                    killed_at_each(call, *least, &engine);
                }
            });
        }
    });
}

/// The first start is killed at its first such call, the next one at its second, and so on until
/// one isn't.
fn killed_at_each(call: &str, least: usize, engine: &StandIn) {
    for when in 1.. {
        let folder = TempDir::new().unwrap();
        let dir = folder.path().join("certs");
        if !is_killed(call, when, &dir) {
            assert!(when > least, "{call} was called {} times", when - 1);
            return;
        }
        let bridge = bridge_tls(engine).cert_dir(&dir).start();
        assert_eq!(stream::get(&bridge.endpoint(), "/_ping").text(), "OK", "{call} {when}");
        assert_verifies(&dir);
        let left: Vec<_> = ["ca", "server", "client"]
            .iter()
            .flat_map(|folder| dir.join(folder).read_dir().unwrap())
            .map(|file| file.unwrap().file_name())
            .filter(|name| name.to_string_lossy().starts_with('.'))
            .collect();
        assert_eq!(left, [""; 0], "{call} {when}");
    }
}

/// False: it has made all before.
fn is_killed(call: &str, when: usize, dir: &Path) -> bool {
    let inject = format!("inject={call}:signal=KILL:when={when}");
    let port = testkit::ports::free_port();
    let listen = format!("tcp://127.0.0.1:{port}");
    // -D: strace is the child, so that an end of the process is an end of the bridge.
    let traced = ["-D", "-f", "-qq", "-o", "/dev/null", "-e", &inject, "--"];
    let process = Program::new("strace")
        .args(traced)
        .arg(testkit::binary::binary("bridge-tls"))
        .args(["--listen", &listen, "--cert-dir"])
        .arg(dir)
        .start();
    ends_before(&process, "export DOCKER_HOST=")
}

fn ends_before(process: &Process, line: &str) -> bool {
    let mut ended = false;
    testkit::eventually(DEADLINE, "it ends, or serves", || {
        ended = process.exit_status().is_some();
        ended || process.logs().contains(line)
    });
    ended
}

#[test]
fn two_servers_that_start_on_an_empty_directory_at_once_agree_and_serve() {
    requires_tool!("openssl");
    let engine = StandIn::start();
    for _ in 0..3 {
        let folder = TempDir::new().unwrap();
        let dir = folder.path().join("made/by/both");
        let start = || bridge_tls(&engine).cert_dir(&dir).start();
        let [one, other] = thread::scope(|scope| {
            [(); 2].map(|()| scope.spawn(start)).map(|start| start.join().unwrap())
        });
        for bridge in [&one, &other] {
            assert_eq!(stream::get(&bridge.endpoint(), "/_ping").text(), "OK");
            assert!(shown(&bridge.endpoint()) == certificate(&dir.join("server/cert.pem")));
        }
        assert_verifies(&dir);
    }
}
