//! Traefik's Docker provider, by what Go's client sends for it: version, list, inspect, events.

use testkit::{DEADLINE, Endpoint, requires_docker};

use crate::{ask, assert_denied, under};

#[test]
fn traefik_finds_containers_under_monitor_and_starts_none() {
    let engine = requires_docker!();
    let bridge = under("monitor", engine.socket()).start();
    discover(&engine, &bridge.endpoint(), "consumers-traefik-monitor", |answer| {
        assert_denied(answer, "monitor", "ContainerStart");
    });
}

/// `CONTAINERS=1` is all that its documentation asks for.
#[test]
fn traefik_finds_containers_under_tecnativa_and_starts_none() {
    let engine = requires_docker!();
    let bridge = under("tecnativa", engine.socket()).env("CONTAINERS", "1").start();
    discover(&engine, &bridge.endpoint(), "consumers-traefik-tecnativa", |answer| {
        assert_denied(answer, "tecnativa", "ContainerStart");
    });
}

fn discover(
    engine: &testkit::Dockerd,
    endpoint: &Endpoint,
    name: &str,
    assert_denied: impl Fn(&testkit::stream::Response),
) {
    let label = format!("traefik.http.routers.{name}.rule=Host(`x`)");
    let container = engine.container(&["--name", name, "--label", &label], &["sleep", "600"]);
    let mut client = endpoint.connect();

    assert_eq!(ask(&mut client, "HEAD", "/_ping", LINES).status, 200);
    let version = ask(&mut client, "GET", "/v1.24/version", LINES);
    assert_eq!((version.status, version.json()["ApiVersion"].as_str()), (200, Some("1.41")));
    let filters = format!("%7B%22name%22%3A%7B%22{name}%22%3Atrue%7D%7D");
    let list = format!("/v1.41/containers/json?filters={filters}");
    let listed = ask(&mut client, "GET", &list, LINES).json();
    assert_eq!(listed[0]["Id"], container.id());
    let inspect = format!("/v1.41/containers/{}/json", container.id());
    assert_eq!(ask(&mut client, "GET", &inspect, LINES).status, 200);

    let mut events = endpoint.connect();
    let filters = format!("%7B%22container%22%3A%7B%22{name}%22%3Atrue%7D%7D");
    events.send(format!(
        "GET /v1.41/events?filters={filters} HTTP/1.1\r\n{}\r\n\r\n",
        LINES.join("\r\n")
    ));
    assert_eq!(events.read_response_head().status, 200);
    engine.run(&["rename", name, &format!("{name}-2")]);
    let event = String::from_utf8(events.read_chunk()).expect("an event is text");
    assert!(event.contains("rename"), "{event}");
    events.shutdown_write();
    events.read_to_end_within(DEADLINE);

    let start = format!("/v1.41/containers/{}/start", container.id());
    assert_denied(&ask(&mut client, "POST", &start, LINES));
    // The connection goes on.
    assert_eq!(ask(&mut client, "GET", &inspect, LINES).status, 200);
}

const LINES: &[&str] = &["Host: socket-proxy:2375", "User-Agent: Traefik/3.5.0"];
