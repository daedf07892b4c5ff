//! What is counted of known traffic.

use std::time::Duration;

use serde_json::json;
use testkit::stream::{get, request};
use testkit::{Bridge, DEADLINE, StandIn, Transport, eventually};

use crate::Watched;

const MEBIBYTE: u32 = 1024 * 1024;

#[test]
fn connections_and_bytes_are_counted() {
    let engine = StandIn::start();
    let watched = Watched::before(&engine);
    get(&watched.bridge.endpoint(), &format!("/bulk?bytes={MEBIBYTE}"));
    watched.expect_metric("docker_api_connections", 0);
    watched.expect_metric("docker_api_connections_accepted_total", 1);
    watched.expect_metric("docker_api_dial_duration_seconds_count", 1);
    let body = "x".repeat(100_000);
    let upload = format!("POST /bulk HTTP/1.1\r\nHost: d\r\nContent-Length: 100000\r\n\r\n{body}");
    request(&watched.bridge.endpoint(), &upload);
    watched.expect_metric("docker_api_connections_accepted_total", 2);
    watched.expect_metric("docker_api_connections", 0);
    let up = watched.metric("docker_api_relayed_bytes_total{direction=\"up\"}");
    let down = watched.metric("docker_api_relayed_bytes_total{direction=\"down\"}");
    let first =
        format!("GET /bulk?bytes={MEBIBYTE} HTTP/1.1\r\nHost: docker\r\nConnection: close\r\n\r\n");
    assert_eq!(up.to_string(), (first.len() + upload.len()).to_string());
    assert!((f64::from(MEBIBYTE)..f64::from(MEBIBYTE) + 2000.0).contains(&down), "{down}");
    let status = watched.status();
    assert_eq!(status["connections"]["accepted"], json!(2));
    assert_eq!(status["bytes"]["up"].to_string(), up.to_string());
    assert_eq!(status["upstream"]["state"], "healthy");
    assert_eq!(status["upstream"]["engine"]["version"], "28.5.2");
}

#[test]
fn a_stream_is_counted_while_it_goes_on() {
    let engine = StandIn::start();
    let watched = Watched::before(&engine);
    let mut stream = watched.bridge.endpoint().connect();
    stream.send("GET /events HTTP/1.1\r\nHost: docker\r\n\r\n");
    stream.read_response_head();
    watched.expect_metric("docker_api_connections", 1);
    let down = |watched: &Watched| watched.status()["clients"][0]["down"].as_u64().unwrap();
    let before = down(&watched);
    eventually(DEADLINE, "more came", || down(&watched) > before);
    let client = watched.status()["clients"][0].clone();
    assert_eq!(client["client"], stream.local_addr().unwrap().to_string());
    assert_eq!(client["role"], "full");
    assert_eq!(client["operation"], "SystemEvents");
    let total = watched.metric("docker_api_relayed_bytes_total{direction=\"down\"}");
    assert!(total >= f64::from(u32::try_from(before).unwrap()), "{total}");
    drop(stream);
    eventually(DEADLINE, "it is gone", || watched.status()["clients"] == json!([]));
}

/// The docker CLI asks for the version of the API first, on the same connection.
#[test]
fn in_open_access_the_latest_request_of_a_connection_is_told() {
    let engine = StandIn::start();
    let watched = Watched::before(&engine);
    let mut stream = watched.bridge.endpoint().connect();
    for (target, operation) in [
        ("/_ping", "SystemPing"),
        ("/v1.41/containers/a%2Fb/json", "ContainerInspect"),
        ("/no/operation", "unknown"),
        ("/v1.41/containers/a/logs?follow=1", "ContainerLogs"),
    ] {
        stream.send(format!("GET {target} HTTP/1.1\r\nHost: docker\r\n\r\n"));
        eventually(DEADLINE, operation, || {
            watched.status()["clients"][0]["operation"] == operation
        });
    }
    let up = |watched: &Watched| watched.status()["clients"][0]["up"].as_u64().unwrap();
    let before = up(&watched);
    stream.send("no request\n");
    eventually(DEADLINE, "it went on", || up(&watched) > before);
    assert_eq!(watched.status()["clients"][0]["operation"], "ContainerLogs");
}

