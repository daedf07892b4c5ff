//! Tests get an Engine of their own, and leave nothing behind.

use std::time::Duration;

use testkit::image::IMAGE;
use testkit::{DEADLINE, Dockerd, requires_docker, wait};

#[test]
fn the_shared_engine_runs_the_test_image() {
    let docker = requires_docker!();
    let out = docker.run_with_input(
        &["run", "-i", "--rm", IMAGE, "sh", "-c", "cat; sleep 1; echo late"],
        "hello\n",
    );
    assert_eq!(out, "hello\nlate");
}

#[test]
fn two_leases_share_one_engine() {
    let one = requires_docker!();
    let two = requires_docker!();
    assert_eq!(one.socket(), two.socket());
    assert_ne!(one.socket().to_str(), Some("/var/run/docker.sock"));
}

#[test]
fn published_ports_are_reached_from_inside() {
    let docker = requires_docker!();
    let id = docker.run(&[
        "run",
        "-d",
        "--rm",
        "-p",
        "127.0.0.1:8099:80",
        IMAGE,
        "sh",
        "-c",
        "while :; do echo hi | nc -l -p 80; done",
    ]);
    wait::eventually(DEADLINE, "an answer from the container", || {
        let mut nc = docker.inside("busybox");
        nc.args(["nc", "-w", "2", "127.0.0.1", "8099"]);
        testkit::process::finish(nc, DEADLINE).stdout == b"hi\n"
    });
    docker.run(&["rm", "-f", &id]);
}

#[test]
fn a_private_engine_is_stopped_killed_started_and_cleared_away() {
    let Some(mut docker) = Dockerd::private_or_skip(&["--live-restore"]) else { return };
    let id = docker.run(&["run", "-d", IMAGE, "sleep", "600"]);
    docker.restart();
    assert_eq!(docker.run(&["ps", "-q", "--no-trunc"]), id);
    docker.kill();
    assert!(docker.socket().exists());
    docker.start();
    assert_eq!(docker.run(&["ps", "-q", "--no-trunc"]), id);
    docker.stop();
    assert!(!docker.socket().exists());

    let folder = docker.folder().to_owned();
    drop(docker);
    assert!(!folder.exists(), "{} is left over", folder.display());
    let mut ps = std::process::Command::new("ps");
    ps.args(["-eo", "args"]);
    let left = testkit::process::finish(ps, Duration::from_secs(10)).stdout;
    let left = String::from_utf8_lossy(&left).into_owned();
    assert!(!left.contains(folder.to_str().unwrap()), "{left}");
}
