//! docker-py and dockerode under `monitor`: what they read is the same as at the Engine's own socket,
//! and what they may not do is an error of theirs that says why.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use serde_json::{Value, json};
use testkit::process::finish;
use testkit::{Endpoint, image, requires_docker, sdk};

use crate::under;

#[test]
fn docker_py_monitors_and_does_nothing_else() {
    assert_monitors("docker_py_monitor.py", sdk::python);
}

#[test]
fn dockerode_monitors_and_does_nothing_else() {
    assert_monitors("dockerode_monitor.js", sdk::node);
}

fn assert_monitors(script: &str, interpreter: impl Fn(&Path) -> Option<Command>) {
    let engine = requires_docker!();
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("scripts").join(script);
    if interpreter(&path).is_none() {
        return;
    }
    let name = format!("consumers-{}-{}", script.replace('.', "-"), std::process::id());
    let _container = engine.container(&["--name", &name], &["sleep", "600"]);
    let run = |endpoint: &Endpoint, what: &str| -> Value {
        let mut command = interpreter(&path).expect("it was there before");
        command.arg(endpoint.to_string()).args([what, image::IMAGE, &name]);
        let output = finish(command, DEADLINE);
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{script}: {}\n{stderr}", output.status);
        serde_json::from_slice(&output.stdout).expect("one line of JSON")
    };

    let bridge = under("monitor", engine.socket()).start();
    let read = run(&bridge.endpoint(), "read");
    assert_eq!(read["name"], json!(name));
    assert_eq!(read, run(&engine.endpoint(), "read"));

    let refused = run(&bridge.endpoint(), "change");
    for (what, operation) in [
        ("create", "ContainerCreate (POST /containers/create)"),
        ("exec", "ContainerExec"),
        ("kill", "ContainerKill"),
        ("logs", "ContainerLogs"),
        ("archive", "ContainerArchive"),
        ("remove", "ContainerDelete"),
        ("attach", "ContainerAttach"),
    ] {
        let said = refused[what].to_string();
        let expected = format!("access denied: role monitor may not {operation}");
        assert!(said.starts_with("[403,") && said.contains(&expected), "{what}: {said}");
    }
    assert_eq!(engine.run(&["inspect", "--format", "{{.State.Status}}", &name]), "running");
}

const DEADLINE: Duration = Duration::from_secs(60);
