//! `docker build` of Debian's CLI, with the Engine's BuildKit and without, where the role allows it.

use std::path::Path;
use std::process::Output;
use std::time::Duration;

use testkit::process::finish;
use testkit::{Bridge, Dockerd, dockerd, image, requires_docker, skip};

use crate::{by_policy, under};

#[test]
fn a_role_that_may_build_builds_with_buildkit_and_without() {
    let engine = requires_docker!();
    let Some(cli) = debian_cli() else { return };
    let (bridge, _policy) = by_policy(POLICY, engine.socket());
    for buildkit in ["0", "1"] {
        let tag = format!("consumers-build-{buildkit}-{}", std::process::id());
        let output = build(&bridge, &cli, &tag, buildkit);
        assert!(output.status.success(), "{}", said(&output));
        let command = ["run", "--rm", "--network", "none", &tag, "cat", "/made"];
        assert_eq!(engine.run(&command), "made here", "BuildKit: {buildkit}");
        engine.run(&["rmi", "--force", &tag]);
    }
}

#[test]
fn a_role_that_may_only_read_is_told_that_it_may_not_build() {
    let engine = requires_docker!();
    let Some(cli) = debian_cli() else { return };
    let bridge = under("read-only", engine.socket()).start();
    for (buildkit, why) in [
        ("0", "access denied: role read-only may not ImageBuild (POST /build)"),
        // It reads no body of an upgrade that failed.
        ("1", "unable to upgrade to h2c, received 403"),
    ] {
        let tag = format!("consumers-no-build-{buildkit}-{}", std::process::id());
        let output = build(&bridge, &cli, &tag, buildkit);
        assert!(!output.status.success());
        assert!(said(&output).contains(why), "{}", said(&output));
        assert!(!has_image(&engine, &tag));
    }
}

/// Its own, which speaks BuildKit without a plugin.
fn debian_cli() -> Option<std::path::PathBuf> {
    let cli = dockerd::debian_docker_cli();
    if cli.is_none() {
        skip::skip("no /usr/bin/docker");
    }
    cli
}

fn build(bridge: &Bridge, cli: &Path, tag: &str, buildkit: &str) -> Output {
    let folder = tempfile::tempdir().expect("a folder");
    let dockerfile =
        format!("FROM {}\nCOPY file /file\nRUN echo made $(cat /file) > /made\n", image::IMAGE);
    std::fs::write(folder.path().join("Dockerfile"), dockerfile).expect("cannot write");
    std::fs::write(folder.path().join("file"), "here\n").expect("cannot write");
    let context = folder.path().display().to_string();
    let arguments = ["build", "--network", "none", "--tag", tag, &context];
    let mut command = bridge.endpoint().docker_by(cli, &arguments);
    command.env("DOCKER_BUILDKIT", buildkit);
    finish(command, Duration::from_secs(60))
}

fn said(output: &Output) -> String {
    [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes)).concat()
}

fn has_image(engine: &Dockerd, tag: &str) -> bool {
    !engine.run(&["images", "--quiet", tag]).is_empty()
}

const POLICY: &str = r#"
[roles.consumer]
extends = ["read-only"]
allow = ["ImageBuild", "BuildCancel", "tag:Session"]
"#;
