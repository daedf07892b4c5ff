//! `retry`, `-t` and `-T`.

use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;
use std::time::{Duration, Instant};

use testkit::process::finish;
use testkit::{DEADLINE, StandIn, ports};

use crate::{assert_serves, bridge, listening, local};

#[test]
fn a_client_waits_while_the_engine_is_dialled_again() {
    for words in [
        "TCP-LISTEN:PORT,fork UNIX:ENGINE,retry=1000,interval=0.05",
        "TCP-LISTEN:PORT,fork UNIX:ENGINE,forever,interval=0.05",
    ] {
        let folder = tempfile::tempdir().unwrap();
        let socket = folder.path().join("engine.sock");
        let port = ports::free_port();
        let bridge = listening(words, port, &socket);
        bridge.wait_for_log_containing("cannot reach the Engine at unix://");
        let mut client = local(port).connect();
        client.send("GET /version HTTP/1.1\r\nHost: docker\r\n\r\n");
        client.expect_silence(Duration::from_millis(200));
        let _engine = StandIn::builder().path(&socket).start();
        assert_eq!(client.read_response(false).status, 200, "{words}");
    }
}

#[test]
fn without_retry_a_client_is_closed_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let port = ports::free_port();
    let words = "TCP-LISTEN:PORT,fork UNIX:ENGINE";
    let _bridge = listening(words, port, &folder.path().join("engine.sock"));
    let mut client = local(port).connect();
    client.send("GET /version HTTP/1.1\r\nHost: docker\r\n\r\n");
    client.expect_closed(DEADLINE);
}

#[test]
fn a_port_that_is_taken_is_tried_again() {
    let engine = StandIn::start();
    for words in [
        "TCP-LISTEN:PORT,bind=127.0.0.1,fork,retry=1000,interval=0.05 UNIX:ENGINE",
        "TCP-LISTEN:PORT,bind=127.0.0.1,fork,forever,interval=0.05 UNIX:ENGINE",
    ] {
        let port = ports::free_port();
        let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).unwrap();
        let bridge = bridge(words, port, engine.socket()).start();
        bridge.wait_for_log_containing("trying again");
        drop(taken);
        bridge.wait_for_log_containing("INFO listening on ");
        assert_serves(&local(port), words);
    }
}

#[test]
fn retries_come_to_an_end() {
    let port = ports::free_port();
    let _taken = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).unwrap();
    let words = "TCP-LISTEN:PORT,bind=127.0.0.1,fork,retry=2,interval=0.01 UNIX:/unused";
    let output = finish(bridge(words, port, Path::new("/unused")).command(), DEADLINE);
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(69), "{stderr}");
    assert_eq!(stderr.matches("; trying again").count(), 2, "{stderr}");
    assert_eq!(stderr.matches("error: cannot listen: on ").count(), 1, "{stderr}");
}

#[test]
fn the_time_of_t_cuts_no_answer_that_comes_late() {
    let engine = StandIn::builder().late_after(Duration::from_millis(700)).start();
    let port = ports::free_port();
    let words = "-t 0.1 TCP-LISTEN:PORT,fork UNIX:ENGINE";
    let bridge = listening(words, port, engine.socket());
    let mut client = local(port).connect();
    let attach = "POST /containers/c/attach?stream=1&stdin=1&stdout=1 HTTP/1.1\r\nHost: docker\r\n\
                  Connection: Upgrade\r\nUpgrade: tcp\r\n\r\n";
    assert_eq!(client.exchange(attach).status, 101);
    client.send("hi\n");
    client.shutdown_write();
    assert_eq!(client.read_to_end_within(DEADLINE), b"hi\nlate\n");
    assert_eq!(bridge.logs().matches("half-close has no timer here").count(), 1);
}

#[test]
fn an_idle_connection_ends_after_the_time_of_capital_t() {
    let engine = StandIn::start();
    let port = ports::free_port();
    let bridge = listening("-T 1 TCP-LISTEN:PORT,fork UNIX:ENGINE", port, engine.socket());
    bridge.wait_for_log_containing("(idle=1s)");
    let mut client = local(port).connect();
    let idle = Instant::now();
    assert_eq!(client.exchange("GET /_ping HTTP/1.1\r\nHost: docker\r\n\r\n").status, 200);
    client.expect_closed(DEADLINE);
    assert!(idle.elapsed() >= Duration::from_millis(900), "after {:?}", idle.elapsed());
    engine.wait_open_connections(0, DEADLINE);
}

#[test]
fn a_client_that_says_nothing_or_stops_within_its_head_is_idle_too() {
    let engine = StandIn::start();
    let port = ports::free_port();
    let bridge = listening("-T 1 TCP-LISTEN:PORT,fork UNIX:ENGINE", port, engine.socket());
    for begun in ["", "GET /_ping HTTP/1.1\r\nHost:"] {
        let mut client = local(port).connect();
        client.send(begun);
        let idle = Instant::now();
        client.expect_closed(DEADLINE);
        assert!(idle.elapsed() >= Duration::from_millis(900), "after {:?}", idle.elapsed());
    }
    bridge.wait_for_log(|line| line.ends_with("is closed: nothing moved for 1s"));
}

#[test]
fn a_connection_on_which_something_moves_outlives_the_time_of_capital_t() {
    let engine = StandIn::start();
    let port = ports::free_port();
    let _bridge = listening("-T 2 TCP-LISTEN:PORT,fork UNIX:ENGINE", port, engine.socket());
    let mut client = local(port).connect();
    client.send("GET /events HTTP/1.1\r\nHost: docker\r\n\r\n");
    let head = client.read_response_head();
    assert_eq!(head.status, 200);
    let begin = Instant::now();
    while begin.elapsed() < Duration::from_secs(5) {
        assert!(!client.read_chunk().is_empty());
    }
}
