//! Requests and answers, one after the other.

use testkit::{DEADLINE, RudeEngine, StandIn};

use crate::common::Guarded;

const PING: &str = "GET /_ping HTTP/1.1\r\nHost: docker\r\n\r\n";
const PONG: &str = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nOK";

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
    let engine = RudeEngine::start();
    let gate = Guarded::start(&engine.endpoint(), "read-only");
    let request = "GET /a%2Fb?x=%20y HTTP/1.1\r\nhOST:\tdocker \r\nX-Empty:\r\nX:  a\tb \r\n\r\n";
    let mut client = gate.connect();
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
    let refused = client
        .exchange("POST /containers/create HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}");
    assert_eq!(refused.status, 403);
    assert_eq!(refused.header("content-type"), Some("application/json"));
    assert!(
        refused.json()["message"].as_str().unwrap().starts_with("access denied: role read-only")
    );
    assert_eq!(refused.header("connection"), None);
    assert_eq!(engine.accepted_connections(), 0, "nothing was allowed yet");
    assert_eq!(client.exchange(PING).status, 200);
    assert_eq!(engine.requests().len(), 1);
}

#[test]
fn pipelined_requests_are_answered_in_order_and_reach_the_engine_one_by_one() {
    let engine = RudeEngine::start();
    let gate = Guarded::start(&engine.endpoint(), "read-only");
    let mut client = gate.connect();
    let refused = "DELETE /containers/a HTTP/1.1\r\nHost: a\r\n\r\n";
    client.send(format!("{PING}{refused}{PING}"));
    let mut daemon = engine.accept(DEADLINE);
    assert_eq!(daemon.read_head(), PING);
    daemon.expect_silence(std::time::Duration::from_millis(100));
    assert_eq!(gate.log.asked(), ["GET /_ping Allow"], "the next one waits");
    daemon.send(PONG);
    assert_eq!(client.read_response(false).text(), "OK");
    assert_eq!(client.read_response(false).status, 403);
    assert_eq!(daemon.read_head(), PING);
    daemon.send(PONG);
    assert_eq!(client.read_response(false).text(), "OK");
}
