//! Who may connect, how many at a time, and what happens when the machine has no more to give.

use std::fs::{self, Permissions};
use std::io::Write as _;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::os::unix::fs::PermissionsExt as _;
use std::thread;
use std::time::Duration;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use testkit::process::{Process, run_to_end};
use testkit::stream::get;
use testkit::wait::pause;
use testkit::{
    Bridge, DEADLINE, Endpoint, Program, StandIn, Stream, binary, eventually, ports, requires_root,
    requires_tool, skip,
};

#[test]
fn past_the_most_connections_newcomers_wait_until_one_leaves() {
    let engine = StandIn::start();
    let bridge =
        Bridge::builder().upstream(engine.socket()).args(["--max-connections", "2"]).start();
    let mut first = [events(&bridge.endpoint()), events(&bridge.endpoint())].into_iter();

    let mut third = bridge.endpoint().connect();
    third.send(PING);
    third.expect_silence(Duration::from_millis(300));
    drop(first.next());
    assert_eq!(third.read_response(false).text(), "OK");

    let mut fourth = bridge.endpoint().connect();
    fourth.send(PING);
    fourth.expect_silence(Duration::from_millis(300));
    drop(third);
    assert_eq!(fourth.read_response(false).text(), "OK");
}

#[test]
fn more_connections_than_can_be_counted_are_no_limit() {
    let engine = StandIn::start();
    for most in ["4611686018427387904", "18446744073709551615"] {
        let bridge =
            Bridge::builder().upstream(engine.socket()).args(["--max-connections", most]).start();
        bridge.wait_for_log_containing("is more than the descriptor limit carries");
        assert_eq!(get(&bridge.endpoint(), "/_ping").text(), "OK", "{most}");
    }
}

#[test]
fn a_listener_that_nobody_uses_takes_no_place_from_another() {
    let engine = StandIn::start();
    let bridge = Bridge::builder()
        .listen(format!("tcp://127.0.0.1:{}", ports::free_port()))
        .listen(format!("tcp://127.0.0.1:{}", ports::free_port()))
        .listen(format!("tcp://127.0.0.1:{}", ports::free_port()))
        .upstream(engine.socket())
        .args(["--max-connections", "1"])
        .start();
    for _ in 0..5 {
        assert_eq!(get(&bridge.endpoint(), "/_ping").text(), "OK");
    }
}

#[test]
fn a_burst_of_connections_is_served_whole() {
    let engine = StandIn::start();
    let bridge =
        Bridge::builder().upstream(engine.socket()).args(["--max-connections", "3"]).start();
    let clients: Vec<_> = (0..200)
        .map(|_| {
            let mut client = bridge.endpoint().connect();
            client.send("GET /_ping HTTP/1.1\r\nHost: docker\r\nConnection: close\r\n\r\n");
            client
        })
        .collect();
    for mut client in clients {
        assert_eq!(client.read_response(false).text(), "OK");
    }
}

#[test]
fn the_soft_descriptor_limit_is_raised_to_the_hard_one() {
    requires_tool!("prlimit");
    let engine = StandIn::start();
    let (bridge, endpoint) = limited("--nofile=20:3000", &engine, &[]);
    let clients: Vec<_> = (0..100).map(|_| events(&endpoint)).collect();
    assert_eq!(get(&endpoint, "/_ping").text(), "OK");
    let limits = fs::read_to_string(format!("/proc/{}/limits", bridge.pid())).unwrap();
    let line = limits.lines().find(|line| line.starts_with("Max open files")).unwrap();
    assert_eq!(line.split_whitespace().nth(3), Some("3000"), "{line}");
    drop(clients);
}

/// By default it accepts only as many as its descriptors carry.
#[test]
fn with_few_descriptors_clients_wait_and_are_served_in_turn() {
    requires_tool!("prlimit");
    let engine = StandIn::start();
    let (bridge, endpoint) = limited("--nofile=40:40", &engine, &[]);
    let mut waiting: Vec<_> = (0..60).map(|_| endpoint.connect()).collect();
    for client in &mut waiting {
        client.send("GET /_ping HTTP/1.1\r\nHost: docker\r\nConnection: close\r\n\r\n");
    }
    for mut client in waiting {
        assert_eq!(client.read_response(false).text(), "OK");
    }
    assert!(!bridge.logs().contains("Too many open files"), "{}", bridge.logs());
}

