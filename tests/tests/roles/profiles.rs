//! The variables of the socket proxies that a profile stands in for.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use testkit::check::{assert_usage_error, row, table, warnings};
use testkit::stream::{Endpoint, get};
use testkit::{Bridge, Program, StandIn, ports};

use crate::{bridge, status};

fn start(engine: &StandIn, profile: &str, variables: &[(&str, &str)]) -> Bridge {
    let builder = bridge(engine).env("BRIDGE_ACCESS", profile);
    variables.iter().fold(builder, |it, (name, value)| it.env(name, value)).start()
}

const START: Variables = &[("CONTAINERS", "1"), ("POST", "0"), ("ALLOW_START", "1")];
const POST: Variables = &[("CONTAINERS", "1"), ("POST", "1"), ("EXEC", "0")];

type Variables = &'static [(&'static str, &'static str)];

/// Variables, a request, and whether `tecnativa` passes it on, and `linuxserver`.
const TRUTH: [(Variables, &str, &str, [bool; 2]); 21] = [
    (START, "POST", "/containers/x/start", [false, true]),
    (START, "POST", "/containers/x/stop", [false, false]),
    (START, "GET", "/containers/x/archive", [true, false]),
    (START, "GET", "/containers/x/logs", [true, false]),
    (START, "GET", "/containers/x/export", [true, false]),
    (START, "GET", "/containers/x/top", [true, false]),
    (START, "GET", "/containers/x/changes", [true, false]),
    // It carries standard input, so it counts as POST here.
    (START, "GET", "/containers/x/attach/ws", [false, false]),
    (START, "HEAD", "/containers/json", [true, true]),
    (START, "GET", "/v1.41/containers/json?all=1", [true, true]),
    (START, "OPTIONS", "/containers/json", [false, false]),
    (START, "GET", "/images/json", [false, false]),
    (START, "GET", "/_ping", [true, true]),
    (START, "GET", "/version", [true, true]),
    (START, "GET", "/containersfoo", [false, false]),
    (POST, "POST", "/containers/x/exec", [true, true]),
    (POST, "POST", "/exec/x/start", [false, false]),
    (POST, "POST", "/containers/create", [true, true]),
    (POST, "DELETE", "/containers/x", [true, true]),
    (POST, "PUT", "/containers/x/archive", [true, false]),
    (POST, "GET", "/containers/x/attach/ws", [true, true]),
];

#[test]
fn what_each_proxy_passes_on_is_passed_on() {
    for (index, profile) in ["tecnativa", "linuxserver"].into_iter().enumerate() {
        for variables in [START, POST] {
            let engine = StandIn::start();
            let bridge = start(&engine, profile, variables);
            let rows = TRUTH.iter().filter(|(of, ..)| *of == variables);
            for (_, method, path, passed) in rows {
                let before = engine.requests().len();
                let status = status(&bridge.endpoint(), method, path);
                let shown = format!("{profile} {variables:?} {method} {path}: {status}");
                assert_eq!(status != 403, passed[index], "{shown}");
                assert_eq!(engine.requests().len() - before, usize::from(passed[index]), "{shown}");
            }
        }
    }
}

#[test]
fn a_refusal_and_its_line_name_the_switch() {
    let engine = StandIn::start();
    let bridge = start(&engine, "tecnativa", &[]);
    let answer = get(&bridge.endpoint(), "/containers/json");
    assert_eq!(
        answer.json()["message"],
        "access denied: role tecnativa may not ContainerList (GET /containers/json)"
    );
    bridge.wait_for_log_containing(" rule=\"CONTAINERS=0\" ");
}

#[test]
fn a_path_that_could_be_read_in_two_ways_is_no_way_around_a_switch() {
    let engine = StandIn::start();
    let bridge = start(&engine, "tecnativa", &[("CONTAINERS", "1"), ("POST", "1")]);
    for (path, wanted) in [
        ("/containers/../images/json", 400),
        ("/containers/%2e%2e/images/json", 400),
        ("/v1.12/containers/json", 400),
        ("//containers/json", 301),
        ("/CONTAINERS/json", 403),
    ] {
        assert_eq!(status(&bridge.endpoint(), "GET", path), wanted, "{path}");
    }
    assert!(engine.requests().iter().all(|it| it.path == "/_ping"), "{:?}", engine.requests());
}

