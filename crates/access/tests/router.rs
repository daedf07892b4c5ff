//! Our reading of methods and paths against a real Engine's.

#![expect(clippy::unwrap_used, reason = "to a test a panic is an answer")]

use docker_api_access::{Operation, Policy, Request, Role, Verdict};
use testkit::stream::{self, Response};
use testkit::{Endpoint, requires_docker};

/// Of the table, what came after the 20.10 that the tests run against.
const NEWER: [Operation; 2] = [Operation::ImageAttestations, Operation::VolumeUpdate];

/// What a request must have lest it do something, wait or ask a registry.
const QUERIES: [(&str, &str); 6] = [
    ("/prune", "?filters=x"),
    ("/events", "?until=1"),
    ("/images/search", "?limit=x"),
    ("/swarm/init", "?"),
    ("/plugins/privileges", "?remote=%20"),
    ("/plugins/pull", "?remote=%20"),
];

/// Odd targets of GETs, harmless ones.
const GET: &[&str] = &[
    "/containers%2fjson",
    "/%63ontainers/json",
    "/%76%31%2e41/containers/json",
    "/v1.41%2Finfo",
    "/containers/json/",
    "/containers/create/json",
    "/containers/a/create",
    "/containers/a/exec/json",
    "/containers/a/logs/json",
    "/containers/web/alias/json",
    "/containers/web%2falias/json",
    "/containers/web/alias/json/",
    "/containers/json/json",
    "/containers/a;b/json",
    "/containers/a%3fb/json",
    "/containers/a%23b/json",
    "/containers/a%252fb/json",
    "/containers/a%2525/json",
    "/containers/a+b/json",
    "/containers/ä/json",
    "/containers/%c3%a4/json",
    "/containers/attach/ws",
    "/containers/a/b/attach/ws",
    "/containers",
    "/containers/",
    "/containers/a",
    "/containersfoo",
    "/Containers/json",
    "/CONTAINERS/JSON",
    "/images/json/json",
    "/images/x/json/json",
    "/images/get/get",
    "/images/a/search",
    "/images/a/b/c/history",
    "/images/history",
    "/exec/a/b/json",
    "/exec/json",
    "/networks/",
    "/networks/a/b",
    "/networks/create",
    "/volumes/",
    "/volumes/a/b",
    "/volumes/create",
    "/plugins/",
    "/plugins/a/b/json",
    "/plugins/json",
    "/services/",
    "/services/a/b",
    "/services/a%2fb",
    "/services/a/b/logs",
    "/nodes/a/b",
    "/tasks/a/b/logs",
    "/swarm/",
    "/swarm/unlockkey/",
    "/distribution/json",
    "/distribution/%20/b/json",
    "/version/",
    "/info/x",
    "/_ping/",
    "/system",
    "/system/df/",
    "/",
    "/v1.41",
    "/v1.41/",
    "/v1.41/v1.41/info",
    "/v1.41x/info",
    "/V1.41/info",
    "/v1.41/debug/vars",
    "/debug",
    "/debug/",
    "/debug/pprof",
    "/debug/pprof/",
    "/debug/pprof/a/b",
    "/libpod/info",
    "/...",
    "/.well-known/x",
    "/info;a",
    "/info?/../x",
    "/info?;",
    "/info?a?b",
    "/info%3f",
];

/// Odd requests of other methods, harmless ones.
const OTHER: &[(&str, &str)] = &[
    ("POST", "/debug/vars"),
    ("PUT", "/debug/pprof/"),
    ("PATCH", "/debug/pprof/symbol"),
    ("OPTIONS", "/debug/vars"),
    ("POST", "/v1.41/debug/vars"),
    ("POST", "/containers/a/start/"),
    ("POST", "/containers/start"),
    ("POST", "/containers/create/start"),
    ("POST", "/containers/a/create"),
    ("POST", "/containers/a/prune"),
    ("POST", "/containers/a/b/exec"),
    ("POST", "/containers/json"),
    ("POST", "/images/a/b/tag"),
    ("POST", "/images/a/b/json"),
    ("POST", "/networks/a/b/connect"),
    ("POST", "/networks/a"),
    ("POST", "/volumes/a"),
    ("POST", "/plugins/a/b/enable"),
    ("POST", "/services/a/b/update"),
    ("POST", "/info"),
    ("PUT", "/containers/a/json"),
    ("PUT", "/containers/a/b/archive"),
    ("DELETE", "/containers/"),
    ("DELETE", "/containers"),
    ("DELETE", "/containers/a/"),
    ("DELETE", "/containers/a/b"),
    ("DELETE", "/containers/a/checkpoints"),
    ("DELETE", "/containers/a/checkpoints/b"),
    ("DELETE", "/containers/a/b/checkpoints/c"),
    ("DELETE", "/images/"),
    ("DELETE", "/images/no-such/image"),
    ("DELETE", "/volumes/no-such/volume"),
    ("DELETE", "/networks/"),
    ("DELETE", "/services/a/b"),
    ("DELETE", "/configs/a/b"),
    ("PATCH", "/containers/json"),
    ("TRACE", "/containers/json"),
    ("OPTIONS", "/"),
    ("OPTIONS", "/anything/at/all"),
    ("OPTIONS", "/v1.41/anything"),
    ("OPTIONS", "*"),
    ("HEAD", "/_ping"),
    ("HEAD", "/containers/a/archive"),
    ("HEAD", "/containers/a/b/archive"),
];

/// A role for which everything has a verdict of its own: the table, and nothing else.
const EVERY_OPERATION: &str = "[roles.every]\nextends = ['full']";

fn every() -> Policy {
    Policy::parse("policy.toml", EVERY_OPERATION).unwrap()
}

