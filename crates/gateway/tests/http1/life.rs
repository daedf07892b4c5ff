//! How connections begin, wait and end, and what changes meanwhile.

use std::time::{Duration, Instant};

use testkit::{DEADLINE, RudeEngine, StandIn, eventually};

use crate::common::Guarded;
use crate::plain::{PING, PONG, road};

const EVENTS: &str = "GET /events HTTP/1.1\r\nHost: a\r\n\r\n";
const CHUNKED: &str = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n";

#[test]
fn an_engine_that_is_away_is_503_and_the_connection_goes_on_when_it_is_back() {
    let engine = StandIn::start();
    let path = engine.socket().to_owned();
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("engine.sock");
    drop((engine, path));
    let gate = Guarded::start(&socket.as_path().into(), "read-only");
    let mut client = gate.connect();
    for _ in 0..2 {
        let answer = client.exchange(PING);
        assert_eq!((answer.status, answer.header("connection")), (503, None));
        let message = answer.json()["message"].as_str().unwrap().to_owned();
        let address = socket.display();
        assert_eq!(
            message,
            format!(
                "Cannot connect to the Docker daemon at unix://{address}. \
                 Is the docker daemon running?"
            )
        );
        assert_eq!(client.exchange(PING.replace("GET", "HEAD")).status, 503);
    }
    let _engine = StandIn::builder().path(&socket).start();
    assert_eq!(client.exchange(PING).status, 200);
    assert!(gate.log.ended(5)[0].starts_with("GET /_ping 503"));
}

#[test]
fn a_policy_that_is_replaced_decides_the_next_request_of_an_open_connection() {
    let engine = StandIn::start();
    let gate = Guarded::start(&engine.endpoint(), "user");
    let mut client = gate.connect();
    let start = "POST /containers/a/start HTTP/1.1\r\nHost: a\r\n\r\n";
    assert_eq!(client.exchange(start).status, 204);
    gate.replace("[roles.user]\nextends = [\"monitor\"]\n");
    let refused = client.exchange(start);
    assert_eq!(refused.status, 403);
    assert_eq!(client.exchange(PING).status, 200);
    gate.replace("[roles.other]\nextends = [\"monitor\"]\n");
    let refused = client.exchange(PING);
    assert_eq!(refused.status, 403);
    assert!(refused.text().contains("no role called user"), "{}", refused.text());
    assert_eq!(engine.requests().len(), 2);
}

#[test]
fn a_drain_lets_idle_connections_go_and_requests_end() {
    let (engine, gate, mut busy) = road("read-only");
    let mut silent = gate.connect();
    let mut idle = gate.connect();
    idle.send(PING);
    let mut daemon = engine.accept(DEADLINE);
    daemon.read_head();
    daemon.send(PONG);
    idle.read_response(false);
    busy.send(PING);
    let mut daemon = engine.accept(DEADLINE);
    daemon.read_head();

    gate.drain();
    idle.expect_eof(DEADLINE);
    silent.expect_eof(DEADLINE);
    assert!(!gate.is_over());
    daemon.send(PONG);
    assert_eq!(busy.read_response(false).text(), "OK");
    busy.expect_eof(DEADLINE);
    daemon.expect_eof(DEADLINE);
    eventually(DEADLINE, "all connections end", || gate.is_over());
}

#[test]
fn an_engine_that_closes_an_idle_connection_closes_the_clients() {
    let (engine, _gate, mut client) = road("read-only");
    client.send(PING);
    let mut daemon = engine.accept(DEADLINE);
    daemon.read_head();
    daemon.send(PONG);
    client.read_response(false);
    drop(daemon);
    client.expect_eof(DEADLINE);
}

#[test]
fn an_engine_that_ends_without_an_answer_ends_the_clients_connection() {
    let (engine, gate, mut client) = road("read-only");
    client.send(PING);
    let mut daemon = engine.accept(DEADLINE);
    daemon.read_head();
    drop(daemon);
    client.expect_eof(DEADLINE);
    assert_eq!(gate.log.ended(1), ["GET /_ping 0 0 0"]);
}

