//! With guarded access: requests by operation, and refusals with what would allow them.

use std::fs;
use std::process::Command;

use serde_json::{Value, json};
use testkit::process::finish;
use testkit::stream::{get, request};
use testkit::{Bridge, DEADLINE, StandIn, Transport, eventually, requires_tool};

use crate::Watched;

fn guarded(engine: &StandIn, words: &[&str]) -> Watched {
    Watched::start(Bridge::builder().over(Transport::Tcp).upstream(engine.socket()).args(words))
}

fn post(watched: &Watched, target: &str) -> u16 {
    let raw = format!("POST {target} HTTP/1.1\r\nHost: d\r\nContent-Length: 0\r\n\r\n");
    request(&watched.bridge.endpoint(), raw).status
}

#[test]
fn requests_are_counted_by_operation_verdict_and_class() {
    let engine = StandIn::start();
    let watched = guarded(&engine, &["--access", "monitor"]);
    let front = watched.bridge.endpoint();
    for _ in 0..3 {
        get(&front, "/v1.41/containers/json");
    }
    get(&front, "/containers/missing/json");
    post(&watched, "/containers/create");
    get(&front, "/unheard/of");
    for (labels, count) in [
        ("operation=\"ContainerList\",verdict=\"allow\",code=\"2xx\"", 3),
        ("operation=\"ContainerInspect\",verdict=\"allow\",code=\"4xx\"", 1),
        ("operation=\"ContainerCreate\",verdict=\"deny\",code=\"4xx\"", 1),
        ("operation=\"unknown\",verdict=\"deny\",code=\"4xx\"", 1),
    ] {
        watched.expect_metric(&format!("docker_api_requests_total{{{labels}}}"), count);
    }
    let seconds = "docker_api_request_duration_seconds_count";
    watched.expect_metric(&format!("{seconds}{{operation=\"ContainerList\"}}"), 3);
    watched.expect_metric(&format!("{seconds}{{operation=\"ContainerCreate\"}}"), 0);
    let status = watched.status();
    assert_eq!(
        status["requests"][0],
        json!({"operation": "ContainerList", "allowed": 3, "refused": 0})
    );
    assert_eq!(status["listeners"][0]["access"], "monitor");
    let last = status["history"].as_array().unwrap().last().unwrap().clone();
    assert_eq!((&last["requests"], &last["refused"]), (&json!(6), &json!(2)));
}

#[test]
fn what_is_under_way_on_a_connection_is_told() {
    let engine = StandIn::start();
    let watched = guarded(&engine, &["--access", "read-only"]);
    let mut events = watched.bridge.endpoint().connect();
    events.send("GET /events HTTP/1.1\r\nHost: d\r\n\r\n");
    events.read_response_head();
    let mut idle = watched.bridge.endpoint().connect();
    idle.exchange("GET /_ping HTTP/1.1\r\nHost: d\r\n\r\n");
    eventually(DEADLINE, "one streams, one idles", || {
        let clients = watched.status()["clients"].clone();
        clients[0]["operation"] == "SystemEvents" && clients[1]["operation"] == json!(null)
    });
    assert_eq!(watched.status()["clients"][0]["role"], "read-only");
}

#[test]
fn bytes_over_http_2_are_counted_too() {
    requires_tool!("curl");
    let engine = StandIn::builder().http2().start();
    let watched = guarded(&engine, &["--access", "read-only"]);
    let url = format!("http://{}/containers/a/logs?{}", watched.bridge.addr(), "x".repeat(5000));
    let mut curl = Command::new("curl");
    curl.args(["--silent", "--noproxy", "*", "--http2-prior-knowledge", &url]);
    let output = finish(curl, DEADLINE);
    assert!(output.status.success(), "{output:?}");
    watched.expect_metric("docker_api_connections", 0);
    let bytes = watched.status()["bytes"].clone();
    assert!(bytes["up"].as_u64() > Some(4000), "{bytes}");
    assert!(bytes["down"].as_u64() > u64::try_from(output.stdout.len()).ok(), "{bytes}");
}

