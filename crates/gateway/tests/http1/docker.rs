//! The docker CLI and a real Engine, with the gate between.

use std::process::Output;
use std::time::Duration;

use testkit::dockerd::docker;
use testkit::image::IMAGE;
use testkit::process::{finish, finish_with_input};
use testkit::requires_docker;
use testkit::subject::undated;

use crate::common::Guarded;

const LONG: Duration = Duration::from_secs(90);

/// What was printed, and the exit code.
fn seen(output: &Output) -> (String, Option<i32>) {
    let printed = [&output.stdout[..], &output.stderr].concat();
    (String::from_utf8_lossy(&printed).trim_end().to_owned(), output.status.code())
}

#[test]
fn runs_and_execs_lose_no_output_and_no_exit_code() {
    let engine = requires_docker!();
    let gate = Guarded::start(&engine.socket().into(), "user");
    let host = gate.endpoint().to_string();
    for (script, stdin, printed, code) in [
        ("echo hello", None, "hello", 0),
        ("sleep 1; echo x; exit 7", None, "x", 7),
        ("cat; sleep 1; echo late", Some("hi\n"), "hi\nlate", 0),
    ] {
        let arguments = ["run", "-i", "--rm", IMAGE, "sh", "-c", script];
        let command = docker(&host, &arguments);
        let output = finish_with_input(command, stdin.unwrap_or_default(), LONG);
        assert_eq!(seen(&output), (printed.to_owned(), Some(code)), "{script}");
    }
}

#[test]
fn a_role_that_may_only_look_looks_and_reads_why_it_may_not_more() {
    let engine = requires_docker!();
    let gate = Guarded::start(&engine.socket().into(), "read-only");
    let host = gate.endpoint().to_string();
    let run = |arguments: &[&str]| seen(&finish(docker(&host, arguments), LONG));
    assert_eq!(run(&["ps", "--quiet", "--filter", "name=no-such"]), (String::new(), Some(0)));
    let (printed, code) = run(&["run", "--rm", IMAGE, "true"]);
    assert_eq!(code, Some(125));
    assert!(
        printed.contains(
            "access denied: role read-only may not ContainerCreate (POST /containers/create)"
        ),
        "{printed}"
    );
}

#[test]
fn a_path_that_is_not_clean_is_answered_as_the_engine_answers_it() {
    let engine = requires_docker!();
    let gate = Guarded::start(&engine.socket().into(), "read-only");
    for (method, close) in [("GET", ""), ("GET", "Connection: close\r\n"), ("HEAD", "")] {
        for path in ["//_ping", "/containers//json?all=1&b=//", "//a%20\u{fc}<b>\"&'%2f;$@+c/"] {
            let request = format!("{method} {path} HTTP/1.1\r\nHost: docker\r\n{close}\r\n");
            let [theirs, ours] = [engine.endpoint(), gate.endpoint()].map(|endpoint| {
                let mut stream = endpoint.connect();
                stream.send(&request);
                stream.shutdown_write();
                let answer = stream.read_to_end_within(LONG);
                undated(std::str::from_utf8(&answer).unwrap())
            });
            assert!(theirs.starts_with("HTTP/1.1 301 Moved Permanently\r\n"), "{theirs}");
            assert_eq!(ours, theirs, "{request}");
        }
    }
}
