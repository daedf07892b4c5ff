//! Requests and answers, one after the other.

use std::time::Duration;

use testkit::{DEADLINE, RudeEngine, StandIn, Stream};

use crate::common::Guarded;

pub(crate) const PING: &str = "GET /_ping HTTP/1.1\r\nHost: docker\r\n\r\n";
pub(crate) const PONG: &str = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nOK";
const REFUSED: &str = "DELETE /containers/a HTTP/1.1\r\nHost: a\r\n\r\n";

/// A gate for a role before an Engine that says what the test says, and a client of it.
pub(crate) fn road(role: &str) -> (RudeEngine, Guarded, Stream) {
    let engine = RudeEngine::start();
    let gate = Guarded::start(&engine.endpoint(), role);
    let client = gate.connect();
    (engine, gate, client)
}

#[test]
fn requests_follow_one_another_on_one_connection_to_the_engine() {
    let engine = StandIn::start();
    let gate = Guarded::start(&engine.endpoint(), "read-only");
    let mut client = gate.connect();
    for _ in 0..3 {
        let answer = client.exchange(PING);
        assert_eq!((answer.status, answer.text().as_str()), (200, "OK"));
        let head = client.exchange(PING.replace("GET", "HEAD"));
        assert_eq!((head.status, head.header("content-length")), (200, Some("2")));
    }
    assert_eq!(engine.accepted_connections(), 1);
    assert_eq!(engine.requests().len(), 6);
    assert_eq!(gate.log.ended(6)[..2], ["GET /_ping 200 0 2", "HEAD /_ping 200 0 0"]);
}

#[test]
fn a_head_reaches_the_engine_byte_for_byte_and_so_does_its_answer() {
    let (engine, _gate, mut client) = road("read-only");
    let request =
        "GET /images/a%2Fb/json?x=%20y HTTP/1.1\r\nhOST:\tdocker \r\nX:\r\nX:  a\tb \r\n\r\n";
    client.send(request);
    let mut daemon = engine.accept(DEADLINE);
    assert_eq!(daemon.read_head(), request);
    let answer = "HTTP/1.1 200\r\nx:y\r\ncontent-LENGTH: 3\r\nSet-Cookie: \x01\r\n\r\nabc";
    daemon.send(answer);
    assert_eq!(client.read_exact_n(answer.len()), answer.as_bytes());
}

#[test]
fn a_refused_request_is_answered_as_the_engine_would_and_the_next_one_is_judged() {
    let engine = StandIn::start();
    let gate = Guarded::start(&engine.endpoint(), "read-only");
    let mut client = gate.connect();
    let refused = client.exchange(
        "POST /v1.41/containers/create?name=x HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}",
    );
    assert_eq!(refused.status, 403);
    assert_eq!(refused.header("content-type"), Some("application/json"));
    assert_eq!(
        refused.json()["message"],
        "access denied: role read-only may not ContainerCreate (POST /containers/create)"
    );
    assert_eq!(refused.header("connection"), None);
    assert_eq!(engine.accepted_connections(), 0, "nothing was allowed yet");
    assert_eq!(client.exchange(PING).status, 200);
    assert_eq!(engine.requests().len(), 1);
    let length = refused.header("content-length").unwrap();
    assert_eq!(
        gate.log.ended(2),
        [
            format!("POST /v1.41/containers/create?name=x 403 0 {length}").as_str(),
            "GET /_ping 200 0 2"
        ]
    );
}

#[test]
fn a_refusal_of_head_has_no_body() {
    let (_engine, _gate, mut client) = road("monitor");
    let ask = "HEAD /containers/a/logs HTTP/1.1\r\nHost: a\r\n\r\n";
    for _ in 0..2 {
        assert_eq!(client.exchange(ask).status, 403);
    }
}

#[test]
fn pipelined_requests_are_answered_in_order_and_reach_the_engine_one_by_one() {
    let (engine, gate, mut client) = road("read-only");
    client.send(format!("{PING}{REFUSED}{PING}"));
    let mut daemon = engine.accept(DEADLINE);
    assert_eq!(daemon.read_head(), PING);
    daemon.expect_silence(Duration::from_millis(100));
    assert_eq!(gate.log.asked(), ["GET /_ping Allow"], "the next one waits");
    daemon.send(PONG);
    assert_eq!(client.read_response(false).text(), "OK");
    assert_eq!(client.read_response(false).status, 403);
    assert_eq!(daemon.read_head(), PING);
    daemon.send(PONG);
    assert_eq!(client.read_response(false).text(), "OK");
}

