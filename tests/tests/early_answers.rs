//! An answer that comes before its request has ended reaches the client.

#![expect(clippy::unwrap_used, reason = "to a test a panic is an answer")]

use std::io::Write as _;
use std::thread;

use testkit::stream::Response;
use testkit::{Bridge, DEADLINE, RudeEngine, Stream, requires_docker, subject};

#[test]
fn an_error_of_the_engine_is_seen_while_the_upload_goes_on() {
    let engine = requires_docker!();
    for subject in subject::direct_and_bridge(engine.socket()) {
        for round in 1..=20 {
            let head = "PUT /containers/no-such-container/archive?path=/ HTTP/1.1\r\n\
                        Host: docker\r\nContent-Type: application/x-tar\r\n\
                        Content-Length: 67108864\r\n\r\n";
            let answer = upload(subject.connect(), head);
            assert_eq!(answer.status, 404, "{subject}, round {round}");
            let message = answer.json()["message"].as_str().unwrap_or_default().to_owned();
            assert!(message.contains("no-such-container"), "{subject}: {message}");
        }
    }
}

#[test]
fn an_engine_that_answers_and_closes_unread_input_is_heard() {
    let engine = RudeEngine::start();
    let bridge = Bridge::before(&engine);
    for round in 1..=20 {
        let client = bridge.endpoint().connect();
        let uploading = thread::spawn(move || {
            upload(
                client,
                "POST /bulk HTTP/1.1\r\nHost: docker\r\nContent-Length: 67108864\r\n\r\n",
            )
        });
        let mut upstream = engine.accept(DEADLINE);
        upstream.read_head();
        upstream.send("HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Length: 2\r\n\r\nno");
        drop(upstream);
        let answer = uploading.join().unwrap();
        assert_eq!((answer.status, answer.text().as_str()), (404, "no"), "round {round}");
    }
}

#[test]
fn an_engine_over_tcp_that_answers_and_ends_is_heard() {
    let engine = RudeEngine::start_tcp();
    let bridge = Bridge::before(&engine);
    for round in 1..=20 {
        let client = bridge.endpoint().connect();
        let uploading = thread::spawn(move || {
            upload(
                client,
                "POST /bulk HTTP/1.1\r\nHost: docker\r\nContent-Length: 67108864\r\n\r\n",
            )
        });
        let mut upstream = engine.accept(DEADLINE);
        upstream.read_head();
        upstream.send("HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Length: 2\r\n\r\nno");
        upstream.shutdown_write();
        let answer = uploading.join().unwrap();
        assert_eq!((answer.status, answer.text().as_str()), (404, "no"), "round {round}");
    }
}

/// A client whose upload never ends can't hold its connection for ever.
#[test]
fn what_is_sent_behind_the_end_of_the_answer_is_thrown_away_for_a_while_only() {
    let engine = RudeEngine::start();
    let bridge = Bridge::before(&engine);
    let mut client = bridge.endpoint().connect();
    client.send("POST /bulk HTTP/1.1\r\nHost: docker\r\nContent-Length: 67108864\r\n\r\n");
    let mut upstream = engine.accept(DEADLINE);
    upstream.read_head();
    upstream.send("HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
    drop(upstream);
    assert_eq!(client.read_response(false).status, 404);
    testkit::eventually(DEADLINE, "the bridge closes", || client.write_all(&[0; 1000]).is_err());
}

/// Writes as fast as it goes until told otherwise, and reads the answer meanwhile, as docker does.
fn upload(mut stream: Stream, head: &str) -> Response {
    stream.send(head);
    let mut writer = stream.try_clone();
    let writing = thread::spawn(move || {
        let piece = vec![0; 64 * 1024];
        for _ in 0..1024 {
            if writer.write_all(&piece).is_err() {
                return;
            }
        }
    });
    let answer = stream.read_response(false);
    // The answer is read; what the writer meets from now on doesn't matter.
    let _ignored = stream.shutdown(std::net::Shutdown::Both);
    writing.join().unwrap();
    answer
}