fn judge(role: &Role, method: &str, target: &str) -> (Verdict, Option<Operation>) {
    let (method, target) = (method.as_bytes(), target.as_bytes());
    let judgement = role.judge(&Request { method, target, grpc: false });
    (judgement.verdict, judgement.operation)
}

fn ask(engine: &Endpoint, method: &str, target: &str) -> Response {
    let query = QUERIES.iter().find(|(path, _)| target.ends_with(path)).map_or("", |(_, it)| it);
    let head = "Host: docker\r\nConnection: close\r\nContent-Length: 0";
    stream::request(engine, format!("{method} {target}{query} HTTP/1.1\r\n{head}\r\n\r\n"))
}

fn is_not_found(response: &Response) -> bool {
    response.status == 404 && response.text().contains("page not found")
}

#[test]
fn every_route_of_the_table_is_one_of_the_engine() {
    let docker = requires_docker!();
    let rows = include_str!("../operations.tsv").lines().filter(|row| !row.starts_with('#'));
    for row in rows.skip(1) {
        let fields: Vec<&str> = row.split('\t').collect();
        let operation = Operation::by_name(fields[0]).unwrap();
        let (method, path) = (fields[1], fields[2].replace("{profile}", "cmdline"));
        let path = path.replace("distribution/{name}", "distribution/%20").replace(['{', '}'], "");
        for prefix in ["", "/v1.41"] {
            let target = format!("{prefix}{path}");
            let debug = !prefix.is_empty() && fields[3] == "Debug";
            let found = judge(every().role("every").unwrap(), method, &target).1;
            assert_eq!(found, (!debug).then_some(operation), "{method} {target}");
            let response = ask(&docker.endpoint(), method, &target);
            let known = !debug && !NEWER.contains(&operation);
            assert_eq!(is_not_found(&response), !known, "{method} {target}: {response:?}");
        }
    }
}

#[test]
fn odd_paths_are_read_as_the_engine_reads_them() {
    let docker = requires_docker!();
    let policy = every();
    let role = policy.role("every").unwrap();
    for (method, target) in GET.iter().map(|target| ("GET", *target)).chain(OTHER.iter().copied()) {
        let (verdict, operation) = judge(role, method, target);
        let response = ask(&docker.endpoint(), method, target);
        let expected = if is_not_found(&response) { Verdict::NotFound } else { Verdict::Allow };
        // A HEAD's answer has no body to tell the two by, and these are routes.
        if method != "HEAD" {
            assert_eq!(verdict, expected, "{method} {target}: {operation:?}, {response:?}");
        }
        assert_eq!(operation.is_some(), verdict == Verdict::Allow, "{method} {target}");
    }
}

#[test]
fn where_two_routes_match_ours_is_the_engines() {
    let docker = requires_docker!();
    for (method, target, operation, told) in [
        ("GET", "/containers/create/json", Operation::ContainerInspect, "container: create"),
        ("GET", "/containers/a/exec/json", Operation::ContainerInspect, "container: a/exec"),
        ("GET", "/containers/a/logs/json", Operation::ContainerInspect, "container: a/logs"),
        ("POST", "/containers/a/start/stop", Operation::ContainerStop, "container: a/start"),
        (
            "DELETE",
            "/containers/a/checkpoints",
            Operation::ContainerDelete,
            "container: a/checkpoints",
        ),
        ("DELETE", "/containers/a/checkpoints/b", Operation::CheckpointDelete, "experimental"),
        (
            "DELETE",
            "/containers/a/b/checkpoints/c",
            Operation::ContainerDelete,
            "container: a/b/checkpoints/c",
        ),
        ("GET", "/images/x/json/json", Operation::ImageInspect, "image: x/json"),
        ("GET", "/images/json/json", Operation::ImageInspect, "image: json"),
        ("GET", "/volumes/create", Operation::VolumeInspect, "create: no such volume"),
        ("GET", "/networks/create", Operation::NetworkInspect, "network create"),
        ("GET", "/networks/a/b", Operation::NetworkInspect, "network a/b"),
        ("GET", "/networks/", Operation::NetworkList, "\"bridge\""),
    ] {
        let found = judge(every().role("every").unwrap(), method, target).1;
        assert_eq!(found, Some(operation), "{method} {target}");
        let answer = ask(&docker.endpoint(), method, target).text();
        assert!(answer.contains(told), "{method} {target}: {answer}");
    }
}

#[test]
fn redirects_are_the_engines() {
    let docker = requires_docker!();
    for target in [
        "//v1.41/info",
        "/v1.41//info",
        "//info//",
        "//",
        "///info",
        "/containers%2f%2Fjson",
        "/containers//a%20b/json?x=//&y",
        "/containers//a%3fb/json?",
        "/containers//ä[*]'(x)!/json",
        "/containers//a%2fb/json",
        "//a:b/@,;=&+$~/",
    ] {
        let response = ask(&docker.endpoint(), "GET", target);
        let location = response.header("location").unwrap_or_default().to_owned();
        let (verdict, _) = judge(every().role("every").unwrap(), "GET", target);
        assert_eq!((response.status, verdict), (301, Verdict::Redirect(location)), "{target}");
    }
}

#[test]
fn an_old_version_is_refused_in_the_engines_words() {
    let docker = requires_docker!();
    let response = ask(&docker.endpoint(), "GET", "/v1.11/info");
    let (verdict, operation) = judge(every().role("every").unwrap(), "GET", "/v1.11/info");
    let Verdict::Bad(ours) = verdict else { panic!("{verdict:?}") };
    // That Engine still takes what ours doesn't: versions from 1.12 on.
    let theirs = response.text().trim_end().replace("is 1.12,", "is 1.24,");
    assert_eq!((response.status, ours), (400, theirs));
    assert_eq!(operation, Some(Operation::SystemInfo));
}
