//! The Engine is dialled when there is something to say to it, and may be absent.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::time::{Duration, Instant};

use testkit::engine::full_backlog;
use testkit::stream::get;
use testkit::wait::holds_throughout;
use testkit::{
    Access, Bridge, DEADLINE, Endpoint, Program, RudeEngine, StandIn, Stream, binary, eventually,
    ports, requires_sight, requires_tool, skip,
};

#[test]
fn the_engine_is_dialled_when_the_first_head_is_whole() {
    let engine = RudeEngine::start();
    let bridge = Bridge::before(&engine);
    let mut client = bridge.endpoint().connect();
    for part in ["", "GET /_pi", "ng HTTP/1.1\r\nHost: docker\r\n"] {
        client.send(part);
        holds_throughout(Duration::from_millis(200), "nothing is dialled", || {
            engine.try_accept().is_none()
        });
    }
    client.send("\r\n");
    let mut upstream = engine.accept(DEADLINE);
    assert_eq!(upstream.read_head(), "GET /_ping HTTP/1.1\r\nHost: docker\r\n\r\n");
}

#[test]
fn clients_that_say_nothing_cost_the_engine_nothing() {
    let engine = StandIn::start();
    let bridge = Bridge::start(engine.socket());
    eventually(DEADLINE, "it has greeted", || engine.accepted_connections() == 1);
    let silent: Vec<_> = (0..50).map(|_| bridge.endpoint().connect()).collect();
    assert_eq!(get(&bridge.endpoint(), "/_ping").text(), "OK");
    assert_eq!(engine.accepted_connections(), 2);
    drop(silent);
}

#[test]
fn each_connection_of_a_client_is_one_of_the_engine() {
    let engine = StandIn::start();
    let bridge = Bridge::start(engine.socket());
    let mut clients = [bridge.endpoint().connect(), bridge.endpoint().connect()];
    for _ in 0..3 {
        for client in &mut clients {
            assert_eq!(client.exchange(PING).text(), "OK");
        }
    }
    engine.wait_open_connections(2, DEADLINE);
}

#[test]
fn an_engine_that_is_absent_at_start_is_a_warning() {
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("engine.sock");
    let bridge = Bridge::start(&socket);
    let line = bridge.wait_for_log_containing("cannot reach the Engine");
    assert!(line.contains(" WARN "), "{line}");
    assert!(line.contains(&format!("unix://{}: No such file", socket.display())), "{line}");

    let engine = StandIn::builder().path(&socket).start();
    assert_eq!(get(&bridge.endpoint(), "/_ping").text(), "OK");
    bridge.wait_for_log_containing("answers again");
    drop(engine);
}

#[test]
fn without_an_engine_clients_are_turned_away_at_once_and_one_line_says_why() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name| folder.path().join(name);
    fs::write(path("file"), "").unwrap();
    fs::create_dir(path("directory")).unwrap();
    drop(std::os::unix::net::UnixListener::bind(path("dead")).unwrap());
    for (name, why) in [
        ("nothing", "is the Engine running, and its socket mounted here?"),
        ("file", "it is a file, not a socket"),
        ("directory", "it is a directory"),
        ("dead", "nobody listens on it"),
    ] {
        let bridge = Bridge::start(&path(name));
        let line = bridge.wait_for_log_containing("cannot reach the Engine");
        assert!(line.contains(why), "{name}: {line}");
        for _ in 0..5 {
            turned_away_at_once(&bridge.endpoint());
        }
        assert_eq!(bridge.logs().matches("cannot reach").count(), 1, "{}", bridge.logs());
    }
}