/// The question under half of the issues of socket proxies.
#[test]
fn the_line_that_is_told_for_a_refusal_allows_it() {
    let engine = StandIn::start();
    let folder = tempfile::tempdir().unwrap();
    let policy = folder.path().join("policy.toml");
    let write = |line: &str| {
        let text = format!("[roles.ci]\nextends = [\"monitor\"]\n{line}\n");
        fs::write(&policy, text).unwrap();
    };
    write("");
    let words = ["--access", "ci", "--user", "root", "--policy", policy.to_str().unwrap()];
    let watched = guarded(&engine, &words);
    for target in ["/v1.41/exec/missing/start?hunter2=1", "/libpod/<b>it's</b>", "/libpod/%3Cb%3E"]
    {
        assert_eq!(post(&watched, target), 403, "{target}");
        let refusal = watched.status()["refusals"][0].clone();
        assert_eq!(refusal["role"], "ci");
        assert_eq!(refusal["method"], "POST");
        assert_eq!(refusal["rule"], "no rule");
        assert_eq!(refusal["path"], target.split('?').next().unwrap());
        let Some(line) = refusal["allow"].as_str() else {
            assert!(target.contains('\''), "{refusal}");
            continue;
        };
        write(line);
        watched.bridge.signal(testkit::Signal::HUP);
        eventually(DEADLINE, "the policy is in force", || post(&watched, target) == 404);
        let reloads = "docker_api_config_reloads_total{outcome=\"success\"}";
        eventually(DEADLINE, "it is counted", || watched.metric(reloads) >= 1.0);
    }
    assert!(!watched.status().to_string().contains("hunter2"));
    write("allow = [\"Nonsense\"]");
    watched.bridge.signal(testkit::Signal::HUP);
    watched.expect_metric("docker_api_config_reloads_total{outcome=\"failure\"}", 1);
    watched.expect_metric("docker_api_config_last_reload_successful", 0);
    write("");
    watched.bridge.signal(testkit::Signal::HUP);
    watched.expect_metric("docker_api_config_last_reload_successful", 1);
}

#[test]
fn the_browser_guards_refusals_are_told_without_a_line() {
    let engine = StandIn::start();
    let watched = guarded(&engine, &["--access", "read-only"]);
    let raw = "POST /containers/create HTTP/1.1\r\nHost: d\r\nOrigin: http://evil\r\n\r\n";
    assert_eq!(request(&watched.bridge.endpoint(), raw).status, 403);
    let refusal = watched.status()["refusals"][0].clone();
    assert_eq!(refusal["rule"], "browser guard, rule 1");
    assert_eq!(refusal["operation"], "ContainerCreate");
}

#[test]
fn a_request_that_cannot_be_read_is_counted_and_no_refusal_of_a_role() {
    let engine = StandIn::start();
    let watched = guarded(&engine, &["--access", "monitor"]);
    let answer = request(&watched.bridge.endpoint(), "GET /_ping HTTP/1.1\r\nno colon\r\n\r\n");
    assert_eq!(answer.status, 400);
    watched.expect_metric("docker_api_connections_refused_total{reason=\"bad-request\"}", 1);
    assert_eq!(watched.status()["refusals"], json!([]));
}

#[test]
fn a_hundred_refusals_are_remembered_whatever_is_sent() {
    let engine = StandIn::start();
    let watched = guarded(&engine, &["--access", "monitor"]);
    let before = watched.bridge.memory().rss;
    let mut client = watched.bridge.endpoint().connect();
    for number in 0..3000 {
        let target = format!("/{number}/{}", "x".repeat(10_000));
        client.exchange(format!("GET {target} HTTP/1.1\r\nHost: d\r\n\r\n"));
    }
    let refusals = watched.status()["refusals"].clone();
    let refusals = refusals.as_array().unwrap();
    assert_eq!(refusals.len(), 100);
    let path = |refusal: &Value| refusal["path"].as_str().unwrap().to_owned();
    assert!(path(&refusals[0]).starts_with("/2999/xxx"), "the newest comes first");
    assert!(refusals.iter().all(|refusal| path(refusal).len() < 400));
    let after = watched.bridge.memory().rss;
    assert!(after < before + 4 * 1024 * 1024, "{before} then {after}");
}
