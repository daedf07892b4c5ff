//! The stand-in Engine answers as the real one does, as far as tests rely on it.

use std::time::Duration;

use testkit::stream::{get, request};
use testkit::{DEADLINE, Program, StandIn, binary, data, eventually};

#[test]
fn ping_has_the_headers_of_an_engine() {
    let engine = StandIn::start();
    for (method, body) in [("GET", "OK"), ("HEAD", "")] {
        let raw = format!("{method} /_ping HTTP/1.1\r\nHost: x\r\n\r\n");
        let pong = request(&engine.endpoint(), raw);
        assert_eq!((pong.status, pong.text().as_str()), (200, body));
        for line in
            ["Api-Version: 1.51\r\n", "Ostype: linux\r\n", "Server: Docker/28.5.2 (linux)\r\n"]
        {
            assert!(pong.head.contains(line), "{}", pong.head);
        }
    }
}

#[test]
fn attach_speaks_after_the_client_has_half_closed() {
    let engine = StandIn::builder().late_after(Duration::from_millis(700)).start();
    for (upgrade, head) in [
        ("Connection: Upgrade\r\nUpgrade: tcp\r\n", "HTTP/1.1 101 UPGRADED\r\n"),
        ("", "HTTP/1.1 200 OK\r\nContent-Type: application/vnd.docker.raw-stream\r\n\r\n"),
    ] {
        let mut stream = engine.endpoint().connect();
        stream.send(format!(
            "POST /v1.41/containers/x/attach?stream=1&stdin=1 HTTP/1.1\r\nHost: x\r\n{upgrade}\
             Content-Length: 0\r\n\r\n"
        ));
        let got = stream.read_head();
        assert!(got.starts_with(head), "{got}");
        stream.send("hello");
        assert_eq!(stream.read_exact_n(5), b"hello");
        stream.shutdown_write();
        assert_eq!(stream.read_to_end_within(DEADLINE), b"late\n");
    }
    engine.wait_open_connections(0, DEADLINE);
    assert_eq!(engine.requests()[0].header("Upgrade"), Some("tcp"));
}

#[test]
fn an_attach_error_has_no_length_and_waits_for_the_client() {
    let engine = StandIn::start();
    let mut stream = engine.endpoint().connect();
    stream.send("POST /containers/missing/attach HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n");
    let refusal = stream.read_response(false);
    assert_eq!(refusal.status, 404);
    assert_eq!(refusal.header("content-length"), None);
    assert!(refusal.text().contains("No such container"));
    assert_eq!(engine.open_connections(), 1);
    drop(stream);
    engine.wait_open_connections(0, DEADLINE);
}

#[test]
fn events_tick_until_the_client_half_closes() {
    let engine = StandIn::start();
    let mut stream = engine.endpoint().connect();
    stream.send("GET /events HTTP/1.1\r\nHost: x\r\n\r\n");
    let head = stream.read_head();
    assert!(head.contains("Transfer-Encoding: chunked"), "{head}");
    for number in ["0", "1", "2"] {
        let line: String = String::from_utf8(stream.read_chunk()).unwrap();
        assert!(line.contains(&format!("\"number\":\"{number}\"")), "{line}");
    }
    stream.shutdown_write();
    engine.wait_open_connections(0, DEADLINE);
}

#[test]
fn bytes_arrive_whole_both_ways() {
    let engine = StandIn::start();
    for path in ["/bulk?bytes=1000003", "/bulk?bytes=1000003&chunked=1"] {
        let answer = get(&engine.endpoint(), path);
        assert_eq!(answer.body, data::pattern(1_000_003));
        assert_eq!(answer.header("x-digest"), Some(data::digest(&answer.body).as_str()));
    }
    let sent = data::pattern(300_000);
    let mut raw = b"POST /bulk HTTP/1.1\r\nHost: x\r\nContent-Length: 300000\r\n\r\n".to_vec();
    raw.extend(&sent);
    let answer = request(&engine.endpoint(), raw).json();
    assert_eq!(answer["bytes"], 300_000);
    assert_eq!(answer["sha256"], data::digest(&sent).as_str());
}

#[test]
fn sessions_are_tunnels() {
    let engine = StandIn::start();
    let mut stream = engine.endpoint().connect();
    let head = stream.exchange(
        "POST /session HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n",
    );
    assert_eq!((head.status, head.header("upgrade")), (101, Some("h2c")));
    stream.send("PRI * HTTP/2.0");
    assert_eq!(stream.read_exact_n(14), b"PRI * HTTP/2.0");
    stream.shutdown_write();
    stream.expect_eof(DEADLINE);
}