#[test]
fn words_and_variables_that_do_nothing_get_a_warning() {
    let of = |profile: &str, variables: &[(&str, &str)]| {
        let program = Program::ours("bridge").env("BRIDGE_ACCESS", profile);
        let program = variables.iter().fold(program, |it, (name, value)| it.env(name, value));
        let table = table(&program);
        warnings(&table).into_iter().map(str::to_owned).collect::<Vec<_>>()
    };
    for (profile, variables, names) in [
        ("tecnativa", &[("CONTAINERS", "true")][..], &["CONTAINERS"][..]),
        ("linuxserver", &[("CONTAINERS", "yes"), ("POST", "on")], &["CONTAINERS", "POST"]),
        ("tecnativa", &[("DELETE", "1")], &["DELETE"]),
        ("tecnativa", &[("ALLOW_START", "1")], &["ALLOW_START"]),
        ("linuxserver", &[("ALLOW_START", "1")], &[]),
        ("tecnativa", &[("CONTAINERS", "1"), ("IMAGES", "0"), ("EVENTS", "0")], &[]),
        ("full", &[("CONTAINERS", "true"), ("DELETE", "1")], &[]),
    ] {
        let warnings = of(profile, variables);
        assert_eq!(warnings.len(), names.len(), "{profile} {variables:?}: {warnings:?}");
        for name in names {
            let named = |line: &String| line.contains(&format!("the variable {name} "));
            assert!(warnings.iter().any(named), "{warnings:?}");
        }
    }
}

#[test]
fn the_profiles_listen_where_haproxy_would() {
    let listen = |variables: &[(&str, &str)], words: &[&str]| {
        let program = Program::ours("bridge")
            .env("BRIDGE_ACCESS", "tecnativa")
            .env("BRIDGE_LISTEN", "tcp://[::]:2375");
        let program = variables.iter().fold(program, |it, (name, value)| it.env(name, value));
        row(&table(&program.args(words)), "listen").to_owned()
    };
    for (variables, words, wanted) in [
        (&[][..], &[][..], "tcp://[::]:2375"),
        (&[("DISABLE_IPV6", "1")], &[], "tcp://0.0.0.0:2375"),
        (&[("DISABLE_IPV6", "0")], &[], "tcp://[::]:2375"),
        (&[("BIND_CONFIG", ":2376")], &[], "tcp://0.0.0.0:2376"),
        (&[("BIND_CONFIG", "[::]:2376 v4v6")], &[], "tcp://[::]:2376"),
        (&[("BIND_CONFIG", ":2376")], &["--listen", "127.0.0.1:1"], "tcp://127.0.0.1:1"),
        (&[("BIND_CONFIG", ":2376"), ("BRIDGE_ACCESS", "full")], &[], "tcp://[::]:2375"),
    ] {
        assert_eq!(listen(variables, words), wanted, "{variables:?} {words:?}");
    }
    assert_usage_error(
        &Program::ours("bridge").env("BRIDGE_ACCESS", "linuxserver").env("BIND_CONFIG", ":1 ssl"),
        "bad setting: BIND_CONFIG: `ssl` is not known here (write an address with v4v6 or v6only \
         behind it, or unix@/path with mode and group)",
    );
}

#[test]
fn a_profile_serves_on_a_unix_socket_and_its_old_upstream() {
    let engine = StandIn::start();
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("proxy.sock");
    let process = Program::ours("bridge")
        .env("BRIDGE_ACCESS", "linuxserver")
        .env("BIND_CONFIG", format!("unix@{} mode 600", socket.display()))
        .env("SOCKET_PATH", engine.socket())
        .env("LOG_LEVEL", "notice")
        .start();
    process.wait_for_log_containing("listening on unix://");
    assert_eq!(get(&Endpoint::Unix(socket.clone()), "/version").status, 200);
    assert_eq!(fs::metadata(&socket).unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn without_ipv6_it_listens_by_ipv4() {
    let engine = StandIn::start();
    let port = ports::free_port();
    let process = Program::ours("bridge")
        .env("BRIDGE_ACCESS", "tecnativa")
        .env("DISABLE_IPV6", "true")
        .env("BRIDGE_LISTEN", format!("tcp://[::]:{port}"))
        .env("SOCKET_PATH", engine.socket())
        .start();
    process.wait_for_log_containing(&format!("listening on tcp://0.0.0.0:{port}"));
    assert_eq!(get(&Endpoint::Tcp(([127, 0, 0, 1], port).into()), "/version").status, 200);
}
