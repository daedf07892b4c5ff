//! The rude Engine does what a test tells it.

use std::io::ErrorKind;
use std::thread;
use std::time::Duration;

use testkit::engine::full_backlog;
use testkit::{DEADLINE, Endpoint, RudeEngine, wait};

#[test]
fn a_torn_answer_arrives_as_it_was_torn() {
    let engine = RudeEngine::start();
    let mut client = engine.endpoint().connect();
    let mut served = engine.accept(DEADLINE);
    client.send("GET / HTTP/1.1\r\n\r\n");
    assert_eq!(served.read_head(), "GET / HTTP/1.1\r\n\r\n");
    served.send("HTTP/1.1 200 O");
    assert_eq!(client.read_exact_n(14), b"HTTP/1.1 200 O");
    client.expect_silence(Duration::from_millis(50));
    served.send("K\r\n\r\n");
    served.shutdown_write();
    assert_eq!(client.read_to_end_within(DEADLINE), b"K\r\n\r\n");
    client.send("still heard");
    client.shutdown_write();
    assert_eq!(served.read_to_end_within(DEADLINE), b"still heard");
}

#[test]
fn a_reset_is_seen_as_a_reset() {
    let engine = RudeEngine::start_tcp();
    let mut client = engine.endpoint().connect();
    engine.accept(DEADLINE).reset();
    client.expect_reset(DEADLINE);
}

#[test]
fn a_close_with_unread_input_is_a_reset_on_unix_sockets_too() {
    let engine = RudeEngine::start();
    let mut client = engine.endpoint().connect();
    client.send("unread");
    drop(engine.accept(DEADLINE));
    let (bytes, end) = client.drain(DEADLINE);
    assert_eq!(bytes, b"");
    assert_eq!(end.unwrap_err().kind(), ErrorKind::ConnectionReset);
}

#[test]
fn who_connects_to_a_full_backlog_waits_for_its_release() {
    let backlog = full_backlog();
    let endpoint = Endpoint::from(backlog.socket());
    let connecting = thread::spawn(move || endpoint.connect());
    wait::holds_throughout(Duration::from_millis(100), "it waits", || !connecting.is_finished());
    let engine = backlog.release();
    let mut served = engine.accept(DEADLINE);
    served.send("hello");
    assert_eq!(connecting.join().unwrap().read_exact_n(5), b"hello");
}
