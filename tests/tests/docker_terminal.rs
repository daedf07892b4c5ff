//! A terminal in a container is a terminal: size, signals, detaching.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use serde_json::{Value, json};
use testkit::image::IMAGE;
use testkit::process::finish;
use testkit::{Bridge, Dockerd, Endpoint, Subject, requires_docker, requires_tool, subject};

/// Runs a docker command in a terminal, step by step; `terminal.py` says what steps there are.
fn in_a_terminal(subject: &Subject, arguments: &[&str], steps: &Value) -> String {
    command_in_a_terminal(&subject.docker(arguments), steps)
}

fn command_in_a_terminal(docker: &Command, steps: &Value) -> String {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts/terminal.py");
    let mut command = Command::new("python3");
    command.arg(script).arg(steps.to_string()).arg(docker.get_program()).args(docker.get_args());
    for (name, value) in docker.get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    let output = finish(command, Duration::from_secs(100));
    let screen = String::from_utf8_lossy(&output.stdout).into_owned();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{docker:?}: {errors}\non the screen:\n{screen}");
    screen
}

#[test]
fn a_terminal_knows_its_size_and_hears_when_it_changes() {
    requires_tool!("python3");
    let engine = requires_docker!();
    let steps = json!([
        {"resize": [30, 100]},
        {"see": "# "},
        // It ends by itself: an interrupt between two of its programs would reach neither.
        {"type": "until s=$(stty size); echo \"$s\"; [ \"$s\" = '41 1''23' ]; do sleep 1; done\r"},
        // Not only once: the CLI sets the first size before it listens for changes.
        {"see": "30 100"},
        {"see": "30 100"},
        {"resize": [41, 123]},
        {"see": "41 123"},
        {"see": "# "},
        {"type": "exit 5\r"},
        {"end": 5},
    ]);
    for subject in subject::direct_and_bridge(engine.socket()) {
        in_a_terminal(&subject, &["run", "-it", "--rm", IMAGE, "sh"], &steps);
    }
}

#[test]
fn an_interrupt_reaches_what_runs_in_the_terminal() {
    requires_tool!("python3");
    let engine = requires_docker!();
    let steps = json!([
        {"see": "# "},
        // One program, so that there is no moment without one to interrupt.
        {"type": "sh -c \"echo be''gun; exec sleep 1000\"\r"},
        {"see": "begun"},
        {"type": "\u{3}"},
        {"see": "# "},
        {"type": "echo still $((40 + 2))\r"},
        {"see": "still 42"},
        {"type": "exit\r"},
        {"end": 0},
    ]);
    let container = engine.container(&[], &["sleep", "600"]);
    for subject in subject::direct_and_bridge(engine.socket()) {
        in_a_terminal(&subject, &["exec", "-it", container.id(), "sh"], &steps);
    }
}

#[test]
fn the_detach_keys_leave_the_container_running_and_one_can_attach_again() {
    requires_tool!("python3");
    let engine = requires_docker!();
    for subject in subject::direct_and_bridge(engine.socket()) {
        let end = match subject.endpoint() {
            // A bug of the CLI: over TCP it reads no more behind the keys, but doesn't end.
            Endpoint::Tcp(_) => json!({"type": ""}),
            Endpoint::Tls(..) | Endpoint::Unix(_) => json!({"end": 1}),
        };
        detach_and_attach_again(&engine, &subject, &end);
    }
}

#[test]
fn through_a_unix_listener_the_detach_keys_do_the_same() {
    requires_tool!("python3");
    let engine = requires_docker!();
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("docker.sock");
    let bridge = Bridge::builder()
        .listen(format!("unix://{}", socket.display()))
        .upstream(engine.socket())
        .start();
    let subject = Subject::keeping("bridge on a unix socket", socket.as_path(), bridge);
    detach_and_attach_again(&engine, &subject, &json!({"end": 1}));
}

/// `docker attach` ends with 1 and says "read escape sequence". The container must go on, and take
/// who comes next.
fn detach_and_attach_again(engine: &Dockerd, subject: &Subject, end: &Value) {
    let container = engine.container(&["-it"], &["sh"]);
    let detach = json!([
        {"type": "\r"},
        {"see": "# "},
        {"type": "echo first $((1 + 1))\r"},
        {"see": "first 2"},
        {"type": "\u{10}\u{11}"},
        end,
    ]);
    in_a_terminal(subject, &["attach", container.id()], &detach);
    let running = engine.run(&["inspect", "-f", "{{.State.Running}}", container.id()]);
    assert_eq!(running, "true", "{subject}");
    let again = json!([
        {"type": "\r"},
        {"see": "# "},
        {"type": "exit 7\r"},
        {"end": 7},
    ]);
    in_a_terminal(subject, &["attach", container.id()], &again);
}

/// Whatever the CLI does with the detach keys over TCP, it does the same at a TCP listener of
/// dockerd itself: it isn't the bridge's doing.
#[test]
fn over_tcp_the_detach_keys_do_what_they_do_at_the_engines_own_listener() {
    requires_tool!("python3");
    // In the namespace of dockerd, where it is the only one.
    let own = "tcp://127.0.0.1:2375";
    let Some(engine) = Dockerd::private_or_skip(&["--host", own]) else { return };
    let bridge = Subject::bridge(engine.socket());
    let outcomes = [true, false].map(|is_own| {
        let container = engine.container(&["-it"], &["sh"]);
        let attach = ["attach", container.id()];
        let command = if is_own {
            let mut inside = engine.inside("docker");
            inside.args(["--host", own]).args(attach);
            inside
        } else {
            bridge.docker(&attach)
        };
        let steps = json!([
            {"type": "\r"},
            {"see": "# "},
            {"type": "echo first $((1 + 1))\r"},
            {"see": "first 2"},
            {"type": "\u{10}\u{11}"},
            {"whether": 4},
        ]);
        let screen = command_in_a_terminal(&command, &steps);
        let running = engine.run(&["inspect", "-f", "{{.State.Running}}", container.id()]);
        assert_eq!(running, "true");
        let (_, outcome) = screen.rsplit_once("[ended: ").expect("what the script puts there");
        outcome.to_owned()
    });
    assert_eq!(outcomes[1], outcomes[0], "through the bridge, and without");
    println!("behind the detach keys: [ended: {}", outcomes[0]);
}