/// A limit on a user's processes, which are threads to it, doesn't bind root.
#[test]
fn without_more_threads_it_serves_on_one_and_says_so() {
    requires_tool!("prlimit");
    requires_root!();
    let engine = StandIn::start();
    fs::set_permissions(engine.socket(), Permissions::from_mode(0o666)).unwrap();
    let (bridge, endpoint) = limited("--nproc=1:1", &engine, &["--user", "54321"]);
    if thread::available_parallelism().unwrap().get() > 1 {
        bridge.wait_for_log_containing("cannot start a thread");
    }
    let mut clients: Vec<_> = (0..8).map(|_| endpoint.connect()).collect();
    for client in &mut clients {
        let answer = client.exchange("GET /_ping HTTP/1.1\r\nHost: docker\r\n\r\n");
        assert_eq!(answer.text(), "OK");
    }
}

#[test]
fn who_is_not_allowed_is_closed_at_once() {
    let engine = StandIn::start();
    for allowed in [&["127.0.0.2"][..], &["10.0.0.0/8"], &["::1"], &["10.1.2.3", "192.168.0.0/16"]]
    {
        let bridge = allowing(&engine, "127.0.0.1", allowed);
        assert_eq!(engine_requests(&engine, &bridge), 0, "{allowed:?}");
        bridge.endpoint().connect().expect_closed(Duration::from_secs(2));
    }
}

#[test]
fn who_is_allowed_is_served() {
    let engine = StandIn::start();
    for allowed in [
        &["127.0.0.1"][..],
        &["127.0.0.0/8"],
        &["10.0.0.0/8", "127.0.0.1/32"],
        &["localhost"],
        &["10.0.0.0/8", "localhost"],
        &["no-such-name.invalid", "localhost"],
    ] {
        let bridge = allowing(&engine, "127.0.0.1", allowed);
        assert_eq!(get(&bridge.endpoint(), "/_ping").text(), "OK", "{allowed:?}");
    }
}

#[test]
fn a_name_that_leads_nowhere_lets_nobody_in_and_is_logged() {
    let engine = StandIn::start();
    let bridge = allowing(&engine, "127.0.0.1", &["no-such-name.invalid"]);
    bridge.endpoint().connect().expect_closed(DEADLINE);
    bridge.wait_for_log_containing("cannot resolve `no-such-name.invalid`");
}

/// Containers change their addresses: a name is asked for again after five seconds.
#[test]
fn a_name_is_resolved_again() {
    requires_tool!("unshare");
    if !skip::require_root() {
        return;
    }
    let engine = StandIn::start();
    let folder = tempfile::tempdir().unwrap();
    let hosts = folder.path().join("hosts");
    fs::write(&hosts, "10.9.9.9 friend\n").unwrap();
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, ports::free_port()));
    let bridge = Program::new("unshare")
        .args([
            "--mount",
            "sh",
            "-c",
            "mount --bind \"$1\" /etc/hosts && shift && exec \"$@\"",
            "sh",
        ])
        .arg(&hosts)
        .arg(binary::binary("bridge"))
        .args(["--listen", &address.to_string(), "--allow-from", "friend", "--upstream"])
        .arg(engine.socket())
        .start();
    bridge.wait_for_log_containing("listening on");
    let endpoint = Endpoint::Tcp(address);
    assert!(!answers(&endpoint));
    fs::write(&hosts, "127.0.0.1 friend\n").unwrap();
    eventually(DEADLINE, "the new address is believed", || answers(&endpoint));
}

