//! Answers of every shape, and what follows them.

use std::io::Write as _;
use std::thread;
use std::time::Duration;

use testkit::{DEADLINE, RudeEngine, StandIn};

use crate::common::Guarded;
use crate::plain::{PING, PONG, road};

#[test]
fn what_an_answer_is_by_its_head_is_where_it_ends() {
    for (method, answer) in [
        ("HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"),
        ("HEAD", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"),
        ("HEAD", "HTTP/1.1 200 OK\r\n\r\n"),
        ("GET", "HTTP/1.1 204 No Content\r\n\r\n"),
        ("GET", "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n"),
        ("GET", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"),
        ("GET", "HTTP/1.1 500 \r\nContent-Length: 3\r\n\r\nabc"),
        ("GET", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n"),
        ("GET", "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 1\r\n\r\na"),
        (
            "GET",
            "HTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n\
             HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na",
        ),
    ] {
        for byte_by_byte in [false, true] {
            let (engine, _gate, mut client) = road("read-only");
            client.send(PING.replace("GET", method));
            let mut daemon = engine.accept(DEADLINE);
            daemon.read_head();
            if byte_by_byte {
                for byte in answer.as_bytes() {
                    daemon.send([*byte]);
                    thread::yield_now();
                }
            } else {
                daemon.send(answer);
            }
            assert_eq!(client.read_exact_n(answer.len()), answer.as_bytes());
            client.send(PING);
            assert_eq!(daemon.read_head(), PING, "the next one follows {answer:?}");
            daemon.send(PONG);
            assert_eq!(client.read_exact_n(PONG.len()), PONG.as_bytes());
        }
    }
}

#[test]
fn an_answer_without_length_or_with_close_is_the_last() {
    for answer in [
        "HTTP/1.1 200 OK\r\n\r\nto the end",
        "HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\na",
        "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 1\r\n\r\na",
        "HTTP/1.1 404 Not Found\r\nConnection: x, Close\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    ] {
        let (engine, gate, mut client) = road("read-only");
        client.send(format!("{PING}{PING}"));
        let mut daemon = engine.accept(DEADLINE);
        assert_eq!(daemon.read_head(), PING);
        daemon.send(answer);
        daemon.shutdown_write();
        assert_eq!(client.read_to_end_within(DEADLINE), answer.as_bytes());
        assert_eq!(gate.log.asked().len(), 1, "nothing is judged behind {answer:?}");
        client.close();
        daemon.expect_eof(DEADLINE);
    }
}

#[test]
fn an_answer_that_could_be_read_in_two_ways_is_not_handed_on() {
    for answer in [
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n",
        "HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
        "HTTP/1.1 101 UPGRADED\r\nUpgrade: tcp\r\n\r\nraw",
        "SSH-2.0-OpenSSH_9.2\r\n",
    ] {
        let (engine, gate, mut client) = road("read-only");
        client.send(PING);
        let mut daemon = engine.accept(DEADLINE);
        daemon.read_head();
        daemon.send(answer);
        let told = client.read_response(false);
        assert_eq!((told.status, told.header("connection")), (502, Some("close")), "{answer:?}");
        daemon.expect_eof(DEADLINE);
        client.expect_closed(DEADLINE);
        assert!(gate.log.ended(1)[0].starts_with("GET /_ping 502"));
    }
}

#[test]
fn a_100_reaches_the_client_before_its_body_and_its_answer_after() {
    let (engine, _gate, mut client) = road("user");
    let head =
        "POST /build HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n";
    client.send(head);
    let mut daemon = engine.accept(DEADLINE);
    assert_eq!(daemon.read_head(), head);
    daemon.send("HTTP/1.1 100 Continue\r\n\r\n");
    assert_eq!(client.read_response_head().status, 100);
    client.send("hello");
    assert_eq!(daemon.read_exact_n(5), b"hello");
    daemon.send(PONG);
    assert_eq!(client.read_response(false).text(), "OK");
    client.send(PING);
    assert_eq!(daemon.read_head(), PING);
}

#[test]
fn an_answer_that_comes_before_the_upload_has_ended_is_seen() {
    for _ in 0..10 {
        let (engine, _gate, mut client) = road("user");
        let uploading = thread::spawn(move || {
            client.send("POST /build HTTP/1.1\r\nHost: a\r\nContent-Length: 67108864\r\n\r\n");
            let mut writer = client.try_clone();
            let writing = thread::spawn(move || {
                // It ends in an error when the answer was read and the connection closed.
                let _closed = writer.write_all(&vec![b'x'; 64 << 20]);
            });
            let answer = client.read_response(false);
            drop(client);
            (answer, writing)
        });
        let mut daemon = engine.accept(DEADLINE);
        daemon.read_head();
        daemon.send("HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Length: 2\r\n\r\nno");
        drop(daemon);
        let (answer, writing) = uploading.join().unwrap();
        assert_eq!((answer.status, answer.text().as_str()), (404, "no"));
        writing.join().unwrap();
    }
}

#[test]
fn a_body_that_ends_after_its_answer_is_still_its_body() {
    let (engine, gate, mut client) = road("user");
    client.send("POST /build HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n");
    let mut daemon = engine.accept(DEADLINE);
    daemon.read_head();
    daemon.send(PONG);
    assert_eq!(client.read_response(false).text(), "OK");
    let body = format!("{PING}{}", "x".repeat(100 - PING.len()));
    client.send(&body);
    client.send(PING);
    assert_eq!(daemon.read_exact_n(100), body.as_bytes());
    assert_eq!(daemon.read_head(), PING);
    assert_eq!(gate.log.asked().len(), 2);
}

/// What the Engine hasn't taken of a body when its answer is complete is no head.
#[test]
fn a_body_that_waits_for_the_engine_behind_its_answer_is_still_its_body() {
    let (engine, gate, mut client) = road("user");
    let body = format!("{PING}{PING}").repeat(1 << 13);
    client
        .send(format!("POST /build HTTP/1.1\r\nHost: a\r\nContent-Length: {}\r\n\r\n", body.len()));
    let mut daemon = engine.accept(DEADLINE);
    daemon.read_head();
    let writing = thread::spawn({
        let (mut client, body) = (client.try_clone(), body.clone());
        move || client.send(format!("{body}{PING}"))
    });
    daemon.send(PONG);
    assert_eq!(client.read_response(false).text(), "OK");
    client.expect_silence(Duration::from_millis(100));
    assert!(daemon.read_exact_n(body.len()) == body.as_bytes());
    writing.join().unwrap();
    assert_eq!(daemon.read_head(), PING);
    assert_eq!(gate.log.asked().len(), 2);
}

#[test]
fn nothing_is_judged_behind_a_body_that_was_expected_and_not_asked_for() {
    let (engine, gate, mut client) = road("user");
    client.send(
        "POST /build HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n",
    );
    let mut daemon = engine.accept(DEADLINE);
    daemon.read_head();
    daemon.send("HTTP/1.1 417 Expectation Failed\r\nContent-Length: 0\r\n\r\n");
    assert_eq!(client.read_response(false).status, 417);
    client.send(PING);
    client.expect_eof(DEADLINE);
    client.close();
    daemon.expect_eof(DEADLINE);
    assert_eq!(gate.log.asked().len(), 1);
}

#[test]
fn a_client_of_http_1_0_is_answered_and_closed() {
    let engine = StandIn::start();
    let gate = Guarded::start(&engine.endpoint(), "read-only");
    let mut client = gate.connect();
    let answer = client.exchange("GET /_ping HTTP/1.0\r\n\r\n");
    assert_eq!((answer.status, answer.text().as_str()), (200, "OK"));
    assert!(answer.head.starts_with("HTTP/1.0 200 OK"), "{}", answer.head);
    client.expect_eof(DEADLINE);
    let mut client = gate.connect();
    assert_eq!(client.exchange("DELETE /images/a HTTP/1.0\r\n\r\n").status, 403);
    client.expect_eof(DEADLINE);
}

#[test]
fn chunks_are_handed_on_as_they_come() {
    let (engine, _gate, mut client) = road("read-only");
    client.send("GET /events HTTP/1.1\r\nHost: a\r\n\r\n");
    let mut daemon = engine.accept(DEADLINE);
    daemon.read_head();
    daemon.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
    assert_eq!(client.read_response_head().status, 200);
    for chunk in ["1\r\na\r\n", "2;x\r\nbc\r\n"] {
        daemon.send(chunk);
        assert_eq!(client.read_exact_n(chunk.len()), chunk.as_bytes());
    }
}

#[test]
fn an_answer_that_the_engine_cuts_short_ends_for_the_client_too() {
    let (engine, gate, mut client) = road("read-only");
    client.send(PING);
    let mut daemon = engine.accept(DEADLINE);
    daemon.read_head();
    daemon.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabc");
    drop(daemon);
    assert!(client.read_to_end_within(DEADLINE).ends_with(b"abc"));
    assert_eq!(gate.log.ended(1), ["GET /_ping 200 0 3"]);

    let engine = RudeEngine::start_tcp();
    let gate = Guarded::start(&engine.endpoint(), "read-only");
    let mut client = gate.connect();
    client.send(PING);
    let mut daemon = engine.accept(DEADLINE);
    daemon.read_head();
    daemon.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabc");
    client.read_response_head();
    client.read_exact_n(3);
    daemon.reset();
    client.expect_reset(DEADLINE);
    gate.log.ended(1);
}

#[test]
fn a_slow_reader_loses_nothing_and_nothing_is_read_far_ahead_of_it() {
    let (engine, _gate, mut client) = road("read-only");
    client.send(PING);
    let mut daemon = engine.accept(DEADLINE);
    daemon.read_head();
    let length = 64 << 20;
    daemon.send(format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n"));
    daemon.set_write_timeout(Some(Duration::from_millis(300)));
    let piece = vec![b'x'; 1 << 16];
    let mut sent = 0;
    while let Ok(written) = daemon.write(&piece) {
        sent += written;
    }
    assert!(sent < 16 << 20, "{sent} bytes ahead of a reader that reads nothing");
    daemon.set_write_timeout(Some(DEADLINE));
    let rest = thread::spawn(move || {
        while sent < length {
            sent += daemon.write(&piece[..piece.len().min(length - sent)]).unwrap();
        }
        daemon
    });
    client.read_response_head();
    assert!(client.read_exact_n(length).iter().all(|&byte| byte == b'x'));
    rest.join().unwrap();
}
