//! Portainer's server hands its users' requests on: up to 2.30 with all their headers, from 2.31 on
//! with two of them.

use testkit::stream::Response;
use testkit::{Bridge, Dockerd, Stream, requires_docker};

use crate::{ask, under};

#[test]
fn portainer_from_2_31_on_works_by_an_address_or_a_name_without_a_dot() {
    let engine = requires_docker!();
    for host in ["Host: docker-proxy:2375", "Host: 192.168.7.7:2375"] {
        assert_works(&engine, &[], &[host, FIREFOX, LANGUAGE]);
    }
}

#[test]
fn portainer_from_2_31_on_wants_a_name_with_a_dot_to_be_allowed() {
    let engine = requires_docker!();
    let lines = &["Host: docker.example:2375", FIREFOX, LANGUAGE];
    assert_refused_by_rule(&engine, lines, "rule 3:", "--allow-host");
    assert_works(&engine, &["--allow-host", "docker.example"], lines);
}

#[test]
fn portainer_up_to_2_30_wants_its_origin_to_be_allowed() {
    let engine = requires_docker!();
    let lines = &[
        "Host: docker-proxy:2375",
        FIREFOX,
        LANGUAGE,
        "Origin: https://portainer.example",
        "Referer: https://portainer.example/",
        "Sec-Fetch-Site: same-origin",
        "Sec-Fetch-Mode: cors",
        "Cookie: portainer_api_key=x",
    ];
    assert_refused_by_rule(&engine, lines, "rule 1:", "--allow-origin");
    assert_works(&engine, &["--allow-origin", "https://portainer.example"], lines);
}

/// The role doesn't let a web page in that the guard keeps out, whatever went before.
#[test]
fn a_page_on_a_connection_of_portainers_is_refused_and_portainer_goes_on() {
    let engine = requires_docker!();
    let bridge = under("monitor", engine.socket()).start();
    let mut client = bridge.endpoint().connect();
    let portainer = &["Host: docker-proxy:2375", FIREFOX, LANGUAGE];
    assert_eq!(ask(&mut client, "GET", "/version", portainer).status, 200);
    let page = &["Host: docker-proxy:2375", FIREFOX, LANGUAGE, "Origin: https://evil.example"];
    let refused = ask(&mut client, "GET", "/version", page);
    assert_eq!(refused.status, 403);
    assert!(refused.text().contains("rule 1:"), "{}", refused.text());
    let mut client = if closes(&refused) { bridge.endpoint().connect() } else { client };
    assert_eq!(ask(&mut client, "GET", "/version", portainer).status, 200);
}

/// Its start page, on one connection, and what its role keeps from it.
fn assert_works(engine: &Dockerd, flags: &[&str], lines: &[&str]) {
    let bridge = under("monitor", engine.socket()).args(flags).start();
    let mut client = bridge.endpoint().connect();
    for target in PAGE {
        let answer = ask(&mut client, "GET", target, lines);
        assert_eq!(answer.status, 200, "{target}: {}", answer.text());
        assert_eq!(answer.header("content-security-policy"), Some("sandbox"), "{target}");
        reconnect_if_closed(&answer, &bridge, &mut client);
    }
    let refused = ask(&mut client, "POST", "/v1.41/containers/x/start", lines);
    crate::assert_denied(&refused, "monitor", "ContainerStart");
}

fn assert_refused_by_rule(engine: &Dockerd, lines: &[&str], rule: &str, flag: &str) {
    let bridge = under("monitor", engine.socket()).start();
    for method in ["GET", "POST"] {
        let mut client = bridge.endpoint().connect();
        let answer = ask(&mut client, method, "/v1.41/info", lines);
        assert_eq!(answer.status, 403, "{}", answer.head);
        assert!(answer.text().contains(rule) && answer.text().contains(flag), "{}", answer.text());
    }
}

fn reconnect_if_closed(answer: &Response, bridge: &Bridge, client: &mut Stream) {
    if closes(answer) {
        *client = bridge.endpoint().connect();
    }
}

fn closes(answer: &Response) -> bool {
    answer.header("connection").is_some_and(|value| value.eq_ignore_ascii_case("close"))
}

const PAGE: [&str; 7] = [
    "/v1.41/info",
    "/v1.41/version",
    "/v1.41/containers/json?all=1",
    "/v1.41/images/json?all=0",
    "/v1.41/volumes",
    "/v1.41/networks",
    "/v1.41/_ping",
];
const FIREFOX: &str =
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Firefox/153.0";
const LANGUAGE: &str = "Accept-Language: en-US,en;q=0.9";
