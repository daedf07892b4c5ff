//! SIGTERM and SIGINT stop the bridge without cutting what may still end by itself.

use std::io::ErrorKind;
use std::time::{Duration, Instant};

use testkit::stream::get;
use testkit::{Bridge, DEADLINE, RudeEngine, Signal, StandIn, Stream, eventually};

#[test]
fn a_body_in_flight_is_delivered_whole() {
    for signal in [Signal::TERM, Signal::INT] {
        let engine = RudeEngine::start();
        let bridge = Bridge::before(&engine);
        let (mut client, mut upstream) = answer_begun(&engine, &bridge);
        bridge.signal(signal);
        refuses_newcomers(&bridge);
        upstream.send("and the rest");
        drop(upstream);
        assert_eq!(client.read_to_end_within(DEADLINE), b"and the rest");
        drop(client);
        assert_eq!(bridge.wait_exit(DEADLINE).code(), Some(0));
    }
}

#[test]
fn an_upload_in_flight_arrives_whole() {
    let engine = RudeEngine::start();
    let bridge = Bridge::before(&engine);
    let mut client = bridge.endpoint().connect();
    client.send("POST /x HTTP/1.1\r\nHost: docker\r\nContent-Length: 9\r\n\r\nhalf");
    let mut upstream = engine.accept(DEADLINE);
    upstream.read_head();
    bridge.signal(Signal::TERM);
    refuses_newcomers(&bridge);
    client.send("-done");
    assert_eq!(upstream.read_exact_n(9), b"half-done");
    upstream.send("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n");
    drop(upstream);
    client.read_to_end_within(DEADLINE);
    drop(client);
    assert_eq!(bridge.wait_exit(DEADLINE).code(), Some(0));
}

#[test]
fn without_connections_it_stops_at_once() {
    for signal in [Signal::TERM, Signal::INT] {
        let engine = StandIn::start();
        let bridge = Bridge::start(engine.socket());
        get(&bridge.endpoint(), "/_ping");
        bridge.signal(signal);
        assert_eq!(bridge.wait_exit(Duration::from_secs(2)).code(), Some(0));
        bridge.wait_for_log_containing("stopped");
    }
}

/// A stream that ended politely would be taken for one that is over: `docker exec` exits 0 then.
#[test]
fn what_is_left_after_the_grace_is_cut_by_a_reset() {
    let engine = RudeEngine::start();
    let bridge = Bridge::builder().args(["--shutdown-grace", "1s"]).start_before(&engine);
    let (mut client, mut upstream) = answer_begun(&engine, &bridge);
    bridge.signal(Signal::TERM);
    let begin = Instant::now();
    client.expect_silence(Duration::from_millis(700));
    client.expect_reset(DEADLINE);
    assert!(begin.elapsed() >= Duration::from_millis(900), "after {:?}", begin.elapsed());
    upstream.expect_closed(DEADLINE);
    assert_eq!(bridge.wait_exit(DEADLINE).code(), Some(0));
    bridge.wait_for_log_containing("the grace is over");
}

#[test]
fn a_second_signal_cuts_at_once() {
    for (first, second) in [(Signal::TERM, Signal::TERM), (Signal::INT, Signal::INT)] {
        let engine = RudeEngine::start();
        let bridge = Bridge::builder().args(["--shutdown-grace", "1h"]).start_before(&engine);
        let (mut client, upstream) = answer_begun(&engine, &bridge);
        bridge.signal(first);
        refuses_newcomers(&bridge);
        client.expect_silence(Duration::from_millis(300));
        bridge.signal(second);
        client.expect_reset(Duration::from_secs(2));
        assert_eq!(bridge.wait_exit(Duration::from_secs(2)).code(), Some(0));
        drop(upstream);
    }
}

#[test]
fn a_client_that_has_sent_nothing_is_let_go_at_once() {
    let engine = StandIn::start();
    let bridge =
        Bridge::builder().upstream(engine.socket()).args(["--shutdown-grace", "1h"]).start();
    let mut silent = bridge.endpoint().connect();
    // Accepted in order: once this one is served, the silent one has been accepted.
    get(&bridge.endpoint(), "/_ping");
    bridge.signal(Signal::TERM);
    silent.expect_eof(Duration::from_secs(2));
    assert_eq!(bridge.wait_exit(Duration::from_secs(2)).code(), Some(0));
}

#[test]
fn an_idle_keep_alive_connection_holds_it_up_for_the_grace_only() {
    let engine = StandIn::start();
    let bridge =
        Bridge::builder().upstream(engine.socket()).args(["--shutdown-grace", "300ms"]).start();
    let mut client = bridge.endpoint().connect();
    client.exchange("GET /_ping HTTP/1.1\r\nHost: docker\r\n\r\n");
    bridge.signal(Signal::TERM);
    client.expect_closed(DEADLINE);
    assert_eq!(bridge.wait_exit(DEADLINE).code(), Some(0));
}

#[test]
fn sighup_stops_nothing() {
    let engine = RudeEngine::start();
    let bridge = Bridge::before(&engine);
    let (mut client, mut upstream) = answer_begun(&engine, &bridge);
    bridge.signal(Signal::HUP);
    bridge.wait_for_log_containing("SIGHUP");
    upstream.send("more");
    assert_eq!(client.read_exact_n(4), b"more");
    assert!(bridge.endpoint().try_connect().is_ok());
    assert_eq!(bridge.exit_status(), None);
}

/// A request whose answer has begun and isn't over: the client's side and the Engine's.
fn answer_begun(engine: &RudeEngine, bridge: &Bridge) -> (Stream, Stream) {
    let mut client = bridge.endpoint().connect();
    client.send("GET /containers/x/logs?follow=1 HTTP/1.1\r\nHost: docker\r\n\r\n");
    let mut upstream = engine.accept(DEADLINE);
    upstream.read_head();
    upstream.send("HTTP/1.1 200 OK\r\n\r\n");
    client.read_head();
    (client, upstream)
}

fn refuses_newcomers(bridge: &Bridge) {
    eventually(Duration::from_secs(1), "newcomers are refused", || {
        bridge
            .endpoint()
            .try_connect()
            .is_err_and(|error| error.kind() == ErrorKind::ConnectionRefused)
    });
}