#[test]
fn a_request_that_comes_while_another_is_under_way_waits_for_its_answer() {
    let (engine, gate, mut client) = road("read-only");
    client.send(PING);
    let mut daemon = engine.accept(DEADLINE);
    daemon.read_head();
    client.send(&PING[..10]);
    daemon.expect_silence(Duration::from_millis(50));
    client.send(&PING[10..]);
    daemon.expect_silence(Duration::from_millis(50));
    assert_eq!(gate.log.asked().len(), 1);
    daemon.send(PONG);
    assert_eq!(daemon.read_head(), PING);
    daemon.send(PONG);
    assert_eq!(client.read_response(false).text(), "OK");
    assert_eq!(client.read_response(false).text(), "OK");
}

#[test]
fn the_body_of_a_refused_request_is_no_request() {
    let (engine, _gate, mut client) = road("read-only");
    for body in [
        format!("Content-Length: {}\r\n\r\n{PING}", PING.len()),
        format!("Transfer-Encoding: chunked\r\n\r\n{:x}\r\n{PING}\r\n0\r\n\r\n", PING.len()),
    ] {
        let refused = client.exchange(format!("POST /build HTTP/1.1\r\nHost: a\r\n{body}"));
        assert_eq!((refused.status, refused.header("connection")), (403, None));
    }
    let length = 200_000;
    let head = format!("POST /build HTTP/1.1\r\nHost: a\r\nContent-Length: {length}\r\n\r\n");
    assert_eq!(client.exchange(head).status, 403, "at once, before the body");
    client.send(vec![b'x'; length]);
    client.send(PING);
    let mut daemon = engine.accept(DEADLINE);
    assert_eq!(daemon.read_head(), PING);
}

#[test]
fn nothing_is_judged_behind_a_refused_request_whose_body_may_never_end() {
    for lines in [
        "Content-Length: 2\r\nExpect: 100-continue\r\n\r\n",
        "Transfer-Encoding: chunked\r\n\r\n",
        "Transfer-Encoding: chunked\r\n\r\n5\r\nab",
        "Content-Length: 262145\r\n\r\n",
        "Connection: close\r\n\r\n",
    ] {
        let (engine, gate, mut client) = road("read-only");
        let refused = client.exchange(format!("POST /build HTTP/1.1\r\nHost: a\r\n{lines}"));
        assert_eq!((refused.status, refused.header("connection")), (403, Some("close")));
        client.send(PING);
        client.expect_eof(DEADLINE);
        assert!(engine.try_accept().is_none(), "{lines:?}");
        assert_eq!(gate.log.asked().len(), 1, "{lines:?}");
    }
}

#[test]
fn a_body_in_small_pieces_arrives_whole_and_the_next_request_behind_it() {
    let (engine, gate, mut client) = road("user");
    let body = "5\r\nhello\r\n1;a=b\r\n!\r\n0\r\nX-Digest: y\r\n\r\n";
    let head = "POST /images/load HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
    client.send(head);
    let mut daemon = engine.accept(DEADLINE);
    assert_eq!(daemon.read_head(), head);
    for byte in body.as_bytes() {
        client.send([*byte]);
        assert_eq!(daemon.read_exact_n(1), [*byte]);
    }
    client.send(PING);
    daemon.expect_silence(Duration::from_millis(50));
    daemon.send(PONG);
    assert_eq!(daemon.read_head(), PING);
    daemon.send(PONG);
    client.read_response(false);
    client.read_response(false);
    assert_eq!(gate.log.ended(2)[0], format!("POST /images/load 200 {} 2", body.len()));
}

#[test]
fn bulk_arrives_whole_both_ways() {
    let engine = StandIn::start();
    let gate = Guarded::start(&engine.endpoint(), "user");
    let mut client = gate.connect();
    let length = 8 << 20;
    for query in ["", "&chunked=1"] {
        let ask = format!("GET /bulk?bytes={length}{query} HTTP/1.1\r\nHost: a\r\n\r\n");
        let answer = client.exchange(ask);
        let digest = testkit::data::digest(&answer.body);
        assert_eq!(answer.body.len(), length);
        assert_eq!(answer.header("x-digest"), Some(digest.as_str()));
        client.send(format!("POST /bulk HTTP/1.1\r\nHost: a\r\nContent-Length: {length}\r\n\r\n"));
        client.send(&answer.body);
        assert_eq!(client.read_response(false).json()["sha256"], digest);
    }
    assert_eq!(engine.accepted_connections(), 1);
}
