//! Whenever a first start is killed, the next one serves; and two at once agree.

use std::path::Path;
use std::sync::Mutex;
use std::thread;

use tempfile::TempDir;
use testkit::binary::binary;
use testkit::{DEADLINE, Program, StandIn, eventually, ports, requires_tool, stream, tls};

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
    let listen = format!("tcp://127.0.0.1:{}", ports::free_port());
    let process = killed(call, when).args(["--listen", &listen, "--cert-dir"]).arg(dir).start();
    let mut ended = false;
    eventually(DEADLINE, "it ends, or serves", || {
        ended = process.exit_status().is_some();
        ended || process.logs().contains("export DOCKER_HOST=")
    });
    ended
}

/// A bridge that is killed as it begins a call for the `when`th time.
fn killed(call: &str, when: usize) -> Program {
    let inject = format!("inject={call}:signal=KILL:when={when}");
    // -D: strace is the child, so that an end of the process is an end of the bridge.
    Program::new("strace")
        .args(["-D", "-f", "-qq", "-o", "/dev/null", "-e", &inject, "--"])
        .arg(binary("bridge-tls"))
}

/// Who is in the record can be revoked, whatever has become of the files.
#[test]
fn a_client_whose_making_was_killed_at_any_moment_is_added_again() {
    requires_tool!("strace");
    let engine = StandIn::start();
    let bridge = bridge_tls(&engine).start();
    let run = |program: Program, words: &[&str]| {
        program.args(words).arg("--cert-dir").arg(bridge.cert_dir()).run().status
    };
    let add = ["client", "add", "laptop"];
    for when in 1.. {
        if run(killed("renameat", when), &add).success() {
            assert!(when > 3, "it was killed {} times", when - 1);
            break;
        }
        // Killed before it was recorded, it isn't there to be revoked.
        let _known = run(Program::ours("bridge-tls"), &["client", "revoke", "laptop"]);
        assert!(run(Program::ours("bridge-tls"), &add).success(), "{when}");
        let laptop = tls::Client::from_folder(bridge.cert_dir().join("clients/laptop"));
        assert_eq!(stream::get(&laptop.at(bridge.addr()), "/_ping").text(), "OK", "{when}");
        assert!(run(Program::ours("bridge-tls"), &["client", "revoke", "laptop"]).success());
    }
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