#[test]
fn a_socket_without_permission_is_named_with_a_way_out() {
    requires_tool!("setpriv");
    if !skip::require_root() {
        return;
    }
    let engine = StandIn::start();
    fs::set_permissions(engine.socket(), fs::Permissions::from_mode(0o600)).unwrap();
    let folder = tempfile::tempdir().unwrap();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let program = binary::copy("bridge", folder.path());

    let (listen, endpoint) = free_address();
    let bridge = Program::new("setpriv")
        .args(["--reuid=65534", "--regid=65534", "--clear-groups"])
        .arg(&program)
        .args(["--listen", &listen, "--upstream"])
        .arg(engine.socket())
        .start();
    let line = bridge.wait_for_log_containing("cannot reach the Engine");
    assert!(line.contains("Permission denied"), "{line}");
    assert!(line.contains("run as root, or with the group that owns the socket"), "{line}");
    closed_at_once(&endpoint);
}

/// A socket that was mounted by itself stays the old one when the Engine makes a new one.
#[test]
fn a_stale_socket_is_told_apart_from_an_engine_that_is_down() {
    requires_tool!("unshare");
    if !skip::require_root() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let (original, mounted) = (folder.path().join("docker.sock"), folder.path().join("mounted"));
    fs::write(&mounted, "").unwrap();
    let engine = StandIn::builder().path(&original).start();
    let (listen, endpoint) = free_address();
    let bridge = Program::new("unshare")
        .args(["--mount", "sh", "-c", "mount --bind \"$1\" \"$2\" && shift 2 && exec \"$@\"", "sh"])
        .args([&original, &mounted])
        .arg(binary::binary("bridge"))
        .args(["--listen", &listen, "--upstream"])
        .arg(&mounted)
        .start();
    bridge.wait_for_log_containing("listening on");
    assert_eq!(get(&endpoint, "/_ping").text(), "OK");

    engine.stop();
    let engine = StandIn::builder().path(&original).start();
    closed_at_once(&endpoint);
    let line = bridge.wait_for_log_containing("cannot reach the Engine");
    assert!(line.contains("this socket is stale"), "{line}");
    assert!(line.contains("Mount the directory"), "{line}");
    assert_eq!(engine.accepted_connections(), 0);
}

#[test]
fn an_engine_that_was_restarted_is_served_again() {
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("engine.sock");
    let mut engine = StandIn::builder().path(&socket).start();
    let bridge = Bridge::start(&socket);
    for round in 1..=2 {
        assert_eq!(get(&bridge.endpoint(), "/_ping").text(), "OK", "round {round}");
        if round == 1 {
            engine.stop();
        } else {
            engine.kill();
        }
        turned_away_at_once(&bridge.endpoint());
        engine = StandIn::builder().path(&socket).start();
    }
    assert_eq!(get(&bridge.endpoint(), "/_ping").text(), "OK");
}

#[test]
fn a_full_backlog_is_waited_for() {
    let full = full_backlog();
    let bridge = Bridge::start(full.socket());
    let mut client = bridge.endpoint().connect();
    client.send(PING);
    client.expect_silence(Duration::from_millis(300));
    let engine = full.release();
    // The greeting of the start has been waiting too; whichever comes first.
    let mut upstream = engine.accept(DEADLINE);
    upstream.set_read_timeout(Some(DEADLINE));
    let mut first = [0];
    if std::io::Read::read(&mut upstream, &mut first).unwrap() == 0 {
        upstream = engine.accept(DEADLINE);
    } else {
        engine.greeted();
    }
    upstream.read_head();
    upstream.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    assert_eq!(client.read_response(false).status, 200);
}

/// Nobody waits for the answer any more, and what was asked for must not be done later.
#[test]
fn a_request_of_a_client_that_was_lost_meanwhile_is_not_sent() {
    let full = full_backlog();
    let bridge = Bridge::start(full.socket());
    let mut lost = bridge.endpoint().connect();
    lost.send("POST /containers/x/start HTTP/1.1\r\nHost: docker\r\n\r\n");
    lost.expect_silence(Duration::from_millis(300));
    requires_sight!(bridge);
    let before = bridge.fd_count();
    lost.reset();
    eventually(Duration::from_secs(1), "it is let go", || bridge.fd_count() < before);
    let engine = full.release();
    engine.greeted();
    let mut client = bridge.endpoint().connect();
    client.send(PING);
    assert_eq!(engine.accept(DEADLINE).read_head(), PING);
}

