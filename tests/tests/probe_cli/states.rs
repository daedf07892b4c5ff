//! Each state, and the line that says what to do.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use testkit::process::clean_environment;
use testkit::{
    Bridge, DEADLINE, Dockerd, Program, RudeEngine, StandIn, binary, engine, ports, skip,
};

use crate::{PING, answer, assert_state, probe, verdict, verdict_on};

#[test]
fn a_real_engine_is_healthy_and_tells_what_docker_tells() {
    let engine = testkit::requires_docker!();
    let bridge = Bridge::start(engine.socket());
    let format = "{{.Server.Version}} {{.Server.APIVersion}} {{.Server.Os}}/{{.Server.Arch}}";
    let docker = engine.run(&["version", "--format", format]);
    for target in [engine.host(), bridge.endpoint().to_string()] {
        let said = verdict(probe().arg(&target));
        assert_eq!(said["state"], "healthy", "{said}");
        let engine = |key: &str| said["engine"][key].as_str().unwrap();
        let [version, api, os, arch] = ["version", "api_version", "os", "arch"].map(engine);
        assert_eq!(format!("{version} {api} {os}/{arch}"), docker);
        assert!(said["latency_ms"].as_f64().unwrap() > 0.0);
        assert!(said["tls"].is_null());
    }
}

#[test]
fn two_requests_on_one_connection_are_all_that_is_asked() {
    let engine = StandIn::start();
    verdict(probe().arg(engine.endpoint().to_string()));
    let requests = engine.requests();
    let paths: Vec<_> = requests.iter().map(|request| request.path.as_str()).collect();
    assert_eq!(paths, ["/_ping", "/version"]);
    assert!(requests.iter().all(|request| request.header("host") == Some("docker")));
    assert_eq!(engine.accepted_connections(), 1);
}

/// What it says of a server that takes one connection for each of the answers.
fn verdict_on_connections(answers: &[&[u8]]) -> serde_json::Value {
    let server = RudeEngine::start_tcp();
    thread::scope(|scope| {
        scope.spawn(|| {
            for answer in answers {
                let mut client = server.accept(DEADLINE);
                client.read_head();
                client.send(answer);
            }
        });
        verdict(probe().arg(server.endpoint().to_string()))
    })
}

#[test]
fn a_server_that_closes_after_each_answer_is_asked_again() {
    let version = r#"{"ApiVersion":"1.41"}"#;
    let plain = [PING.to_vec(), answer("200 OK", version)];
    let close = ["OK", version]
        .map(|body| format!("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{body}").into_bytes());
    let old = ["OK", version].map(|body| format!("HTTP/1.0 200 OK\r\n\r\n{body}").into_bytes());
    for [ping, version] in [plain, close, old] {
        let said = verdict_on_connections(&[&ping, &version]);
        assert_eq!(said["engine"]["api_version"], "1.41", "{said}");
    }
}

#[test]
fn an_engine_that_stops_between_two_answers_is_down() {
    assert_state(&verdict_on_connections(&[PING, b""]), "engine-down", "closed without an answer");
}

#[test]
fn a_bridge_before_a_dead_engine_is_told_from_nobody_at_all() {
    let engine = StandIn::start();
    let bridge = Bridge::start(engine.socket());
    let target = bridge.endpoint().to_string();
    assert_eq!(verdict(probe().arg(&target))["state"], "healthy");
    engine.kill();
    assert_state(
        &verdict(probe().arg(&target)),
        "engine-down",
        "the Engine behind it isn't running",
    );
    drop(bridge);
    assert_state(&verdict(probe().arg(&target)), "refused", "nobody listens there");
}

#[test]
fn guarded_access_and_other_proxies_say_that_the_engine_is_down() {
    let message = r#"{"message":"Cannot connect to the Docker daemon at unix:///x"}"#;
    for status in ["503 Service Unavailable", "502 Bad Gateway", "504 Gateway Timeout"] {
        let said = verdict_on(&[&answer(status, message)]);
        assert_state(&said, "engine-down", "Cannot connect to the Docker daemon at unix:///x");
    }
    assert_state(&verdict_on(&[b"HTTP/1.1 200 OK\r\nContent-Le"]), "engine-down", "in the middle");
}

