//! Too few descriptors, too little memory.

use std::fs;
use std::io::{ErrorKind, Read as _, Write as _};
use std::path::PathBuf;
use std::thread;
use std::time::Duration;

use testkit::stream::get;
use testkit::wait::pause;
use testkit::{
    DEADLINE, Download, Endpoint, Front, StandIn, Stream, binary, eventually, requires_root,
    requires_sight, requires_tool, skip,
};

use crate::{LAST_PING, MIB, PING, raise_descriptors};

#[test]
fn five_hundred_clients_share_sixty_four_descriptors_and_each_is_served() {
    requires_tool!("prlimit");
    if !raise_descriptors(2000) {
        return;
    }
    for front in Front::ALL {
        let engine = StandIn::start();
        let limited = ["prlimit", "--nofile=64:64"];
        let bridge = front.before(engine.socket()).start(|builder| builder.under(limited));
        requires_sight!(bridge.bridge);
        let before = bridge.at_rest();
        let endpoint = bridge.endpoint();
        thread::scope(|scope| {
            for _ in 0..500 {
                scope.spawn(|| {
                    let mut client = endpoint.connect();
                    assert_eq!(client.exchange(LAST_PING).text(), "OK", "{front}");
                });
            }
        });
        let logs = bridge.bridge.logs();
        assert!(!logs.contains("Too many open files"), "{front}: {logs}");
        bridge.expect_back(before, 4 * MIB);
    }
}

#[test]
fn without_descriptors_it_neither_dies_nor_spins_and_serves_again() {
    requires_tool!("prlimit");
    for front in Front::ALL {
        let engine = StandIn::start();
        let bridge = front.before(engine.socket()).start(|builder| {
            builder.under(["prlimit", "--nofile=40:40"]).args(["--max-connections", "1000"])
        });
        let process = &bridge.bridge;
        requires_sight!(process);
        process.wait_for_log_containing("more than the descriptor limit carries");
        let mut clients: Vec<_> = (0..60).map(|_| bridge.raw().connect()).collect();
        process.wait_for_log_containing("Too many open files");

        let before = process.cpu_time();
        pause(Duration::from_secs(1));
        let spent = process.cpu_time().saturating_sub(before);
        assert!(spent < Duration::from_millis(200), "{front} spins: {spent:?} in a second");
        assert_eq!(process.exit_status(), None, "{front}");
        assert!(process.logs().lines().count() < 20, "{front}: {}", process.logs());

        // Those that were accepted may find no descriptor for the Engine's side, and are closed.
        for client in &mut clients {
            let _ignored = client.write_all(PING.as_bytes());
        }
        drop(clients);
        eventually(DEADLINE, "it serves again", || serves(&bridge.endpoint()));
        assert_eq!(process.exit_status(), None, "{front}");
    }
}

/// Whether a ping is answered; a connection that is closed instead is no panic here.
fn serves(endpoint: &Endpoint) -> bool {
    let Ok(mut client) = endpoint.try_connect() else { return false };
    let asked = client.write_all(LAST_PING.as_bytes()).is_ok();
    asked && client.drain(DEADLINE).0.starts_with(b"HTTP/1.1 200 OK")
}

