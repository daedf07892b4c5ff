//! The three lines that the start prints, typed into a shell.

use std::process::{Command, Output};

use testkit::image::IMAGE;
use testkit::process::{clean_environment, finish};
use testkit::{Bridge, requires_docker, requires_tool};

use crate::LONG;

/// What a shell makes of them, and then of a command.
fn typed(bridge: &Bridge, command: &str) -> Output {
    // They come by another pipe than what is logged, and by no means before a client is served.
    bridge.wait_for_log_containing("export DOCKER_CERT_PATH=");
    let logs = bridge.logs();
    let lines: Vec<&str> = logs.lines().filter(|line| line.starts_with("export ")).collect();
    assert_eq!(lines.len(), 3, "{logs}");
    let home = tempfile::tempdir().unwrap();
    let mut shell = Command::new("sh");
    clean_environment(&mut shell).env("HOME", home.path());
    shell.args(["-c", &format!("{}\n{command}", lines.join("\n"))]);
    finish(shell, LONG)
}

#[test]
fn docker_works_at_once_with_the_lines_and_without_the_certificate_nothing_does() {
    requires_tool!("docker");
    let engine = requires_docker!();
    let bridge = crate::bridge(engine.socket());
    let run = format!("docker run --rm {IMAGE} echo hello");
    let output = typed(&bridge, &run);
    assert_eq!(String::from_utf8_lossy(&output.stdout), "hello\n", "{output:?}");
    assert!(output.status.success());

    let folder = tempfile::tempdir().unwrap();
    std::fs::copy(bridge.cert_dir().join("client/ca.pem"), folder.path().join("ca.pem")).unwrap();
    let anonymous = format!("export DOCKER_CERT_PATH={}", folder.path().display());
    for (without, why) in [
        ("unset DOCKER_TLS_VERIFY", "Client sent an HTTP request to an HTTPS server"),
        ("unset DOCKER_CERT_PATH", "ca.pem: no such file"),
        (anonymous.as_str(), "tls: certificate required"),
    ] {
        let output = typed(&bridge, &format!("{without}; {run}"));
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(stderr.contains(why), "{without}: {stderr}");
        assert!(output.stdout.is_empty() && !output.status.success(), "{output:?}");
    }
}
