//! Clients that are slow, half there, or gone without a word.

use std::process::Command;
use std::time::Duration;

use testkit::wait::pause;
use testkit::{DEADLINE, Download, Front, Program, Pumps, Signal, StandIn, Stream, eventually};
use testkit::{requires_root, requires_sight, requires_tool};

use crate::{MIB, PING, SOON, raise_descriptors};

#[test]
fn a_thousand_handshakes_that_never_end_stop_nobody_and_leave_nothing() {
    if !raise_descriptors(2000) {
        return;
    }
    let engine = StandIn::start();
    let bridge = Front::Tls.start(engine.socket());
    requires_sight!(bridge.bridge);
    let before = bridge.at_rest();
    let pumps = Pumps::start(&bridge.endpoint(), 2);
    for _ in 0..3 {
        let half_open: Vec<Stream> = (0..1000)
            .map(|_| {
                let mut client = bridge.raw().connect();
                client.send(HALF_HELLO);
                client
            })
            .collect();
        for _ in 0..5 {
            bridge.expect_serves(SOON);
        }
        pumps.wait_for_more();
        half_open.into_iter().for_each(Stream::reset);
        eventually(DEADLINE, "only the pumps are left", || {
            let held = bridge.held();
            println!("{held:?} (before: {before:?})");
            held.connections == 2 && held.memory < before.memory + 2 * MIB
        });
    }
    pumps.finish();
    bridge.expect_back(before, MIB);
}

#[test]
fn three_hundred_heads_that_come_byte_by_byte_hold_nobody_up() {
    for front in Front::ALL {
        let engine = StandIn::start();
        let bridge = front.start(engine.socket());
        requires_sight!(bridge.bridge);
        let before = bridge.at_rest();
        let mut slow: Vec<Stream> = (0..300).map(|_| bridge.endpoint().connect()).collect();
        for at in 0..PING.len() - 1 {
            for client in &mut slow {
                client.send(&PING.as_bytes()[at..=at]);
            }
        }
        bridge.expect_serves(SOON);
        let held = bridge.held();
        assert!(held.memory < before.memory + 12 * MIB, "{front}: {held:?}");
        for client in &mut slow {
            assert_eq!(client.exchange("\n").text(), "OK", "{front}");
        }
        drop(slow);
        bridge.expect_back(before, 8 * MIB);
    }
}

#[test]
fn a_hundred_slow_readers_get_every_byte_and_cost_little() {
    for front in Front::ALL {
        let engine = StandIn::start();
        let bridge = front.start(engine.socket());
        requires_sight!(bridge.bridge);
        let before = bridge.at_rest();
        let mut readers: Vec<_> =
            (0..100).map(|_| Download::begin(&bridge.endpoint(), BYTES)).collect();
        let mut most = 0;
        for _ in 0..16 {
            bridge.expect_serves(SOON);
            most = most.max(bridge.held().memory);
            for reader in &mut readers {
                reader.read(BYTES / 16);
            }
        }
        readers.into_iter().for_each(Download::finish);
        assert!(most < before.memory + 16 * MIB, "{front}: {most}");
        bridge.expect_back(before, 8 * MIB);
    }
}