#[test]
fn refused_connections_are_counted_by_reason() {
    let engine = StandIn::start();
    let watched = Watched::before(&engine);
    let front = watched.bridge.endpoint();
    request(&front, "GET /version HTTP/1.1\r\nHost: d\r\nOrigin: http://evil.example\r\n\r\n");
    request(&front, "GET /version HTTP/1.1\r\nno colon\r\n\r\n");
    for (reason, count) in [("browser-guard", 1), ("bad-request", 1), ("allow-from", 0)] {
        let sample = format!("docker_api_connections_refused_total{{reason=\"{reason}\"}}");
        watched.expect_metric(&sample, count);
    }
    let elsewhere = Watched::start(
        Bridge::builder()
            .over(Transport::Tcp)
            .upstream(engine.socket())
            .args(["--allow-from", "192.0.2.7"]),
    );
    elsewhere.bridge.endpoint().connect().expect_closed(DEADLINE);
    elsewhere.expect_metric("docker_api_connections_refused_total{reason=\"allow-from\"}", 1);
    elsewhere.expect_metric("docker_api_connections_accepted_total", 1);
    elsewhere.expect_metric("docker_api_connections", 0);
    let refused = elsewhere.status()["connections"]["refused"]["allow-from"].clone();
    assert_eq!(refused, json!(1));
    assert_eq!(elsewhere.status()["history"].as_array().unwrap().last().unwrap()["refused"], 1);
}

#[test]
fn an_engine_that_is_gone_is_seen_and_dials_to_it_are_counted() {
    let engine = StandIn::start();
    let watched = Watched::before(&engine);
    watched.expect_metric("docker_api_engine_up", 1);
    engine.stop();
    for _ in 0..3 {
        let mut client = watched.bridge.endpoint().connect();
        client.send("GET /version HTTP/1.1\r\nHost: docker\r\n\r\n");
        client.expect_closed(DEADLINE);
    }
    watched.expect_metric("docker_api_dial_failures_total", 3);
    watched.expect_metric("docker_api_engine_up", 0);
    let upstream = watched.status()["upstream"].clone();
    assert_eq!(upstream["state"], "refused");
    assert_eq!(upstream["engine"], json!(null));
    assert!(upstream["error"].as_str().unwrap().contains("is the Engine running"), "{upstream}");
}

/// Who was there first is shown, and memory has a bound.
#[test]
fn two_hundred_clients_are_told_one_by_one() {
    let engine = StandIn::start();
    let watched = Watched::before(&engine);
    let clients: Vec<_> = (0..230).map(|_| watched.bridge.endpoint().connect()).collect();
    watched.expect_metric("docker_api_connections", 230);
    let told = watched.status()["clients"].clone();
    let told: Vec<_> = told.as_array().unwrap().iter().map(|one| one["client"].clone()).collect();
    let first: Vec<_> =
        clients[..200].iter().map(|one| json!(one.local_addr().unwrap().to_string())).collect();
    assert_eq!(told, first);
    drop(clients);
    watched.expect_metric("docker_api_connections", 0);
}

#[test]
fn the_process_is_told_of() {
    let engine = StandIn::start();
    let watched = Watched::before(&engine);
    let pid = watched.bridge.pid();
    let (open, seen) = (watched.metric("process_open_fds"), watched.bridge.fd_count());
    let seen = f64::from(u32::try_from(seen).unwrap());
    assert!((open - seen).abs() <= 4.0, "{open} of process {pid}, which has {seen}");
    assert!(watched.metric("process_max_fds") >= 1024.0);
    assert!(watched.metric("process_resident_memory_bytes") > 1e6);
    let started = watched.metric("process_start_time_seconds");
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    let age = now.as_secs_f64() - started;
    assert!((0.0..Duration::from_secs(60).as_secs_f64()).contains(&age), "{age}");
    assert!(watched.get("/metrics").text().contains("docker_api_build_info{version=\"0.1.0\""));
}
