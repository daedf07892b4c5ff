//! `docker attach` and `docker start -ai` are as good as having started the container oneself.

#![expect(clippy::expect_used, reason = "to a test a panic is an answer")]

use std::io::{Read as _, Write as _};
use std::process::{Child, Stdio};
use std::time::Duration;

use testkit::process::{Process, finish, finish_with_input};
use testkit::{Signal, Subject, requires_docker, subject};

const LONG: Duration = Duration::from_secs(60);
/// Longer than what proxies with an idle limit of ten seconds bear.
const QUIET: Duration = Duration::from_secs(13);

#[test]
fn who_attaches_sees_the_rest_and_gets_the_exit_code() {
    let engine = requires_docker!();
    let seen = subject::same(engine.socket(), |subject| {
        let container =
            engine.interactive_container(&["sh", "-c", "cat; sleep 2; echo late; exit 5"]);
        let output = finish_with_input(subject.docker(&["attach", container.id()]), "hi\n", LONG);
        (String::from_utf8_lossy(&output.stdout).into_owned(), output.status.code())
    });
    assert_eq!(seen, ("hi\nlate\n".to_owned(), Some(5)));
}

#[test]
fn who_attaches_without_input_sees_output_and_errors_apart() {
    let engine = requires_docker!();
    let seen = subject::same(engine.socket(), |subject| {
        let script = "sleep 3; echo out; echo err >&2; exit 6";
        let container = engine.container(&[], &["sh", "-c", script]);
        let attach = ["attach", "--no-stdin", container.id()];
        let output = finish(subject.docker(&attach), LONG);
        let [out, err] = [output.stdout, output.stderr]
            .map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
        (out, err, output.status.code())
    });
    assert_eq!(seen, ("out\n".to_owned(), "err\n".to_owned(), Some(6)));
}

#[test]
fn a_container_is_started_with_its_input_and_output() {
    let engine = requires_docker!();
    let seen = subject::same(engine.socket(), |subject| {
        let script = "cat; sleep 2; echo late; exit 4";
        let create =
            ["create", "-i", "--network", "none", testkit::image::IMAGE, "sh", "-c", script];
        let id = engine.run(&create);
        let output = finish_with_input(subject.docker(&["start", "-ai", &id]), "hi\n", LONG);
        engine.run(&["rm", "--force", &id]);
        (String::from_utf8_lossy(&output.stdout).into_owned(), output.status.code())
    });
    assert_eq!(seen, ("hi\nlate\n".to_owned(), Some(4)));
}

#[test]
fn a_signal_to_the_cli_reaches_the_container() {
    let engine = requires_docker!();
    for subject in subject::direct_and_bridge(engine.socket()) {
        let script = "trap 'echo heard; exit 8' INT; while :; do echo tick; sleep 0.1; done";
        let container = engine.container(&[], &["sh", "-c", script]);
        let attach = ["attach", "--no-stdin", container.id()];
        let client = Process::spawn(subject.docker(&attach));
        // It forwards signals before it attaches.
        client.wait_for_log_containing("tick");
        client.signal(Signal::INT);
        assert_eq!(client.wait_exit(LONG).code(), Some(8), "{subject}");
        assert!(client.logs().ends_with("tick\nheard\n"), "{subject}: {}", client.logs());
    }
}

/// Neither side says a word for longer than proxies wait; then both do.
#[test]
fn a_session_in_which_nobody_speaks_for_long_goes_on() {
    let engine = requires_docker!();
    let container = engine.container(&[], &["sleep", "600"]);
    let subjects = subject::direct_and_bridge(engine.socket());
    let mut sessions = subjects.each_ref().map(|subject| session(subject, container.id()));
    for child in &mut sessions {
        assert_eq!(exchange(child, "before"), "before\n");
    }
    testkit::wait::pause(QUIET);
    for (child, subject) in sessions.iter_mut().zip(&subjects) {
        assert_eq!(exchange(child, "behind the silence"), "behind the silence\n", "{subject}");
        drop(child.stdin.take());
        assert!(child.wait().expect("docker").success(), "{subject}");
    }
}

fn session(subject: &Subject, container: &str) -> Child {
    let mut command = subject.docker(&["exec", "-i", container, "cat"]);
    command.stdin(Stdio::piped()).stdout(Stdio::piped());
    command.spawn().expect("docker")
}

fn exchange(child: &mut Child, line: &str) -> String {
    let stdin = child.stdin.as_mut().expect("piped");
    writeln!(stdin, "{line}").expect("docker reads");
    let mut answer = vec![0; line.len() + 1];
    child.stdout.as_mut().expect("piped").read_exact(&mut answer).expect("docker writes");
    String::from_utf8_lossy(&answer).into_owned()
}
