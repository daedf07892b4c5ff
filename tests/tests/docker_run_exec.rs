//! `docker run` and `docker exec` lose no output and no exit code.

#![expect(clippy::print_stdout, reason = "who asks for a test's output sees how socat did")]

use std::fmt;
use std::process::Output;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use testkit::image::IMAGE;
use testkit::process::{finish, finish_with_input};
use testkit::{Dockerd, Subject, dockerd, requires_docker, requires_tool, subject};

/// What a person sees of a command.
#[derive(Clone, Eq, PartialEq)]
struct Seen {
    stdout: String,
    stderr: String,
    code: Option<i32>,
}

impl Seen {
    fn new(stdout: &str, code: i32) -> Self {
        Self { stdout: stdout.into(), stderr: String::new(), code: Some(code) }
    }
}

impl From<Output> for Seen {
    fn from(output: Output) -> Self {
        Self {
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
            code: output.status.code(),
        }
    }
}

impl fmt::Debug for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}, {:?}, exit code {:?}", self.stdout, self.stderr, self.code)
    }
}

const LONG: Duration = Duration::from_secs(90);

fn run(subject: &Subject, script: &str) -> Seen {
    finish(subject.docker(&["run", "--rm", IMAGE, "sh", "-c", script]), LONG).into()
}

fn run_with_input(subject: &Subject, script: &str) -> Seen {
    let command = subject.docker(&["run", "-i", "--rm", IMAGE, "sh", "-c", script]);
    finish_with_input(command, "hi\n", LONG).into()
}

/// Runs `one` so many times, four at a time, and gives what was seen each time.
fn repeat(times: usize, one: impl Fn() -> Seen + Sync) -> Vec<Seen> {
    let (seen, started) = (Mutex::new(Vec::new()), AtomicUsize::new(0));
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                while started.fetch_add(1, Ordering::Relaxed) < times {
                    let this = one();
                    if let Ok(mut seen) = seen.lock() {
                        seen.push(this);
                    }
                }
            });
        }
    });
    seen.into_inner().unwrap_or_default()
}

/// All of `times` runs through the bridge see `right`, as a direct one does, and one through
/// socat doesn't: who takes the promise for granted would see it here.
fn every_time_and_socat_fails(
    engine: &Dockerd,
    times: usize,
    right: &Seen,
    ask: impl Fn(&Subject) -> Seen + Sync,
) {
    let [direct, bridge] = subject::direct_and_bridge(engine.socket());
    assert_eq!(&ask(&direct), right, "direct");
    let seen = repeat(times, || ask(&bridge));
    assert_eq!(seen, vec![right.clone(); times], "through the bridge");
    let Some(socat) = Subject::socat(engine.socket()) else { return };
    let lost = ask(&socat);
    assert_ne!(&lost, right, "socat has learnt not to lose output");
    println!("{times} of {times} through the bridge; through socat: {lost:?}");
}

#[test]
fn run_with_input_prints_what_comes_two_seconds_behind_its_end() {
    requires_tool!("socat");
    let engine = requires_docker!();
    let right = Seen::new("hi\nlate\n", 0);
    every_time_and_socat_fails(&engine, 20, &right, |subject| {
        run_with_input(subject, "cat; sleep 2; echo late")
    });
}

#[test]
fn exec_prints_what_comes_late_and_keeps_its_exit_code() {
    requires_tool!("socat");
    let engine = requires_docker!();
    let container = engine.container(&[], &["sleep", "600"]);
    let right = Seen::new("out\n", 3);
    every_time_and_socat_fails(&engine, 20, &right, |subject| {
        let script = ["exec", container.id(), "sh", "-c", "sleep 1; echo out; exit 3"];
        finish(subject.docker(&script), LONG).into()
    });
}

#[test]
fn run_without_input_prints_all_and_keeps_its_exit_code() {
    requires_tool!("socat");
    let engine = requires_docker!();
    let hello = subject::same(engine.socket(), |subject| run(subject, "echo hello"));
    assert_eq!(hello, Seen::new("hello\n", 0));
    every_time_and_socat_fails(&engine, 5, &Seen::new("x\n", 7), |subject| {
        run(subject, "sleep 1; echo x; exit 7")
    });
}

#[test]
fn run_with_input_that_is_read_late_gets_all_of_it() {
    let engine = requires_docker!();
    let seen = subject::same(engine.socket(), |subject| run_with_input(subject, "sleep 2; cat"));
    assert_eq!(seen, Seen::new("hi\n", 0));
}

#[test]
fn output_and_errors_stay_apart() {
    let engine = requires_docker!();
    let script = "echo out; echo err >&2; exit 4";
    let seen = subject::same(engine.socket(), |subject| run(subject, script));
    assert_eq!(seen, Seen { stdout: "out\n".into(), stderr: "err\n".into(), code: Some(4) });
}

#[test]
fn exec_with_input_sees_its_end_and_prints_what_comes_behind_it() {
    requires_tool!("socat");
    let engine = requires_docker!();
    let container = engine.container(&[], &["sleep", "600"]);
    every_time_and_socat_fails(&engine, 5, &Seen::new("hi\nlate\n", 0), |subject| {
        let script = ["exec", "-i", container.id(), "sh", "-c", "cat; sleep 2; echo late"];
        finish_with_input(subject.docker(&script), "hi\n", LONG).into()
    });
}

#[test]
fn an_error_of_the_engine_is_told_in_its_own_words() {
    let engine = requires_docker!();
    let seen = subject::same(engine.socket(), |subject| {
        Seen::from(finish(subject.docker(&["exec", "nobody", "true"]), LONG))
    });
    assert_eq!(seen.code, Some(1));
    assert!(seen.stderr.contains("No such container: nobody"), "{seen:?}");
}

/// Debian's own CLI is from the time of the oldest Engines that are met.
#[test]
fn an_old_docker_cli_loses_nothing_either() {
    let engine = requires_docker!();
    let Some(old) = dockerd::debian_docker_cli() else {
        testkit::skip::skip("there is no /usr/bin/docker");
        return;
    };
    let container = engine.container(&[], &["sleep", "600"]);
    let seen = subject::same(engine.socket(), |subject| {
        let exec = ["exec", container.id(), "sh", "-c", "sleep 1; echo out; exit 3"];
        let command = subject.endpoint().docker_by(&old, &exec);
        Seen::from(finish(command, LONG))
    });
    assert_eq!(seen, Seen::new("out\n", 3));
}
