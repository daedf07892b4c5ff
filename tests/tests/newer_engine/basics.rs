//! What everybody does every day.

use std::io::{BufRead as _, BufReader};
use std::process::Stdio;

use testkit::dockerd::newer_docker;
use testkit::image::IMAGE;
use testkit::process::finish_with_input;
use testkit::requires_newer_docker;

use crate::{Front, LONG, name, said};

#[test]
fn standard_input_and_exit_codes_pass() {
    let engine = requires_newer_docker!();
    let container = engine.container(&[], &["sleep", "1000"]);
    for front in Front::all(engine.socket(), "maker") {
        let run = ["run", "--interactive", "--rm", "--network", "none", IMAGE];
        let words = [&run[..], &["sh", "-c", "cat; echo late; exit 7"]].concat();
        let command = newer_docker(&front.bridge.endpoint(), &words);
        let output = finish_with_input(command, "to a container\n", LONG);
        assert_eq!(output.status.code(), Some(7), "{}: {}", front.name, said(&output));
        assert_eq!(said(&output), "to a container\nlate\n", "{}", front.name);

        let exec = ["exec", container.id(), "sh", "-c", "echo out; echo err >&2; exit 5"];
        let output = front.docker(&exec);
        assert_eq!(output.status.code(), Some(5), "{}: {}", front.name, said(&output));
        assert_eq!((&*output.stdout, &*output.stderr), (&b"out\n"[..], &b"err\n"[..]));
    }
}

#[test]
fn logs_are_followed_to_their_end() {
    let engine = requires_newer_docker!();
    for front in Front::all(engine.socket(), "maker") {
        let container = engine.interactive_container(&["sh", "-c", "echo first; read x; echo $x"]);
        let mut command = newer_docker(&front.bridge.endpoint(), &["logs", "-f", container.id()]);
        let mut logs = command.stdout(Stdio::piped()).spawn().expect("cannot start docker");
        let mut lines = BufReader::new(logs.stdout.take().expect("piped")).lines();
        assert_eq!(lines.next().expect("a line").expect("a text"), "first", "{}", front.name);
        engine.run_with_input(&["attach", container.id()], "second\n");
        assert_eq!(lines.next().expect("a line").expect("a text"), "second", "{}", front.name);
        assert!(lines.next().is_none(), "{}", front.name);
        assert!(logs.wait().expect("its status").success(), "{}", front.name);
    }
}

#[test]
fn a_role_that_may_only_read_is_told_what_it_may_not() {
    let engine = requires_newer_docker!();
    let container = engine.container(&[], &["sleep", "1000"]);
    let front = Front::guarded(engine.socket(), "read-only");
    let output = front.docker(&["exec", container.id(), "true"]);
    assert!(!output.status.success());
    assert!(said(&output).contains("access denied: role read-only may not ContainerExec"));
    let named = name("run");
    let output = front.docker(&["run", "--name", &named, "--network", "none", IMAGE, "true"]);
    assert!(!output.status.success());
    assert!(said(&output).contains("access denied: role read-only may not ContainerCreate"));
    let filter = format!("name={named}");
    assert_eq!(engine.run(&["ps", "--all", "--quiet", "--filter", &filter]), "");
}