#[test]
fn a_head_may_come_slowly_and_the_engine_sees_none_of_it_before_its_end() {
    let (engine, _gate, mut client) = road("read-only");
    let (last, first) = PING.as_bytes().split_last().unwrap();
    for byte in first {
        client.send([*byte]);
    }
    client.expect_silence(Duration::from_millis(50));
    assert!(engine.try_accept().is_none());
    client.send([*last]);
    let mut daemon = engine.accept(DEADLINE);
    assert_eq!(daemon.read_head(), PING);
}

#[test]
fn half_a_head_and_an_end_is_nothing() {
    let (engine, gate, mut client) = road("read-only");
    client.send(&PING[..20]);
    client.shutdown_write();
    client.expect_eof(DEADLINE);
    assert!(engine.try_accept().is_none());
    assert!(gate.log.asked().is_empty());
}

#[test]
fn a_half_close_of_a_client_reaches_the_engine_and_what_it_says_after_it_the_client() {
    for early in [true, false] {
        let (engine, _gate, mut client) = road("read-only");
        client.send(EVENTS);
        let mut daemon = engine.accept(DEADLINE);
        daemon.read_head();
        if !early {
            daemon.send(CHUNKED);
            client.read_response_head();
        }
        client.shutdown_write();
        daemon.expect_eof(DEADLINE);
        if early {
            daemon.send(CHUNKED);
            client.read_response_head();
        }
        daemon.send("2\r\nbc\r\n0\r\n\r\n");
        assert_eq!(client.read_to_end_within(DEADLINE), b"1\r\na\r\n2\r\nbc\r\n0\r\n\r\n");
        drop(client);
    }
}

#[test]
fn a_client_that_is_gone_is_gone_for_the_engine_at_once() {
    let engine = StandIn::start();
    let gate = Guarded::start(&engine.endpoint(), "user");
    for request in [EVENTS, "POST /containers/a/wait HTTP/1.1\r\nHost: a\r\n\r\n"] {
        for reset in [false, true] {
            let mut client = gate.connect();
            client.send(request);
            client.read_response_head();
            let start = Instant::now();
            if reset {
                client.reset();
            } else {
                client.close();
            }
            engine.wait_open_connections(0, DEADLINE);
            assert!(start.elapsed() < Duration::from_secs(2), "{:?}", start.elapsed());
        }
    }
    assert!(gate.log.ended(4).iter().all(|line| line.contains(" 200 ")));
}

#[test]
fn a_reset_is_seen_behind_a_request_that_waits() {
    let engine = RudeEngine::start_tcp();
    let gate = Guarded::start(&engine.endpoint(), "read-only");
    let mut client = gate.connect();
    client.send(format!("{EVENTS}{PING}"));
    let mut daemon = engine.accept(DEADLINE);
    daemon.read_head();
    daemon.send(CHUNKED);
    client.read_response_head();
    client.send(PING);
    client.reset();
    daemon.expect_reset(DEADLINE);
    assert_eq!(gate.log.ended(1), ["GET /events 200 0 6"]);
}

#[test]
fn a_connection_on_which_nothing_moves_for_too_long_is_closed_where_that_was_asked_for() {
    let engine = RudeEngine::start();
    let gate = Guarded::with_parts(&engine.endpoint(), "read-only", |parts| {
        parts.idle = Some(Duration::from_millis(200));
    });
    let mut client = gate.connect();
    client.send(EVENTS);
    let mut daemon = engine.accept(DEADLINE);
    daemon.read_head();
    client.expect_eof(DEADLINE);
    daemon.expect_eof(DEADLINE);
    assert_eq!(gate.log.ended(1), ["GET /events 0 0 0"]);
}
