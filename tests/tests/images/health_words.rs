//! Health checks of old compose files, of which only the image's name is changed.

use std::time::Duration;

use testkit::dockerd::Dockerd;
use testkit::process::finish;
use testkit::{DEADLINE, eventually, requires_tool};

use crate::compose::{Project, engine_with};
use crate::succeed;

/// As people write them; what stands behind the service `docker` differs.
fn file(image: &str, command: &str, test: &str) -> String {
    format!(
        r#"
version: "3.8"
services:
  docker:
    image: {image}
    command: {command}
    volumes:
      - /var/run/docker.sock:/var/run/docker.sock
    healthcheck:
      test: {test}
      interval: 1s
      timeout: 5s
      retries: 1
"#
    )
}

const SOCAT: &str = "tcp-listen:2375,fork,reuseaddr unix-connect:/var/run/docker.sock";

/// A socket that isn't there, as after an Engine that went.
const NOWHERE: &str = "tcp-listen:2375,fork,reuseaddr unix-connect:/nowhere/docker.sock";

const TESTS: [&str; 6] = [
    r#"["CMD", "wget", "-q", "--spider", "http://localhost:2375/version"]"#,
    r#"["CMD", "curl", "-f", "http://docker:2375/_ping"]"#,
    r#"["CMD-SHELL", "wget --no-verbose --tries=1 --spider http://localhost:2375/version || exit 1"]"#,
    "curl -fsS http://127.0.0.1:2375/_ping > /dev/null 2>&1 || exit 1",
    "wget -qO- http://localhost:2375/version | grep -q ApiVersion",
    r#"["CMD", "/bin/sh", "-c", "curl -s -o /dev/null -w '%{http_code}' http://localhost:2375/_ping | grep 200"]"#,
];

#[test]
fn an_old_compose_file_with_its_own_health_check_is_healthy_before_an_engine_and_not_before_none() {
    requires_tool!("docker-compose");
    let Some(engine) = engine_with(&["socat"]) else { return };
    for test in TESTS {
        for (command, becomes) in [(SOCAT, "healthy"), (NOWHERE, "unhealthy")] {
            let project = Project::up(&engine, &file("socat", command, test));
            let id = succeed(project.compose(&["ps", "--quiet"]));
            await_health(&engine, id.trim(), becomes, test);
        }
    }
}

#[test]
fn the_engines_socket_and_the_port_are_asked_from_inside() {
    requires_tool!("docker-compose");
    let Some(engine) = engine_with(&["docker-api"]) else { return };
    let project =
        Project::up(&engine, &file("docker-api", SOCAT, r#"["CMD", "/bridge", "--health"]"#));
    let id = succeed(project.compose(&["ps", "--quiet"]));
    let exec = |words: &[&str]| {
        let output = finish(engine.docker(&[&["exec", id.trim()], words].concat()), DEADLINE);
        (output.status.code(), String::from_utf8_lossy(&output.stdout).into_owned())
    };
    let port = ["nc", "-z", "localhost", "2375"];
    eventually(DEADLINE, "it listens", || exec(&port).0 == Some(0));
    let socket =
        ["curl", "-fsS", "--unix-socket", "/var/run/docker.sock", "http://localhost/_ping"];
    assert_eq!(exec(&socket), (Some(0), "OK".into()));
    assert_eq!(exec(&["nc", "-z", "localhost", "1"]).0, Some(1));
    assert_eq!(exec(&["sh", "-c", "ls"]).0, Some(127));
    assert_eq!(exec(&["sh"]).0, Some(127));
}

fn await_health(engine: &Dockerd, id: &str, becomes: &str, test: &str) {
    let health = || {
        let format = "{{.State.Health.Status}} {{json .State.Health.Log}}";
        engine.run(&["inspect", "--format", format, id])
    };
    let within = Duration::from_secs(20);
    eventually(within, &format!("{test}: {becomes}"), || {
        health().split(' ').next() == Some(becomes)
    });
}