#[test]
fn a_connection_serves_several_requests_even_after_a_half_close() {
    let engine = StandIn::start();
    let mut stream = engine.endpoint().connect();
    let one = "GET /_ping HTTP/1.1\r\nHost: x\r\n\r\n";
    stream.send([one, "GET /v1.30/nope HTTP/1.1\r\nHost: x\r\n\r\n", one].concat());
    stream.shutdown_write();
    assert_eq!(stream.read_response(false).status, 200);
    let unknown = stream.read_response(false);
    assert_eq!((unknown.status, unknown.json()["message"].as_str()), (404, Some("page not found")));
    assert_eq!(stream.read_response(false).status, 200);
    stream.expect_eof(DEADLINE);
    let seen: Vec<String> = engine.requests().into_iter().map(|request| request.path).collect();
    assert_eq!(seen, ["/_ping", "/v1.30/nope", "/_ping"]);
}

#[test]
fn a_large_head_is_taken_and_too_large_a_one_refused() {
    let engine = StandIn::start();
    let with = |size| format!("GET /_ping HTTP/1.1\r\nHost: x\r\nX: {}\r\n\r\n", "x".repeat(size));
    assert_eq!(request(&engine.endpoint(), with(900_000)).status, 200);
    let mut stream = engine.endpoint().connect();
    // It may be refused, and the connection closed, before it is sent.
    let raw = with(1_300_000);
    let _ignored = std::io::Write::write_all(&mut stream, raw.as_bytes());
    assert_eq!(stream.read_head().split(' ').nth(1), Some("431"));
}

#[test]
fn versions_that_it_does_not_speak_are_refused_in_the_engines_words() {
    let engine = StandIn::builder().api_version("1.41").start();
    let refusal = get(&engine.endpoint(), "/v1.50/info");
    assert_eq!(refusal.status, 400);
    assert_eq!(
        refusal.json()["message"],
        "client version 1.50 is too new. Maximum supported API version is 1.41"
    );
}

#[test]
fn the_docker_cli_works_with_it() {
    let _cli = testkit::requires_tool!("docker");
    let engine = StandIn::start();
    let docker = |arguments: &[&str]| {
        let command = testkit::dockerd::docker(&engine.endpoint().to_string(), arguments);
        let output = testkit::process::finish(command, DEADLINE);
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    assert!(docker(&["version"]).contains("28.5.2"));
    assert!(docker(&["ps"]).contains("stand-in:latest"));
    assert!(docker(&["images"]).contains("stand-in"));
    assert!(docker(&["info"]).contains("Server Version: 28.5.2"));
    assert_eq!(docker(&["logs", "stand-in"]), "tick 0\n");
}

#[test]
fn it_stops_and_starts_at_the_same_path() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("engine.sock");
    let engine = StandIn::builder().path(&path).start();
    let mut idle = engine.endpoint().connect();
    engine.wait_open_connections(1, DEADLINE);
    engine.stop();
    idle.expect_closed(DEADLINE);
    assert!(!path.exists());
    StandIn::builder().path(&path).start().kill();
    assert!(path.exists());
    let engine = StandIn::builder().path(&path).start();
    assert_eq!(get(&engine.endpoint(), "/_ping").text(), "OK");
}

#[test]
fn http2_is_spoken_if_asked_for() {
    let preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";
    let engine = StandIn::builder().http2().start();
    let mut stream = engine.endpoint().connect();
    stream.send(preface);
    // A SETTINGS frame comes first: its type is the fourth byte.
    assert_eq!(stream.read_exact_n(9)[3], 4);
    assert_eq!(get(&engine.endpoint(), "/_ping").text(), "OK");
}

#[test]
fn the_program_listens_where_it_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("engine.sock");
    let url = format!("unix://{}", path.display());
    let program = Program::new(binary::binary("stand-in-engine")).args(["--listen", &url]).start();
    assert_eq!(program.wait_for_log_containing("listening"), format!("listening on {url}"));
    let fds = program.fd_count();
    assert_eq!(get(&path.as_path().into(), "/_ping").text(), "OK");
    let streams = [(); 5].map(|()| testkit::Endpoint::from(path.as_path()).connect());
    eventually(DEADLINE, "a descriptor for each", || program.fd_count() >= fds + streams.len());
    drop(streams);
    eventually(DEADLINE, "none is kept", || program.fd_count() <= fds);
}
