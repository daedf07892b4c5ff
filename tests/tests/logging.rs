//! What the bridge says, where, and when.

#![expect(clippy::unwrap_used, reason = "to a test a panic is an answer")]

use std::process::Command;

use testkit::process::finish;
use testkit::stream::get;
use testkit::{Bridge, DEADLINE, Program, Signal, StandIn, ports};

#[test]
fn text_lines_have_a_time_in_utc_and_a_level_and_no_colour() {
    let engine = StandIn::start();
    let before = now();
    let bridge = Bridge::builder()
        .upstream(engine.socket())
        .args(["--log-level", "debug"])
        .env("TZ", "Asia/Tokyo")
        .start();
    get(&bridge.endpoint(), "/_ping");
    bridge.wait_for_log_containing(" DEBUG ");
    let logs = stop(&bridge);
    for line in logs.lines() {
        let mut words = line.split_whitespace();
        let time = words.next().unwrap_or_default();
        assert_eq!(time.len(), "2026-01-31T12:34:56.123456Z".len(), "{line}");
        assert!(time.ends_with('Z') && time >= before.as_str(), "{line}, after {before}");
        assert!(time[..19] <= *now(), "{line}, before {}", now());
        assert!(matches!(words.next(), Some("INFO" | "DEBUG" | "WARN")), "{line}");
        assert!(!line.contains('\x1b'), "{line}");
    }
}

#[test]
fn json_lines_are_objects() {
    let engine = StandIn::start();
    let bridge = Bridge::builder()
        .upstream(engine.socket())
        .args(["--log-format", "json", "--log-level", "debug"])
        .start();
    get(&bridge.endpoint(), "/_ping");
    bridge.wait_for_log_containing("DEBUG");
    let logs = stop(&bridge);
    for line in logs.lines() {
        let object: serde_json::Value = serde_json::from_str(line).unwrap();
        for field in ["timestamp", "level", "message", "target"] {
            assert!(object[field].is_string(), "no {field}: {line}");
        }
        assert!(object["timestamp"].as_str().unwrap().ends_with('Z'), "{line}");
    }
    assert!(logs.contains("\"message\":\"listening on tcp://"), "{logs}");
}

#[test]
fn the_settings_in_force_are_logged_once() {
    let engine = StandIn::start();
    let port = ports::free_port();
    let bridge = Bridge::builder()
        .listen(format!("tcp://127.0.0.1:{port}"))
        .upstream(engine.socket())
        .args(["--allow-from", "127.0.0.0/8", "--max-connections", "7", "--shutdown-grace", "3s"])
        .args(["--connect-timeout", "4s", "--allow-host", "docker.example"])
        .env("BRIDGE_ALLOW_ORIGIN", "https://portainer.example")
        .start();
    get(&bridge.endpoint(), "/_ping");
    let logs = stop(&bridge);
    let lines: Vec<_> = logs.lines().filter(|line| line.contains("upstream: ")).collect();
    assert_eq!(lines.len(), 1, "{logs}");
    for part in [
        format!("listen: tcp://127.0.0.1:{port}; "),
        format!("upstream: unix://{}; ", engine.socket().display()),
        "access: full; ".to_owned(),
        "browser guard: on; ".to_owned(),
        "allow from: 127.0.0.0/8; ".to_owned(),
        "allow host: docker.example; ".to_owned(),
        "allow origin: https://portainer.example; ".to_owned(),
        "max connections: 7; ".to_owned(),
        "connect timeout: 4s; ".to_owned(),
        "shutdown grace: 3s".to_owned(),
    ] {
        assert!(lines[0].contains(&part), "no {part:?}: {}", lines[0]);
    }
}

#[test]
fn a_start_and_a_stop_are_told_and_connections_are_not() {
    let engine = StandIn::start();
    let bridge = Bridge::start(engine.socket());
    bridge.wait_for_log_containing("listening on");
    let before = bridge.logs();
    for _ in 0..20 {
        get(&bridge.endpoint(), "/_ping");
    }
    bridge.endpoint().connect().reset();
    assert_eq!(bridge.logs(), before);
    let logs = stop(&bridge);
    assert!(logs.contains("SIGTERM: stopping"), "{logs}");
    assert!(logs.ends_with(" INFO stopped\n"), "{logs}");
}

