//! Targets that mean no good take bounded time and memory, and get a clear state.

use std::io::Write as _;
use std::process::Command;
use std::thread;
use std::time::Duration;

use serde_json::Value;
use testkit::process::{clean_environment, finish};
use testkit::{DEADLINE, RudeEngine, Stream, binary};

use crate::{PING, answer, assert_state, verdict_on};

/// Runs it under Python, which tells how long it took, and the most memory, in KiB.
fn measured(arguments: &[&str]) -> (String, Duration, u64) {
    let script = "import subprocess, resource, sys, time\n\
        begin = time.monotonic()\n\
        out = subprocess.run(sys.argv[1:], capture_output=True).stdout\n\
        took = time.monotonic() - begin\n\
        most = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss\n\
        sys.stderr.write(f'{took} {most}')\n\
        sys.stdout.buffer.write(out)";
    let mut command = Command::new("python3");
    clean_environment(&mut command)
        .args(["-c", script])
        .arg(binary::binary("probe"))
        .args(arguments);
    let output = finish(command, DEADLINE * 3);
    let told = String::from_utf8(output.stderr).unwrap();
    let (took, most) = told.split_once(' ').unwrap_or_else(|| panic!("{told}"));
    let took = Duration::from_secs_f64(took.parse().unwrap());
    (String::from_utf8(output.stdout).unwrap(), took, most.parse().unwrap())
}

/// What it says of a server that does `serve` to a connection, in its timeout, a second and 30 MB at
/// most.
fn assaulted(timeout: Duration, serve: impl FnOnce(Stream) + Send) -> Value {
    let server = RudeEngine::start_tcp();
    let target = server.endpoint().to_string();
    let (out, took, most) = thread::scope(|scope| {
        scope.spawn(|| serve(server.accept(DEADLINE)));
        let timeout = format!("{}s", timeout.as_secs());
        measured(&["--format", "json", "--timeout", &timeout, &target])
    });
    assert!(took < timeout + Duration::from_secs(1), "{took:?}");
    assert!(most < 30 * 1024, "{most} KiB");
    serde_json::from_str(&out).unwrap()
}

fn send_for_ever(mut client: Stream, bytes: &[u8]) {
    while client.write_all(bytes).is_ok() {}
}

#[test]
fn a_body_without_end_is_cut_off() {
    testkit::requires_tool!("python3");
    let said = assaulted(LONG, |mut client| {
        client.read_head();
        client.send("HTTP/1.1 200 OK\r\n\r\n");
        send_for_ever(client, &[b' '; 8192]);
    });
    assert_state(&said, "not-docker", "its answer has no end");
    let said = assaulted(LONG, |mut client| {
        client.read_head();
        client.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
        send_for_ever(client, b"1000\r\n");
    });
    assert_state(&said, "not-docker", "");
}

#[test]
fn a_head_of_two_megabytes_is_not_taken() {
    testkit::requires_tool!("python3");
    for line in ["X: ".to_owned() + &"x".repeat(2 << 20), "X: y\r\n".repeat(350_000)] {
        let said = assaulted(LONG, move |mut client| {
            client.read_head();
            // It hangs up in the middle.
            let _reset = client.write_all(format!("HTTP/1.1 200 OK\r\n{line}\r\n\r\n").as_bytes());
        });
        assert_state(&said, "not-docker", "its answer is not HTTP/1.1 as an Engine writes it");
    }
}

#[test]
fn interim_answers_without_end_are_cut_off() {
    testkit::requires_tool!("python3");
    let said = assaulted(LONG, |mut client| {
        client.read_head();
        send_for_ever(client, b"HTTP/1.1 102 Processing\r\n\r\n");
    });
    assert_state(&said, "not-docker", "its answer has no end");
}

#[test]
fn a_slow_loris_is_a_timeout() {
    testkit::requires_tool!("python3");
    for begin in ["HTTP/1.1 200 OK\r\nX: ", "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n"] {
        let said = assaulted(SHORT, |mut client| {
            client.read_head();
            client.send(begin);
            while client.write_all(b"H").is_ok() {
                testkit::wait::pause(Duration::from_millis(100));
            }
        });
        assert_state(&said, "timeout", "connected, but no answer within 1s");
    }
}

#[test]
fn bodies_that_are_no_json_are_not_docker() {
    for body in [
        &b"{\"Version\":\"1\",\"ApiVersion\":\"1.4\xff\"}"[..],
        b"{\"ApiVersion\":\"1.41\"",
        b"{\"ApiVersion\":\"1.41\"}}",
        b"{\"ApiVersion\":41}",
        "[".repeat(100_000).as_bytes(),
    ] {
        let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", body.len());
        let said = verdict_on(&[PING, &[head.as_bytes(), body].concat()]);
        assert_state(&said, "not-docker", "GET /version gives no Engine's JSON");
    }
}

#[test]
fn an_engine_can_not_write_to_the_terminal() {
    let body = r#"{"ApiVersion":"1.41","Version":"\u001b]0;owned\u0007\n1"}"#;
    let said = verdict_on(&[PING, &answer("200 OK", body)]);
    let version = said["engine"]["version"].as_str().unwrap();
    assert!(!version.chars().any(char::is_control), "{version:?}");
    let message = r#"{"message":"\u001b[2Jno\r\nerror: more"}"#;
    let said = verdict_on(&[&answer("403 Forbidden", message)]);
    let error = said["error"].as_str().unwrap();
    assert!(!error.chars().any(char::is_control), "{error:?}");
}

/// Enough for whoever reads as much as is taken, on a machine that does much else.
const LONG: Duration = Duration::from_secs(8);
/// Where nothing but the time can end it.
const SHORT: Duration = Duration::from_secs(1);
