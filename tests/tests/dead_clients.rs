//! A client that is gone is gone for the Engine too.

#![expect(clippy::expect_used, reason = "to a test a panic is an answer")]

use std::fs;
use std::io::Write as _;
use std::time::Duration;

use testkit::{
    Bridge, DEADLINE, Dockerd, Endpoint, RudeEngine, StandIn, Stream, eventually, requires_sight,
    subject,
};

#[test]
fn a_killed_client_of_a_stream_is_freed_in_the_engine() {
    let engine = StandIn::start();
    let bridge = Bridge::start(engine.socket());
    for request in [
        "GET /events",
        "GET /containers/x/logs?follow=1&stdout=1",
        "POST /containers/x/wait",
        "POST /containers/x/attach?stream=1&stdout=1",
    ] {
        for end in [Stream::close, Stream::reset] {
            engine.wait_open_connections(0, DEADLINE);
            let stream = open(&bridge.endpoint(), request);
            engine.wait_open_connections(1, DEADLINE);
            end(stream);
            engine.wait_open_connections(0, DEADLINE);
        }
    }
}

/// A real Engine's descriptors are counted: nothing of it tells which clients it has.
#[test]
fn a_real_engine_lets_go_as_it_does_without_a_bridge() {
    let Some(engine) = Dockerd::private_or_skip(&[]) else { return };
    let container = engine.container(&[], &["sleep", "600"]);
    let id = container.id();
    let requests = [
        "GET /events".to_owned(),
        format!("GET /containers/{id}/logs?follow=1&stdout=1"),
        format!("GET /containers/{id}/stats"),
        format!("POST /containers/{id}/wait"),
    ];
    for subject in subject::direct_and_bridge(engine.socket()) {
        for end in [Stream::close, Stream::reset] {
            let before = sockets(engine.pid());
            let streams: Vec<_> =
                requests.iter().map(|request| open(subject.endpoint(), request)).collect();
            eventually(DEADLINE, "all are connected", || {
                sockets(engine.pid()) >= before + requests.len()
            });
            streams.into_iter().for_each(end);
            eventually(DEADLINE, &format!("{subject}: the Engine lets go"), || {
                sockets(engine.pid()) <= before
            });
        }
    }
}

#[test]
fn a_reset_closes_the_engines_side_at_once_and_wholly() {
    let engine = RudeEngine::start();
    let bridge = Bridge::before(&engine);
    let mut client = bridge.endpoint().connect();
    client.send(ATTACH);
    let mut upstream = engine.accept(DEADLINE);
    upstream.read_head();
    client.reset();
    upstream.expect_eof(Duration::from_secs(1));
    // Not just half-closed, which is what frees an attach.
    eventually(Duration::from_secs(1), "writing fails", || upstream.write_all(b"x").is_err());
}

#[test]
fn a_reset_is_a_reset_for_an_engine_over_tcp() {
    let engine = RudeEngine::start_tcp();
    let bridge = Bridge::before(&engine);
    let mut client = bridge.endpoint().connect();
    client.send(ATTACH);
    let mut upstream = engine.accept(DEADLINE);
    upstream.read_head();
    client.reset();
    upstream.expect_reset(Duration::from_secs(1));
}

/// TCP can't tell a client that closed from one that half-closed until something is sent to it.
#[test]
fn a_closed_client_is_found_out_by_the_first_output() {
    let engine = RudeEngine::start();
    let bridge = Bridge::before(&engine);
    let mut client = bridge.endpoint().connect();
    client.send(ATTACH);
    let mut upstream = engine.accept(DEADLINE);
    upstream.read_head();
    client.close();
    upstream.expect_eof(DEADLINE);
    eventually(Duration::from_secs(2), "writing fails", || upstream.write_all(b"x").is_err());
}

#[test]
fn through_a_unix_listener_a_closed_client_is_found_out_at_once() {
    let engine = RudeEngine::start();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bridge.sock");
    let bridge = Bridge::builder().listen(path.display()).start_before(&engine);
    let mut client = bridge.endpoint().connect();
    client.send(ATTACH);
    let mut upstream = engine.accept(DEADLINE);
    upstream.read_head();
    client.close();
    upstream.expect_eof(DEADLINE);
    assert!(upstream.write_all(b"x").is_err() || upstream.write_all(b"x").is_err());
}

#[test]
fn half_a_head_and_then_an_end_costs_the_engine_nothing() {
    let engine = RudeEngine::start();
    let bridge = Bridge::before(&engine);
    for half in ["", "GET /contai", "GET /_ping HTTP/1.1\r\nHost: docker\r\n"] {
        let mut client = bridge.endpoint().connect();
        client.send(half);
        client.shutdown_write();
        client.expect_eof(Duration::from_secs(1));
        assert!(engine.try_accept().is_none(), "{half:?}");
    }
}

#[test]
fn half_a_head_and_then_a_reset_costs_the_engine_nothing() {
    let engine = RudeEngine::start();
    let bridge = Bridge::before(&engine);
    requires_sight!(bridge);
    let idle = bridge.fd_count();
    for half in ["", "GET /contai", "GET /_ping HTTP/1.1\r\nHost: docker\r\n"] {
        let mut client = bridge.endpoint().connect();
        client.send(half);
        eventually(DEADLINE, "it is accepted", || bridge.fd_count() > idle);
        client.reset();
        eventually(Duration::from_secs(1), "it is let go", || bridge.fd_count() <= idle);
        assert!(engine.try_accept().is_none(), "{half:?}");
    }
}

/// A pile of clients that come and die leaves nothing behind.
#[test]
fn dead_clients_leave_no_descriptor_behind() {
    let engine = StandIn::start();
    let bridge = Bridge::start(engine.socket());
    eventually(DEADLINE, "the greeting is over", || engine.accepted_connections() == 1);
    engine.wait_open_connections(0, DEADLINE);
    requires_sight!(bridge);
    let idle = bridge.fd_count();
    for round in 0..60 {
        let stream = open(&bridge.endpoint(), "GET /events");
        if round % 2 == 0 { stream.close() } else { stream.reset() }
    }
    engine.wait_open_connections(0, DEADLINE);
    eventually(DEADLINE, "all are closed", || bridge.fd_count() <= idle);
}

/// Sends the request and waits for the answer's head.
fn open(endpoint: &Endpoint, request: &str) -> Stream {
    let mut stream = endpoint.connect();
    stream.send(format!("{request} HTTP/1.1\r\nHost: docker\r\nContent-Length: 0\r\n\r\n"));
    let status = stream.read_response_head().status;
    assert_eq!(status, 200, "{request}");
    stream
}

/// How many sockets a process has open.
fn sockets(pid: u32) -> usize {
    let open = fs::read_dir(format!("/proc/{pid}/fd")).expect("it runs");
    open.flatten()
        .filter_map(|entry| fs::read_link(entry.path()).ok())
        .filter(|target| target.to_string_lossy().starts_with("socket:"))
        .count()
}

const ATTACH: &str = "POST /containers/x/attach?stream=1&stdin=1&stdout=1 HTTP/1.1\r\n\
    Host: docker\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n";