#[test]
fn unix_sockets_that_nobody_serves_are_told_apart() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("engine.sock");
    let ask = || verdict(probe().arg(&path));
    assert_state(&ask(), "refused", "is the Engine running, and its socket mounted here?");
    StandIn::builder().path(&path).start().kill();
    assert_state(&ask(), "refused", "nobody listens on it: is the Engine running?");
    fs::remove_file(&path).unwrap();
    fs::write(&path, "").unwrap();
    assert_state(&ask(), "refused", "it is a file, not a socket");
    assert_state(&verdict(probe().arg(folder.path())), "refused", "it is a directory");
}

#[test]
fn a_socket_that_its_engine_has_left_behind_is_stale() {
    if !skip::require_root() {
        return;
    }
    let unshare = testkit::requires_tool!("unshare");
    let folder = tempfile::tempdir().unwrap();
    let (engine, mounted) = (folder.path().join("engine.sock"), folder.path().join("mounted.sock"));
    StandIn::builder().path(&engine).start().kill();
    fs::write(&mounted, "").unwrap();
    // What a container sees after an Engine's restart.
    let script = "mount --bind \"$1\" \"$2\" && rm \"$1\" && exec \"$3\" --format json \"$2\"";
    let output = Program::new(unshare)
        .args(["--mount", "sh", "-c", script, "sh"])
        .args([engine, mounted, binary::binary("probe")])
        .run();
    let said = serde_json::from_slice(&output.stdout).unwrap();
    assert_state(&said, "stale-socket", "mount the directory");
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn silence_is_a_timeout_wherever_it_begins() {
    let limit = Duration::from_millis(300);
    let full = engine::full_backlog();
    let rude = RudeEngine::start_tcp();
    let within = |target: String, error: &str| {
        let begin = Instant::now();
        let said = verdict(probe().args(["--timeout", "300ms", &target]));
        let took = begin.elapsed();
        assert_state(&said, "timeout", error);
        assert!(took >= limit && took < limit + Duration::from_secs(1), "{took:?}");
    };
    within(full.socket().display().to_string(), "no connection within 300ms");
    within(rude.endpoint().to_string(), "connected, but no answer within 300ms");
    let https = rude.endpoint().to_string().replace("tcp://", "https://");
    within(https, "no TLS handshake within 300ms");
}

#[test]
fn a_name_without_an_address_is_dns() {
    assert_state(&verdict(probe().arg("tcp://nobody.invalid:2375")), "dns", "nobody.invalid: ");
}

#[test]
fn a_name_server_that_is_silent_is_dns_too_and_waited_for_no_longer() {
    if !skip::require_root() {
        return;
    }
    let unshare = testkit::requires_tool!("unshare");
    let _silent = UdpSocket::bind("127.53.0.1:53").unwrap();
    let folder = tempfile::tempdir().unwrap();
    let settings = folder.path().join("resolv.conf");
    fs::write(&settings, "nameserver 127.53.0.1\n").unwrap();
    let script = "mount --bind \"$1\" /etc/resolv.conf && shift && exec \"$@\"";
    let program = Program::new(unshare)
        .args(["--mount", "sh", "-c", script, "sh"])
        .arg(settings)
        .arg(binary::binary("probe"))
        .args(["--timeout", "300ms", "tcp://engine.example:2375"]);
    let begin = Instant::now();
    assert_state(&verdict(program), "dns", "engine.example: no answer within 300ms; is the name");
    assert!(begin.elapsed() < Duration::from_secs(2));
}

#[test]
fn names_and_ipv6_are_dialled() {
    let port = ports::free_port();
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let _engine = StandIn::builder().tcp(address).start();
    assert_eq!(verdict(probe().arg(format!("tcp://localhost:{port}")))["state"], "healthy");
    if !skip::require_ipv6() {
        return;
    }
    let address = format!("[::1]:{}", ports::free_port_v6());
    let _engine = StandIn::builder().tcp(address.parse().unwrap()).start();
    assert_eq!(verdict(probe().arg(format!("tcp://{address}")))["state"], "healthy");
}

#[test]
fn a_refusal_says_what_to_allow() {
    let message = r#"{"message":"access denied: role none may not SystemPing (GET /_ping)"}"#;
    let said = verdict_on(&[&answer("403 Forbidden", message)]);
    assert_state(&said, "denied", "role none may not SystemPing");
    assert_state(&said, "denied", "allow this client SystemPing and SystemVersion");
    let version = verdict_on(&[PING, &answer("403 Forbidden", "Forbidden")]);
    assert_state(&version, "denied", "403 to GET /version");
}

#[test]
fn a_socket_that_is_not_permitted_names_the_group_that_is() {
    if !skip::require_root() {
        return;
    }
    let setpriv = testkit::requires_tool!("setpriv");
    let folder = tempfile::tempdir().unwrap();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let copy = binary::copy("probe", folder.path());
    let nobody = || {
        let rights = ["--reuid=65534", "--regid=65534", "--clear-groups", "--bounding-set=-all"];
        Program::new(&setpriv).args(rights).arg(&copy)
    };
    let engine = StandIn::start();
    let socket = engine.socket();
    let chgrp = |group: &str| {
        let status = clean_environment(&mut Command::new("chgrp")).arg(group).arg(socket).status();
        assert!(status.unwrap().success());
    };
    chgrp("daemon");
    assert_state(
        &verdict(nobody().arg(socket)),
        "denied",
        "the group `daemon` may open it: join it",
    );
    chgrp("54321");
    assert_state(&verdict(nobody().arg(socket)), "denied", "`docker run --group-add 54321`");
    fs::set_permissions(socket, fs::Permissions::from_mode(0o600)).unwrap();
    assert_state(&verdict(nobody().arg(socket)), "denied", "only its owner may open it");
    fs::set_permissions(socket.parent().unwrap(), fs::Permissions::from_mode(0o700)).unwrap();
    assert_state(&verdict(nobody().arg(socket)), "denied", "a directory above it is closed");
}

#[test]
fn other_servers_are_not_docker() {
    let page = answer("200 OK", "<html>");
    for answers in [
        &[&page[..], &page][..],
        &[&answer("404 Not Found", "")],
        &[&answer("301 Moved Permanently", "")],
        &[b"-ERR unknown command\r\n"],
        &[b"\0\0\0\0"],
        &[PING, &answer("200 OK", "{}")],
    ] {
        assert_state(&verdict_on(answers), "not-docker", "what answers is not an Engine");
    }
    // One that speaks first.
    let server = RudeEngine::start_tcp();
    let said = thread::scope(|scope| {
        scope.spawn(|| server.accept(DEADLINE).send("SSH-2.0-OpenSSH_9.2\r\n"));
        verdict(probe().arg(server.endpoint().to_string()))
    });
    assert_state(&said, "not-docker", "it doesn't speak HTTP");
}

#[test]
fn conditions_that_are_unmet_are_named() {
    let engine = StandIn::builder().api_version("1.41").start();
    let ask = |flags: &[&str]| verdict(probe().args(flags).arg(engine.socket()));
    assert_eq!(ask(&["--min-api", "1.41", "--max-latency", "5s"])["state"], "healthy");
    let said = ask(&["--min-api", "1.42", "--max-latency", "1us"]);
    assert_state(&said, "unmet", "its API is 1.41, below --min-api 1.42");
    assert_state(&said, "unmet", "more than --max-latency 1µs");
    assert_eq!(said["engine"]["api_version"], "1.41");
}

#[test]
fn what_can_not_be_asked_says_what_to_do_instead() {
    assert_state(&verdict(probe().arg("ssh://me@host")), "unsupported", "`ssh HOST probe`");
    let pipe = verdict(probe().arg("npipe:////./pipe/docker_engine"));
    assert_state(&pipe, "unsupported", "over tcp://");
}

#[test]
fn a_stopped_engine_is_refused_and_a_killed_one_too() {
    let Some(mut engine) = Dockerd::private_or_skip(&[]) else { return };
    let host = engine.host();
    let ask = || verdict(probe().arg(&host));
    assert_eq!(ask()["state"], "healthy");
    engine.kill();
    assert_state(&ask(), "refused", "nobody listens on it");
    engine.start();
    assert_eq!(ask()["state"], "healthy");
    engine.stop();
    assert_state(&ask(), "refused", "is the Engine running, and its socket mounted here?");
}
