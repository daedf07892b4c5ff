//! The browser guard judges each request of a connection.

use testkit::{DEADLINE, StandIn};

use crate::common::Guarded;
use crate::plain::{PING, PONG, road};

#[test]
fn each_request_of_a_connection_is_judged() {
    let engine = StandIn::start();
    let gate = Guarded::start(&engine.endpoint(), "read-only");
    let mut client = gate.connect();
    let with = |line: &str| PING.replace("\r\n\r\n", &format!("\r\n{line}\r\n\r\n"));
    for (line, status) in [
        ("X: y", 200),
        ("Origin: https://evil.example", 403),
        ("Accept-Language: en", 200),
        ("Sec-Fetch-Site: cross-site", 403),
        ("User-Agent: Mozilla/5.0", 200),
    ] {
        let answer = client.exchange(with(line));
        assert_eq!(answer.status, status, "{line}");
        assert_eq!(answer.header("connection"), None, "{line}");
    }
    let rebound = PING.replace("docker", "evil.example:2375");
    let rebound = rebound.replace("\r\n\r\n", "\r\nAccept-Language: en\r\n\r\n");
    let answer = client.exchange(rebound);
    assert_eq!(answer.status, 403);
    assert!(answer.text().contains("--allow-host"), "{}", answer.text());
    assert_eq!(engine.requests().len(), 3);
    assert!(gate.log.asked()[1].ends_with("Deny"));
}

#[test]
fn a_browsers_answers_are_made_harmless_and_nobody_elses() {
    let (engine, gate, mut client) = road("read-only");
    let browser = PING.replace("\r\n\r\n", "\r\nAccept-Language: en\r\n\r\n");
    client.send(&browser);
    let mut daemon = engine.accept(DEADLINE);
    assert_eq!(daemon.read_head(), browser, "untouched on the way in");
    daemon.send(format!("HTTP/1.1 103 Early Hints\r\n\r\n{PONG}"));
    let interim = client.read_response_head();
    assert_eq!((interim.status, interim.headers.len()), (103, 0));
    let answer = client.read_response(false);
    assert_eq!(
        answer.head,
        "HTTP/1.1 200 OK\r\nContent-Security-Policy: sandbox\r\n\
         X-Content-Type-Options: nosniff\r\nContent-Length: 2\r\n\r\n"
    );
    assert_eq!(answer.text(), "OK");
    client.send(PING);
    assert_eq!(daemon.read_head(), PING);
    daemon.send(PONG);
    assert_eq!(client.read_exact_n(PONG.len()), PONG.as_bytes());
    assert_eq!(gate.log.ended(2), ["GET /_ping 200 0 2", "GET /_ping 200 0 2"]);
}

#[test]
fn without_the_guard_a_browser_is_a_client_like_others() {
    let engine = StandIn::start();
    let gate = Guarded::with_parts(&engine.endpoint(), "read-only", |parts| parts.guard = None);
    let ask = "GET /_ping HTTP/1.1\r\nHost: x.example\r\nOrigin: http://y\r\n\r\n";
    let answer = gate.connect().exchange(ask);
    assert_eq!((answer.status, answer.header("content-security-policy")), (200, None));
}
