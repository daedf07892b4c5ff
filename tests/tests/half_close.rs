//! Each direction ends on its own: output that comes behind the end of input isn't lost.

#![expect(clippy::unwrap_used, reason = "to a test a panic is an answer")]

use std::thread;
use std::time::Duration;

use testkit::{
    Bridge, DEADLINE, Endpoint, RudeEngine, Socat, StandIn, requires_docker, requires_tool, subject,
};

/// The docker CLI half-closes as soon as its standard input ends, and `docker run` without `-i`
/// at once.
#[test]
fn output_that_comes_long_after_the_end_of_input_arrives() {
    let engine = requires_docker!();
    let subjects = subject::direct_and_bridge(engine.socket());
    thread::scope(|scope| {
        for subject in &subjects {
            for seconds in [3, 30] {
                let script = format!("cat; sleep {seconds}; echo late");
                let container = engine.interactive_container(&["sh", "-c", &script]);
                let mut stream = subject.connect();
                stream.exchange(attach(container.id()));
                scope.spawn(move || {
                    stream.send("hi\n");
                    stream.shutdown_write();
                    let output = stream.read_to_end_within(DEADLINE + Duration::from_secs(30));
                    assert_eq!(
                        output, b"\x01\0\0\0\0\0\0\x03hi\n\x01\0\0\0\0\0\0\x05late\n",
                        "{seconds} s"
                    );
                    drop(container);
                });
            }
        }
    });
}

#[test]
fn a_quick_answer_to_a_client_that_has_half_closed_arrives() {
    let engine = requires_docker!();
    let answer = subject::same(engine.socket(), |subject| {
        let mut stream = subject.connect();
        stream.send("GET /_ping HTTP/1.1\r\nHost: docker\r\nConnection: close\r\n\r\n");
        stream.shutdown_write();
        stream.read_response(false).text()
    });
    assert_eq!(answer, "OK");
}

/// What socat does, so that nobody takes it for granted.
#[test]
fn socat_loses_what_comes_half_a_second_late_and_the_bridge_does_not() {
    requires_tool!("socat");
    let engine = StandIn::builder().late_after(Duration::from_millis(1500)).start();
    let bridge = Bridge::start(engine.socket());
    let socat = Socat::start(engine.socket());
    assert_eq!(late_output(&bridge.endpoint()), "hi\nlate\n");
    assert_eq!(late_output(&socat.endpoint()), "hi\n", "socat has learnt it");
}

#[test]
fn over_tcp_to_the_engine_it_is_the_same() {
    let engine = StandIn::builder().tcp("127.0.0.1:0".parse().unwrap()).start();
    let bridge = Bridge::builder().upstream_address(engine.endpoint()).start();
    assert_eq!(late_output(&bridge.endpoint()), "hi\nlate\n");
}

#[test]
fn through_a_unix_listener_it_is_the_same() {
    let engine = StandIn::start();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bridge.sock");
    let bridge = Bridge::builder().listen(path.display()).upstream(engine.socket()).start();
    assert_eq!(late_output(&bridge.endpoint()), "hi\nlate\n");
}

#[test]
fn the_engine_sees_the_end_of_input_while_its_answer_goes_on() {
    let engine = RudeEngine::start();
    let bridge = Bridge::before(&engine);
    let mut client = bridge.endpoint().connect();
    client.send(attach("x"));
    let mut upstream = engine.accept(DEADLINE);
    upstream.read_head();
    upstream.send(UPGRADED);
    client.read_head();
    client.send("input");
    client.shutdown_write();
    assert_eq!(upstream.read_to_end_within(DEADLINE), b"input");
    for _ in 0..3 {
        upstream.send("output");
        assert_eq!(client.read_exact_n(6), b"output");
        client.expect_silence(Duration::from_millis(300));
    }
    drop(upstream);
    client.expect_eof(DEADLINE);
}

/// An attach whose container has closed its output but still reads.
#[test]
fn the_client_sees_the_end_of_output_while_its_input_goes_on() {
    for engine in [RudeEngine::start(), RudeEngine::start_tcp()] {
        let bridge = Bridge::before(&engine);
        let mut client = bridge.endpoint().connect();
        client.send(attach("x"));
        let mut upstream = engine.accept(DEADLINE);
        upstream.read_head();
        upstream.send(UPGRADED);
        client.read_head();
        upstream.send("output");
        upstream.shutdown_write();
        assert_eq!(client.read_to_end_within(DEADLINE), b"output");
        for _ in 0..3 {
            client.send("input");
            assert_eq!(upstream.read_exact_n(5), b"input");
            upstream.expect_silence(Duration::from_millis(300));
        }
        client.shutdown_write();
        upstream.expect_eof(DEADLINE);
    }
}

/// No timer runs behind the first end.
#[test]
fn a_half_closed_connection_may_be_silent_for_long() {
    let engine = StandIn::builder().late_after(Duration::from_secs(12)).start();
    let bridge = Bridge::start(engine.socket());
    assert_eq!(late_output(&bridge.endpoint()), "hi\nlate\n");
}

fn late_output(endpoint: &Endpoint) -> String {
    let mut stream = endpoint.connect();
    stream.exchange(attach("x"));
    stream.send("hi\n");
    stream.shutdown_write();
    let (output, _end) = stream.drain(DEADLINE + Duration::from_secs(12));
    String::from_utf8(output).unwrap()
}

fn attach(container: &str) -> String {
    format!(
        "POST /containers/{container}/attach?stream=1&stdin=1&stdout=1 HTTP/1.1\r\nHost: docker\r\n\
         Connection: Upgrade\r\nUpgrade: tcp\r\nContent-Length: 0\r\n\r\n"
    )
}

const UPGRADED: &str = "HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n";
