//! A context from `client add --context`, imported by docker.

use std::path::Path;
use std::process::{Command, Output};

use testkit::image::IMAGE;
use testkit::process::{clean_environment, finish};
use testkit::{requires_docker, requires_tool};

use crate::{LONG, client_command};

/// `docker …` that knows nothing but a folder of contexts.
fn docker(config: &Path, words: &[&str]) -> Output {
    let mut docker = Command::new("docker");
    clean_environment(&mut docker).args(words);
    docker.env("HOME", config).env("DOCKER_CONFIG", config).env("DOCKER_BUILDKIT", "0");
    finish(docker, LONG)
}

fn said(output: &Output) -> String {
    assert!(output.status.success(), "{output:?}");
    String::from_utf8_lossy(&output.stdout).trim_end().to_owned()
}

#[test]
fn docker_works_by_an_imported_context_until_its_client_is_revoked() {
    requires_tool!("docker");
    let engine = requires_docker!();
    let bridge = crate::bridge(engine.socket());
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("laptop.tar");
    let (host, file) = (bridge.addr().to_string(), file.to_str().unwrap());
    client_command(&bridge, &["add", "laptop", "--host", &host, "--context", file]);
    said(&docker(folder.path(), &["context", "import", "laptop", file]));
    let by_context =
        |words: &[&str]| docker(folder.path(), &[&["--context", "laptop"], words].concat());

    let server = ["version", "--format", "{{.Server.Version}}"];
    assert_eq!(said(&by_context(&server)), engine.run(&server));
    assert_eq!(said(&by_context(&["run", "--rm", IMAGE, "echo", "hello"])), "hello");
    let container = engine.container(&[], &["sleep", "600"]);
    let exec = by_context(&["exec", container.id(), "sh", "-c", "echo out; exit 3"]);
    assert_eq!((exec.stdout.as_slice(), exec.status.code()), (&b"out\n"[..], Some(3)));
    let context = folder.path().join("build");
    std::fs::create_dir(&context).unwrap();
    std::fs::write(context.join("Dockerfile"), format!("FROM {IMAGE}\nRUN echo built > /built\n"))
        .unwrap();
    let tag = "docker-api-tls-context:latest";
    said(&by_context(&["build", "--tag", tag, context.to_str().unwrap()]));
    assert_eq!(said(&by_context(&["run", "--rm", tag, "cat", "/built"])), "built");
    engine.run(&["rmi", "--force", tag]);

    client_command(&bridge, &["revoke", "laptop"]);
    bridge.signal(testkit::Signal::HUP);
    bridge.wait_for_log_containing("the new certificates are in force");
    let output = by_context(&server);
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(stderr.contains("tls: revoked certificate"), "{stderr}");
}
