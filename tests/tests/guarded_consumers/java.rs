//! Java's clients ask for an upgrade on plain requests, which the Engine doesn't make.

use testkit::requires_docker;

use crate::{ask, assert_denied, under};

#[test]
fn apache_httpclient_asks_for_tls_and_gets_its_answer() {
    assert_is_served(&[
        "Accept-Encoding: gzip, x-gzip, deflate",
        "Host: localhost:2375",
        "Connection: Upgrade",
        "User-Agent: Apache-HttpClient/5.4 (Java/17.0.15)",
        "Upgrade: TLS/1.2",
    ]);
}

#[test]
fn java_net_http_asks_for_h2c_and_gets_its_answer() {
    assert_is_served(&[
        "Connection: Upgrade, HTTP2-Settings",
        "Host: localhost:2375",
        "HTTP2-Settings: AAEAAEAAAAIAAAAAAAMAAAAAAAQBAAAAAAUAAEAAAAYABgAA",
        "Upgrade: h2c",
        "User-Agent: Java-http-client/17.0.15",
    ]);
}

/// What docker-java asks for at its start, on one connection.
fn assert_is_served(lines: &[&str]) {
    let engine = requires_docker!();
    for role in ["monitor", "read-only"] {
        let bridge = under(role, engine.socket()).start();
        let mut client = bridge.endpoint().connect();
        for target in ["/_ping", "/version", "/v1.41/info", "/v1.41/containers/json?all=true"] {
            let answer = ask(&mut client, "GET", target, lines);
            let direct = ask(&mut engine.endpoint().connect(), "GET", target, lines);
            assert_eq!(answer.status, 200, "{target}: {}", answer.text());
            assert_eq!(direct.status, 200, "{target}");
        }
        let refused = ask(&mut client, "POST", "/v1.41/containers/x/start", lines);
        assert_denied(&refused, role, "ContainerStart");
        let refused = ask(&mut client, "POST", "/v1.41/containers/x/kill", lines);
        assert_denied(&refused, role, "ContainerKill");
    }
}