/// Its host is gone, so nobody ever says that it ended: 10 s of silence and three questions.
#[test]
fn a_client_whose_host_vanishes_is_let_go_within_a_minute() {
    requires_root!();
    requires_tool!("ip");
    requires_tool!("nsenter");
    requires_tool!("openssl");
    requires_tool!("socat");
    let engine = StandIn::start();
    let Some(elsewhere) = Elsewhere::new() else { return testkit::skip::skip("no namespaces") };
    let bridges = Front::ALL.map(|front| {
        front.before(engine.socket()).start(|builder| {
            let port = testkit::ports::free_port_on([0, 0, 0, 0].into());
            builder.listen(format!("tcp://0.0.0.0:{port}"))
        })
    });
    let clients: Vec<_> = bridges
        .iter()
        .map(|bridge| {
            let at = format!("{HERE}:{}", bridge.bridge.addr().port());
            elsewhere.attach(bridge, &at)
        })
        .collect();
    for bridge in &bridges {
        eventually(DEADLINE, "it is connected", || bridge.held().connections == 1);
    }
    engine.wait_open_connections(3, DEADLINE);
    // What isn't acknowledged yet is sent again for a quarter of an hour (tcp(7), tcp_retries2).
    pause(Duration::from_millis(500));
    assert!(ip(&["link", "set", WIRE, "down"]));
    for bridge in &bridges {
        let what = format!("{} lets it go", bridge.front);
        eventually(Duration::from_secs(60), &what, || bridge.held().connections == 0);
    }
    engine.wait_open_connections(0, DEADLINE);
    drop(clients);
}

/// Another host, at the end of a wire.
struct Elsewhere {
    holder: testkit::process::Process,
}

impl Elsewhere {
    fn new() -> Option<Self> {
        let script = "echo ready; exec sleep 600";
        let holder = Program::new("unshare").args(["--net", "sh", "-c", script]).start();
        let pid = holder.pid().to_string();
        let _gone = Command::new("ip").args(["link", "delete", WIRE]).output();
        eventually(DEADLINE, "it has a namespace of its own", || {
            let net = |pid: &str| std::fs::read_link(format!("/proc/{pid}/ns/net")).ok();
            net(&pid) != net("self")
        });
        let made =
            ip(&["link", "add", WIRE, "type", "veth", "peer", "name", "eth0", "netns", &pid])
                && ip(&["address", "add", &format!("{HERE}/30"), "dev", WIRE])
                && ip(&["link", "set", WIRE, "up"]);
        let there = Self { holder };
        let inside = |words: &[&str]| {
            let program = Program::new("nsenter").args(["-t", &pid, "-n", "ip"]).args(words);
            program.run().status.success()
        };
        let made = made
            && inside(&["address", "add", &format!("{THERE}/30"), "dev", "eth0"])
            && inside(&["link", "set", "eth0", "up"]);
        made.then_some(there)
    }

    /// A client there that has a silent stream.
    fn attach(&self, bridge: &testkit::Fronted, at: &str) -> testkit::process::Process {
        let speak = match bridge.endpoint().certificates() {
            None => format!("exec socat - TCP:{at}"),
            Some(folder) => format!(
                "exec openssl s_client -quiet -no_ign_eof -connect {at} -CAfile {0}/ca.pem \
                 -cert {0}/cert.pem -key {0}/key.pem",
                folder.display()
            ),
        };
        let request =
            "POST /containers/x/wait HTTP/1.1\\r\\nHost: d\\r\\nContent-Length: 0\\r\\n\\r\\n";
        let script = format!("(printf '{request}'; exec sleep 90) | {speak}");
        let pid = self.holder.pid().to_string();
        let client = Program::new("nsenter").args(["-t", &pid, "-n", "sh", "-c", &script]).start();
        client.wait_for_log_containing("HTTP/1.1 200 OK");
        client
    }
}

impl Drop for Elsewhere {
    fn drop(&mut self) {
        let _gone = Command::new("ip").args(["link", "delete", WIRE]).output();
        self.holder.signal(Signal::KILL);
    }
}

fn ip(words: &[&str]) -> bool {
    Program::new("ip").args(words).run().status.success()
}

const BYTES: usize = 512 * 1024;
const WIRE: &str = "testkit-wire";
const HERE: &str = "10.213.77.1";
const THERE: &str = "10.213.77.2";

/// A record, and a hello that goes on behind what is here (RFC 8446 section 4.1.2).
const HALF_HELLO: &[u8] = &[
    0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01, 0xfc, 0x03, 0x03, 1, 2, 3, 4, 5, 6, 7, 8, 9,
    10, 11, 12, 13, 14, 15, 16,
];