#[test]
fn sixty_four_mebibytes_are_enough_for_a_crowd_and_for_whoever_sends_long_heads() {
    requires_root!();
    if !raise_descriptors(3000) {
        return;
    }
    // What of a program nobody has read yet would count as the group's, some 25 MiB.
    for program in ["bridge", "bridge-tls"] {
        fs::read(binary::binary(program)).unwrap();
    }
    for front in Front::ALL {
        let Some(group) = Cgroup::of(64 * MIB) else { return };
        let engine = StandIn::start();
        let enter = ["sh", "-c", "echo $$ > \"$0\"/cgroup.procs && exec \"$@\""];
        let enter = enter.iter().map(PathBuf::from).chain([group.0.clone()]);
        let bridge = front.before(engine.socket()).start(|builder| builder.under(enter));
        let idle: Vec<_> = (0..500).map(|_| bridge.endpoint().connect()).collect();
        let head = format!("GET /_ping HTTP/1.1\r\nX: {}", "x".repeat(250_000));
        let mut heads: Vec<_> = (0..64).map(|_| bridge.endpoint().connect()).collect();
        for client in &mut heads {
            client.send(&head);
        }
        for _ in 0..4 {
            Download::begin(&bridge.endpoint(), 4_000_000).finish();
        }
        for mut client in heads {
            client.write_all(b"\r\nHost: d\r\n\r\n").unwrap();
            assert_eq!(client.read_response(false).text(), "OK", "{front}");
        }
        drop(idle);
        assert_eq!(get(&bridge.endpoint(), "/_ping").text(), "OK");
        assert_eq!(bridge.bridge.exit_status(), None);
        assert_eq!(group.read("memory.failcnt").trim(), "0", "{front}: it came to the limit");
        drop(bridge);
    }
}

/// 64 MiB hold the heads of all connections together; whoever comes past that with a long one is told to
/// come again.
#[test]
fn long_heads_that_never_end_share_the_memory_of_sixty_four_and_keep_out_no_short_one() {
    for front in Front::ALL {
        let engine = StandIn::start();
        let bridge = front.start(engine.socket());
        requires_sight!(bridge.bridge);
        let before = bridge.at_rest();
        let head = format!("GET /_ping HTTP/1.1\r\nX: {}", "x".repeat(1_000_000));
        let mut clients: Vec<_> = (0..200).map(|_| bridge.endpoint().connect()).collect();
        let mut most = 0;
        for client in &mut clients {
            // Who is refused is read for two seconds more.
            let _refused = client.write_all(head.as_bytes());
            most = most.max(bridge.bridge.memory().anonymous);
        }
        let mut waiting: Vec<_> = clients.iter_mut().collect();
        eventually(DEADLINE, &format!("{front}: those past the limit are refused"), || {
            most = most.max(bridge.bridge.memory().anonymous);
            waiting.retain_mut(|client| !is_refused(client));
            waiting.len() < 80
        });
        assert!(most < before.memory + 80 * MIB, "{front}: {most}");
        assert!(waiting.len() > 20, "{front}: {}", waiting.len());
        bridge.expect_serves(DEADLINE);
        drop(clients);
        println!("{front}: {most}, and back: {:?}", bridge.expect_back(before, 2 * MIB));
    }
}

/// Who goes on sending may be reset before it has read the answer.
fn is_refused(client: &mut Stream) -> bool {
    client.set_read_timeout(Some(Duration::from_millis(1)));
    let mut begin = [0; 12];
    match client.read_exact(&mut begin) {
        Ok(()) => {
            assert_eq!(&begin, b"HTTP/1.1 503");
            true
        }
        Err(error) => error.kind() != ErrorKind::WouldBlock,
    }
}

/// A control group with a limit of memory, which goes when it is dropped.
struct Cgroup(PathBuf);

impl Cgroup {
    fn of(bytes: u64) -> Option<Self> {
        let name = format!("testkit-{}-{bytes}", std::process::id());
        let folder = PathBuf::from("/sys/fs/cgroup/memory").join(name);
        let made = fs::create_dir(&folder)
            .and_then(|()| fs::write(folder.join("memory.limit_in_bytes"), bytes.to_string()));
        if let Err(error) = made {
            skip::skip(&format!("no control group for memory (v1): {error}"));
            return None;
        }
        Some(Self(folder))
    }

    fn read(&self, file: &str) -> String {
        fs::read_to_string(self.0.join(file)).unwrap()
    }
}

impl Drop for Cgroup {
    fn drop(&mut self) {
        // Whoever was in it has ended; if not, the folder that stays is seen.
        let _ignored = fs::remove_dir(&self.0);
    }
}
