//! Builds: BuildKit's by `docker buildx`, and the Engine's own of old.

use std::process::Output;

use testkit::dockerd::newer_docker;
use testkit::process::finish;
use testkit::{Dockerd, image, requires_docker, requires_newer_docker};

use crate::{Front, LONG, name, said};

#[test]
fn buildx_builds_through_each_bridge() {
    let engine = requires_newer_docker!();
    for front in Front::all(engine.socket(), "builder") {
        assert_built(&engine, &front, Builder::Buildx);
    }
}

#[test]
fn buildx_builds_with_an_engine_of_old_too() {
    let _newer = requires_newer_docker!();
    let engine = requires_docker!();
    assert_built(&engine, &Front::guarded(engine.socket(), "builder"), Builder::Buildx);
}

#[test]
fn the_builder_of_old_builds_through_each_bridge() {
    let engine = requires_newer_docker!();
    for front in Front::all(engine.socket(), "builder") {
        assert_built(&engine, &front, Builder::Classic);
    }
}

#[test]
fn a_role_that_may_only_read_is_told_that_it_may_not_build() {
    let newer = requires_newer_docker!();
    let older = requires_docker!();
    // Without the Engine's BuildKit, buildx goes on to start one in a container.
    let pull = "access denied: role read-only may not ImageCreate (POST /images/create)";
    let post = "access denied: role read-only may not ImageBuild (POST /build)";
    for (engine, builder, why) in [
        (&newer, Builder::Buildx, pull),
        (&older, Builder::Buildx, pull),
        (&newer, Builder::Classic, post),
    ] {
        let tag = name("refused");
        let output = build(&Front::guarded(engine.socket(), "read-only"), &tag, builder);
        assert!(!output.status.success(), "{builder:?}");
        assert!(said(&output).contains(why), "{builder:?}: {}", said(&output));
        assert_eq!(engine.run(&["images", "--quiet", &tag]), "", "{builder:?}");
    }
}

#[derive(Clone, Copy, Debug)]
enum Builder {
    Buildx,
    Classic,
}

fn assert_built(engine: &Dockerd, front: &Front, builder: Builder) {
    let tag = name(&format!("{builder:?}-{}", front.name));
    let output = build(front, &tag, builder);
    assert!(output.status.success(), "{builder:?}, {}: {}", front.name, said(&output));
    let cat = ["run", "--rm", "--network", "none", &tag, "cat", "/made"];
    assert_eq!(engine.run(&cat), "made here", "{builder:?}, {}", front.name);
    engine.run(&["rmi", "--force", &tag]);
}

fn build(front: &Front, tag: &str, builder: Builder) -> Output {
    let folder = tempfile::tempdir().expect("a folder");
    let dockerfile = format!(
        "FROM {} AS base\nCOPY file /file\nRUN echo made $(cat /file) > /made\n\
         FROM scratch\nCOPY --from=base / /\n",
        image::IMAGE
    );
    std::fs::write(folder.path().join("Dockerfile"), dockerfile).expect("cannot write");
    std::fs::write(folder.path().join("file"), "here\n").expect("cannot write");
    let context = folder.path().display().to_string();
    let words: &[&str] = match builder {
        Builder::Buildx => &["buildx", "build", "--progress", "plain"],
        Builder::Classic => &["build"],
    };
    let words = [words, &["--network", "none", "--tag", tag, &context]].concat();
    let mut command = newer_docker(&front.bridge.endpoint(), &words);
    if matches!(builder, Builder::Classic) {
        command.env("DOCKER_BUILDKIT", "0");
    }
    finish(command, LONG)
}
