//! The first command that a newcomer types: `cargo xtask up`.

#![expect(clippy::expect_used, reason = "to a test a panic is an answer")]

use std::env;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use testkit::process::{clean_environment, finish};
use testkit::{StandIn, binary};

/// A release build takes minutes beside other tests.
const BUILD: Duration = Duration::from_secs(800);

/// As `cargo xtask up --once`, but for the build of xtask itself.
fn up_once(docker_host: Option<&str>) -> (String, String) {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("a workspace");
    let mut command = Command::new(binary::binary("xtask"));
    clean_environment(&mut command).args(["up", "--once"]).current_dir(workspace);
    // Its builds are cargo's, which needs to be found.
    for name in ["CARGO", "CARGO_HOME", "CARGO_TARGET_DIR", "RUSTUP_HOME", "RUSTUP_TOOLCHAIN"] {
        if let Some(value) = env::var_os(name) {
            command.env(name, value);
        }
    }
    if let Some(host) = docker_host {
        command.env("DOCKER_HOST", host);
    }
    let output = finish(command, BUILD);
    let stdout = String::from_utf8_lossy(&output.stdout).into_owned();
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{stdout}\n{stderr}");
    (stdout, stderr)
}

#[test]
fn up_serves_the_docker_socket_that_answers_and_says_which_it_was() {
    let engine = StandIn::start();
    let host = format!("unix://{}", engine.socket().display());
    let (stdout, stderr) = up_once(Some(&host));
    let version: serde_json::Value =
        serde_json::from_str(stdout.lines().last().unwrap_or_default()).expect("an answer");
    assert!(version["ApiVersion"].is_string(), "{stdout}");
    let said = format!("{stdout}{stderr}");
    assert!(said.contains(&engine.socket().display().to_string()), "{said}");
    assert!(engine.requests().iter().any(|one| one.path.ends_with("/version")));
}

/// On a machine with Docker the same command serves that.
#[test]
fn up_has_a_stand_in_where_no_docker_socket_answers_and_says_so() {
    let docker = Path::new("/var/run/docker.sock");
    let answers = UnixStream::connect(docker).is_ok();
    let (stdout, stderr) = up_once(None);
    assert!(stdout.lines().last().unwrap_or_default().contains("\"ApiVersion\""), "{stdout}");
    let wanted = if answers { "Docker answers on" } else { "a stand-in" };
    assert!(stderr.contains(wanted), "{stderr}");
}
