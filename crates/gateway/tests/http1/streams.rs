//! Requests that become streams, and those that only look as if.

use std::time::Duration;

use testkit::{DEADLINE, StandIn, Stream};

use crate::common::Guarded;
use crate::plain::{PING, PONG, road};

const ATTACH: &str = "POST /containers/a/attach?stream=1 HTTP/1.1\r\nHost: a\r\n";
const UPGRADED: &str = "HTTP/1.1 101 UPGRADED\r\nContent-Type: application/vnd.docker.raw-stream\r\n\
    Connection: Upgrade\r\nUpgrade: tcp\r\n\r\n";
const RAW: &str = "HTTP/1.1 200 OK\r\nContent-Type: application/vnd.docker.raw-stream\r\n\r\n";

/// Bytes go both ways, whatever they look like, and each direction ends on its own.
fn is_a_stream(client: &mut Stream, daemon: &mut Stream) {
    client.send(PING);
    assert_eq!(daemon.read_exact_n(PING.len()), PING.as_bytes());
    daemon.send("\0output");
    assert_eq!(client.read_exact_n(7), b"\0output");
    client.shutdown_write();
    daemon.expect_eof(DEADLINE);
    daemon.send("late");
    daemon.shutdown_write();
    assert_eq!(client.read_to_end_within(DEADLINE), b"late");
}

#[test]
fn an_operation_that_hijacks_becomes_a_stream_by_101_and_by_200_without_length() {
    for (request, answer) in [
        (format!("{ATTACH}Connection: Upgrade\r\nUpgrade: tcp\r\n\r\n"), UPGRADED),
        (format!("{ATTACH}Connection: close\r\nUpgrade: tcp\r\n\r\n"), UPGRADED),
        (format!("{ATTACH}\r\n"), RAW),
        ("POST /exec/a/start HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}".to_owned(), RAW),
        (
            "GET /containers/a/attach/ws HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\n\r\n".into(),
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n",
        ),
        (
            "POST /session HTTP/1.1\r\nHost: a\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n"
                .into(),
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\n\r\n",
        ),
    ] {
        let (engine, gate, mut client) = road("user");
        client.send(&request);
        let mut daemon = engine.accept(DEADLINE);
        assert_eq!(daemon.read_exact_n(request.len()), request.as_bytes());
        daemon.send(answer);
        assert_eq!(client.read_exact_n(answer.len()), answer.as_bytes());
        is_a_stream(&mut client, &mut daemon);
        let status = &answer[9..12];
        assert!(gate.log.ended(1)[0].contains(&format!(" {status} ")), "{:?}", gate.log.ended(1));
        assert_eq!(gate.log.asked().len(), 1);
    }
}

/// As every Engine does it: clients wait for the answer.
#[test]
fn what_comes_behind_the_head_of_a_hijack_is_dropped() {
    let (engine, gate, mut client) = road("user");
    let request = format!("{ATTACH}Upgrade: tcp\r\n\r\n");
    client.send(format!("{request}{PING}"));
    let mut daemon = engine.accept(DEADLINE);
    assert_eq!(daemon.read_head(), request);
    daemon.expect_silence(Duration::from_millis(100));
    daemon.send(UPGRADED);
    assert_eq!(client.read_response_head().status, 101);
    is_a_stream(&mut client, &mut daemon);
    assert_eq!(gate.log.asked().len(), 1);
}

#[test]
fn a_request_behind_an_upgrade_that_was_answered_plainly_is_judged() {
    for answer in [
        "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 409 Conflict\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    ] {
        let (engine, gate, mut client) = road("user");
        let denied = "GET /debug/pprof/heap HTTP/1.1\r\nHost: a\r\n\r\n";
        client.send(format!("{ATTACH}Upgrade: tcp\r\n\r\n{denied}{PING}"));
        let mut daemon = engine.accept(DEADLINE);
        daemon.read_head();
        daemon.send(answer);
        client.read_response(false);
        assert_eq!(client.read_response(false).status, 403);
        assert_eq!(daemon.read_head(), PING);
        assert_eq!(gate.log.asked().len(), 3);
    }
}

#[test]
fn an_attach_error_without_length_ends_the_connection_and_nothing_behind_it_is_seen() {
    let engine = StandIn::start();
    let gate = Guarded::start(&engine.endpoint(), "user");
    for upgrade in ["Upgrade: tcp\r\n", ""] {
        let mut client = gate.connect();
        client.send(format!(
            "POST /containers/missing/attach HTTP/1.1\r\nHost: a\r\n{upgrade}\r\n{PING}"
        ));
        let answer = client.read_response(false);
        assert_eq!((answer.status, answer.text().trim()), (404, "No such container: missing"));
        drop(client);
        engine.wait_open_connections(0, DEADLINE);
    }
    assert!(engine.requests().iter().all(|request| request.path != "/_ping"));
}

#[test]
fn an_upgrade_that_an_operation_can_not_take_is_forwarded_and_ignored() {
    let engine = StandIn::start();
    let gate = Guarded::start(&engine.endpoint(), "monitor");
    let mut client = gate.connect();
    for upgrade in ["TLS/1.2", "h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__"] {
        let ask = format!(
            "GET /version HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, HTTP2-Settings\r\n\
             Upgrade: {upgrade}\r\n\r\n"
        );
        assert_eq!(client.exchange(ask).status, 200);
    }
    assert_eq!(engine.accepted_connections(), 1);
}

#[test]
fn an_open_chunked_body_does_not_hold_a_hijack_up() {
    let (engine, _gate, mut client) = road("user");
    let request = format!("{ATTACH}Upgrade: tcp\r\nTransfer-Encoding: chunked\r\n\r\n");
    client.send(&request);
    let mut daemon = engine.accept(DEADLINE);
    assert_eq!(daemon.read_head(), request);
    client.send("2\r\nhi\r\n");
    assert_eq!(daemon.read_exact_n(7), b"2\r\nhi\r\n");
    daemon.send(UPGRADED);
    assert_eq!(client.read_response_head().status, 101);
    is_a_stream(&mut client, &mut daemon);
}

#[test]
fn a_hijacked_stream_echoes_and_ends_as_the_engine_ends_it() {
    let engine = StandIn::start();
    let gate = Guarded::start(&engine.endpoint(), "user");
    for upgrade in ["Upgrade: tcp\r\nConnection: Upgrade\r\n", ""] {
        let mut client = gate.connect();
        let answer = client.exchange(format!("{ATTACH}{upgrade}\r\n"));
        assert_eq!(answer.status, if upgrade.is_empty() { 200 } else { 101 });
        client.send("hello");
        assert_eq!(client.read_exact_n(5), b"hello");
        client.shutdown_write();
        assert_eq!(client.read_to_end_within(DEADLINE), b"late\n");
    }
}

#[test]
fn a_200_without_length_to_another_operation_is_no_stream() {
    let (engine, gate, mut client) = road("user");
    client.send("GET /containers/a/logs HTTP/1.1\r\nHost: a\r\n\r\n");
    let mut daemon = engine.accept(DEADLINE);
    daemon.read_head();
    daemon.send(RAW);
    client.read_response_head();
    client.send(PING);
    daemon.expect_silence(Duration::from_millis(100));
    daemon.send(PONG);
    daemon.shutdown_write();
    assert_eq!(client.read_to_end_within(DEADLINE), PONG.as_bytes());
    assert_eq!(gate.log.asked().len(), 1);
}