#[test]
fn on_a_dual_stack_listener_an_ipv4_client_is_judged_by_its_ipv4_address() {
    if !skip::require_ipv6() {
        return;
    }
    let engine = StandIn::start();
    let port = ports::free_port_on(Ipv6Addr::UNSPECIFIED.into());
    let bridge = Bridge::builder()
        .listen(format!("tcp://[::]:{port}"))
        .upstream(engine.socket())
        .args(["--allow-from", "127.0.0.1"])
        .start();
    assert_eq!(get(&bridge.endpoint(), "/_ping").text(), "OK");
    let v6 = Endpoint::Tcp((Ipv6Addr::LOCALHOST, port).into());
    v6.connect().expect_closed(Duration::from_secs(2));
}

#[test]
fn a_mistyped_network_is_an_error() {
    for text in ["10.0.0.300", "10.0.0.0/33", "a b"] {
        let output = run_to_end("bridge", &["--allow-from", text], &[]);
        assert_eq!(output.status.code(), Some(64), "{output:?}");
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(stderr.contains(&format!("`{text}` is neither a network nor a name")), "{stderr}");
    }
}

#[test]
fn a_thousand_idle_connections_hold_up_no_other() {
    let limit = getrlimit(Resource::Nofile);
    let wanted = Rlimit { current: limit.maximum, maximum: limit.maximum };
    // The clients' and the Engine's descriptors are this process's.
    if limit.maximum.is_some_and(|most| most < 2500) || setrlimit(Resource::Nofile, wanted).is_err()
    {
        return skip::skip("fewer than 2500 descriptors");
    }
    let engine = StandIn::start();
    let bridge = Bridge::start(engine.socket());
    let mut idle: Vec<_> = (0..1000).map(|_| bridge.endpoint().connect()).collect();
    for client in &mut idle {
        assert_eq!(client.exchange(PING).text(), "OK");
    }
    for _ in 0..20 {
        assert_eq!(get(&bridge.endpoint(), "/_ping").text(), "OK");
    }
    let spent = spends(&bridge, Duration::from_millis(500));
    assert!(spent < Duration::from_millis(100), "idle costs {spent:?}");
    for client in &mut idle {
        assert_eq!(client.exchange(PING).text(), "OK");
    }
}

/// The processor time that it takes in a while.
fn spends(bridge: &Process, period: Duration) -> Duration {
    let before = bridge.cpu_time();
    pause(period);
    bridge.cpu_time().saturating_sub(before)
}

/// A bridge under a limit of `prlimit`.
fn limited(limit: &str, engine: &StandIn, arguments: &[&str]) -> (Process, Endpoint) {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, ports::free_port()));
    let bridge = Program::new("prlimit")
        .arg(limit)
        .arg(binary::binary("bridge"))
        .args(["--listen", &address.to_string(), "--upstream"])
        .arg(engine.socket())
        .args(arguments)
        .start();
    bridge.wait_for_log_containing("listening on");
    (bridge, address.into())
}

fn allowing(engine: &StandIn, host: &str, allowed: &[&str]) -> Bridge {
    Bridge::builder()
        .listen(format!("tcp://{host}:{}", ports::free_port()))
        .upstream(engine.socket())
        .args(allowed.iter().flat_map(|entry| ["--allow-from", entry]))
        .start()
}

/// How many requests get through to the Engine.
fn engine_requests(engine: &StandIn, bridge: &Bridge) -> usize {
    let before = engine.requests().len();
    let _refused = answers(&bridge.endpoint());
    engine.requests().len() - before
}

/// Whether a ping is answered; a connection that is closed instead is no panic here.
fn answers(endpoint: &Endpoint) -> bool {
    let mut client = endpoint.connect();
    let ping = "GET /_ping HTTP/1.1\r\nHost: docker\r\nConnection: close\r\n\r\n";
    if client.write_all(ping.as_bytes()).is_err() {
        return false;
    }
    let (answer, _end) = client.drain(DEADLINE);
    answer.starts_with(b"HTTP/1.1 200 OK")
}

fn events(endpoint: &Endpoint) -> Stream {
    let mut stream = endpoint.connect();
    stream.send("GET /events HTTP/1.1\r\nHost: docker\r\n\r\n");
    assert_eq!(stream.read_response_head().status, 200);
    stream
}

const PING: &str = "GET /_ping HTTP/1.1\r\nHost: docker\r\n\r\n";