#[test]
fn a_full_backlog_is_given_up_after_the_connect_timeout() {
    let full = full_backlog();
    let bridge =
        Bridge::builder().upstream(full.socket()).args(["--connect-timeout", "700ms"]).start();
    let mut client = bridge.endpoint().connect();
    let begin = Instant::now();
    client.send(PING);
    expect_turned_away(&mut client);
    assert!(begin.elapsed() >= Duration::from_millis(600), "after {:?}", begin.elapsed());
    let line = bridge.wait_for_log_containing("cannot reach the Engine");
    assert!(line.contains("no answer within 700ms"), "{line}");
    drop(full);
}

#[test]
fn an_engine_on_tcp_is_reached_by_address_and_by_name() {
    let engine = StandIn::builder().tcp("127.0.0.1:0".parse().unwrap()).start();
    let port = engine.addr().port();
    for upstream in [format!("tcp://127.0.0.1:{port}"), format!("localhost:{port}")] {
        let bridge = Bridge::builder().upstream_address(&upstream).start();
        assert_eq!(get(&bridge.endpoint(), "/_ping").text(), "OK", "{upstream}");
    }
}

#[test]
fn an_engine_lost_in_mid_answer_is_a_reset_and_not_an_end() {
    let engine = RudeEngine::start_tcp();
    let bridge = Bridge::before(&engine);
    let mut client = bridge.endpoint().connect();
    client.send(PING);
    let mut upstream = engine.accept(DEADLINE);
    upstream.read_head();
    upstream.send("HTTP/1.1 200 OK\r\n\r\nhalf of it");
    client.read_head();
    assert_eq!(client.read_exact_n(10), b"half of it");
    upstream.reset();
    client.expect_reset(DEADLINE);
    bridge.wait_for_log_containing("the Engine was lost");
}

/// On a unix socket the error comes behind the data, and means "closed without reading it all".
#[test]
fn an_engine_that_leaves_input_unread_on_a_unix_socket_has_just_ended() {
    let engine = RudeEngine::start();
    let bridge = Bridge::before(&engine);
    for round in 0..20 {
        let mut client = bridge.endpoint().connect();
        client.send("POST /x HTTP/1.1\r\nHost: docker\r\nContent-Length: 100000\r\n\r\n");
        let mut upstream = engine.accept(DEADLINE);
        upstream.read_head();
        client.send([b'x'; 1000]);
        testkit::wait::pause(Duration::from_millis(20));
        let answer = testkit::data::pattern(100_000);
        upstream.send("HTTP/1.1 200 OK\r\n\r\n");
        upstream.send(&answer);
        upstream.close();
        client.read_head();
        assert!(client.read_to_end_within(DEADLINE) == answer, "round {round}");
    }
}

fn turned_away_at_once(endpoint: &Endpoint) {
    let mut client = endpoint.connect();
    let begin = Instant::now();
    client.send(PING);
    expect_turned_away(&mut client);
    assert!(begin.elapsed() < Duration::from_secs(2), "after {:?}", begin.elapsed());
}

/// With open access the connection is closed; who judges requests answers them too.
fn expect_turned_away(client: &mut Stream) {
    if Access::from_environment().is_guarded() {
        let answer = client.read_response(false);
        assert_eq!(answer.status, 503, "{}", answer.head);
        let message = answer.json()["message"].to_string();
        assert!(message.contains("Cannot connect to the Docker daemon"), "{message}");
    } else {
        client.expect_eof(DEADLINE);
    }
}

fn closed_at_once(endpoint: &Endpoint) {
    let mut client = endpoint.connect();
    let begin = Instant::now();
    client.send(PING);
    client.expect_eof(DEADLINE);
    assert!(begin.elapsed() < Duration::from_secs(2), "after {:?}", begin.elapsed());
}

fn free_address() -> (String, Endpoint) {
    let address = std::net::SocketAddr::from(([127, 0, 0, 1], ports::free_port()));
    (format!("tcp://{address}"), address.into())
}

const PING: &str = "GET /_ping HTTP/1.1\r\nHost: docker\r\n\r\n";