#[test]
fn a_connection_is_told_at_debug() {
    let engine = StandIn::start();
    let bridge =
        Bridge::builder().upstream(engine.socket()).env("BRIDGE_LOG", "core=debug").start();
    let mut client = bridge.endpoint().connect();
    let peer = client.local_addr().unwrap();
    client.exchange("GET /_ping HTTP/1.1\r\nHost: docker\r\n\r\n");
    drop(client);
    bridge.wait_for_log(|line| line.contains(" DEBUG ") && line.contains(&peer.to_string()));
}

#[test]
fn levels_hide_what_lies_below() {
    let missing = "/nonexistent/engine.sock";
    for (name, level, warns) in [
        ("BRIDGE_LOG", "warn", true),
        ("LOG_LEVEL", "warning", true),
        ("LOG_LEVEL", "WARN", true),
        ("BRIDGE_LOG", "error", false),
        ("LOG_LEVEL", "err", false),
        ("BRIDGE_LOG", "off", false),
    ] {
        let bridge = Bridge::builder().upstream(missing).env(name, level).start();
        // It finds no Engine at start, and none for this client.
        let mut client = bridge.endpoint().connect();
        client.send("GET /_ping HTTP/1.1\r\nHost: docker\r\n\r\n");
        client.expect_eof(DEADLINE);
        drop(client);
        let logs = stop(&bridge);
        assert_eq!(logs.contains("WARN"), warns, "{name}={level}: {logs}");
        assert!(!logs.contains("INFO"), "{name}={level}: {logs}");
    }
}

#[test]
fn a_flag_beats_the_variables_and_ours_beats_haproxys() {
    let engine = StandIn::start();
    let builder = Bridge::builder().upstream(engine.socket()).env("LOG_LEVEL", "err");
    let ours = builder.clone().env("BRIDGE_LOG", "info").start();
    ours.wait_for_log_containing("listening on");
    let flag = builder.env("BRIDGE_LOG", "error").args(["--log-level", "info"]).start();
    flag.wait_for_log_containing("listening on");
}

#[test]
fn logs_go_to_standard_error_alone() {
    let engine = StandIn::start();
    let port = ports::free_port();
    let bridge = Program::new("sh")
        .args(["-c", "exec \"$@\" 2>/dev/null", "sh"])
        .arg(testkit::binary::binary("bridge"))
        .args(["--listen", &format!("127.0.0.1:{port}"), "--log-level", "trace", "--upstream"])
        .arg(engine.socket())
        .start();
    let address = std::net::SocketAddr::from(([127, 0, 0, 1], port));
    let endpoint = testkit::Endpoint::Tcp(address);
    testkit::eventually(DEADLINE, "it listens", || endpoint.try_connect().is_ok());
    get(&endpoint, "/_ping");
    bridge.signal(Signal::TERM);
    assert_eq!(bridge.wait_exit(DEADLINE).code(), Some(0));
    assert_eq!(bridge.logs(), "");
}

#[test]
fn a_standard_error_that_is_closed_stops_nothing() {
    let engine = StandIn::start();
    let port = ports::free_port();
    let bridge = Program::new("sh")
        .args(["-c", "exec \"$@\" 2>&-", "sh"])
        .arg(testkit::binary::binary("bridge"))
        .args(["--listen", &format!("127.0.0.1:{port}"), "--log-level", "trace", "--upstream"])
        .arg(engine.socket())
        .start();
    let endpoint = testkit::Endpoint::Tcp(std::net::SocketAddr::from(([127, 0, 0, 1], port)));
    testkit::eventually(DEADLINE, "it listens", || endpoint.try_connect().is_ok());
    assert_eq!(get(&endpoint, "/_ping").text(), "OK");
    bridge.signal(Signal::TERM);
    assert_eq!(bridge.wait_exit(DEADLINE).code(), Some(0));
}

/// Stops it, and returns all that it said.
fn stop(bridge: &Bridge) -> String {
    bridge.signal(Signal::TERM);
    assert_eq!(bridge.wait_exit(DEADLINE).code(), Some(0));
    bridge.logs()
}

/// The time in UTC, to the second, as `date` knows it.
fn now() -> String {
    let mut date = Command::new("date");
    date.args(["--utc", "+%Y-%m-%dT%H:%M:%S"]);
    String::from_utf8(finish(date, DEADLINE).stdout).unwrap().trim().to_owned()
}
