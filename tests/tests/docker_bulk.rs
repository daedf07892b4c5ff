//! Files, images and streams go through whole, in both directions.

use std::io::{Read as _, Write as _};
use std::process::{Output, Stdio};
use std::thread;
use std::time::Duration;

use testkit::data::{Pattern, RunningDigest};
use testkit::image::IMAGE;
use testkit::process::{finish, finish_with_input};
use testkit::{Subject, data, dockerd, requires_docker, subject};

const LONG: Duration = Duration::from_secs(180);

/// Runs a docker command that must succeed.
fn docker(subject: &Subject, arguments: &[&str], input: &[u8]) -> Vec<u8> {
    well(subject, finish_with_input(subject.docker(arguments), input, LONG))
}

fn well(subject: &Subject, output: Output) -> Vec<u8> {
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{subject}: {errors}");
    output.stdout
}

#[test]
fn files_are_copied_into_a_container_and_out_again() {
    let engine = requires_docker!();
    let folder = tempfile::tempdir().expect("a folder");
    let bytes = data::pattern(20_000_000);
    let file = folder.path().join("in");
    std::fs::write(&file, &bytes).expect("a file");
    for subject in subject::direct_and_bridge(engine.socket()) {
        let container = engine.container(&[], &["sleep", "600"]);
        let (from, inside) = (file.display().to_string(), format!("{}:/in", container.id()));
        docker(&subject, &["cp", &from, &inside], b"");
        let out = folder.path().join(format!("out-{subject}"));
        docker(&subject, &["cp", &inside, &out.display().to_string()], b"");
        let copied = std::fs::read(out).expect("the copy");
        assert_eq!(data::digest(&copied), data::digest(&bytes), "{subject}");

        // A whole folder as a tar, on standard output and input.
        let [etc, tmp] = ["/etc", "/tmp"].map(|folder| format!("{}:{folder}", container.id()));
        let tar = docker(&subject, &["cp", &etc, "-"], b"");
        docker(&subject, &["cp", "-", &tmp], &tar);
        let [there, back] = ["/etc/group", "/tmp/etc/group"]
            .map(|file| docker(&subject, &["exec", container.id(), "cat", file], b""));
        assert!(!there.is_empty() && there == back, "{subject}");
    }
}

#[test]
fn images_are_saved_loaded_exported_and_imported_as_they_are() {
    let engine = requires_docker!();
    let saved = subject::same(engine.socket(), |subject| {
        data::digest(&docker(subject, &["save", IMAGE], b""))
    });
    let [direct, bridge] = subject::direct_and_bridge(engine.socket());
    let archive = docker(&direct, &["save", IMAGE], b"");
    assert_eq!(data::digest(&archive), saved);
    let loaded = docker(&bridge, &["load"], &archive);
    assert!(String::from_utf8_lossy(&loaded).contains(IMAGE), "{loaded:?}");

    let container = engine.container(&[], &["sleep", "600"]);
    let exported = docker(&bridge, &["export", container.id()], b"");
    assert!(exported.len() > 1_000_000, "{} bytes", exported.len());
    let imported = docker(&bridge, &["import", "-", "docker-api-imported:test"], &exported);
    assert!(imported.starts_with(b"sha256:"), "{imported:?}");
    let ran = ["run", "--rm", "docker-api-imported:test", "/bin/busybox", "echo", "it runs"];
    assert_eq!(docker(&bridge, &ran, b""), b"it runs\n");
    docker(&bridge, &["rmi", "docker-api-imported:test"], b"");
}

#[test]
fn a_classic_build_builds_and_so_does_buildkit_of_an_old_cli() {
    let engine = requires_docker!();
    let folder = tempfile::tempdir().expect("a folder");
    let dockerfile =
        format!("FROM {IMAGE}\nCOPY big /big\nRUN sha256sum /big > /sum\nCMD cat /sum\n");
    let bytes = data::pattern(3_000_000);
    std::fs::write(folder.path().join("Dockerfile"), dockerfile).expect("a Dockerfile");
    std::fs::write(folder.path().join("big"), &bytes).expect("a file");
    let context = folder.path().display().to_string();
    let mut clis = vec![("cli", dockerd::docker_cli(), "0")];
    if let Some(old) = dockerd::debian_docker_cli() {
        clis.push(("old", old.clone(), "0"));
        // Its BuildKit needs no plugin: the Engine's own, over POST /session and POST /grpc with
        // `Upgrade: h2c`.
        clis.push(("old", old, "1"));
    }
    for subject in subject::direct_and_bridge(engine.socket()) {
        for (name, cli, buildkit) in &clis {
            let tag = format!("docker-api-build:{subject}-{name}-{buildkit}");
            let words = ["build", "--no-cache", "-t", &tag, &context];
            let mut build = subject.endpoint().docker_by(cli, &words);
            build.env("DOCKER_BUILDKIT", buildkit);
            well(&subject, finish(build, LONG));
            let sum = docker(&subject, &["run", "--rm", &tag], b"");
            let sum = String::from_utf8_lossy(&sum).into_owned();
            assert!(sum.starts_with(&data::digest(&bytes)), "{subject} {name} {buildkit}: {sum}");
            docker(&subject, &["rmi", &tag], b"");
        }
    }
}

/// Both go over the session, in which the Engine asks and the CLI answers.
#[test]
fn buildkit_gets_a_secret_from_the_cli_and_gives_it_files() {
    let engine = requires_docker!();
    let Some(old) = dockerd::debian_docker_cli() else {
        return testkit::skip::skip("there is no /usr/bin/docker");
    };
    let folder = tempfile::tempdir().expect("a folder");
    let dockerfile = format!(
        "FROM {IMAGE} AS made\n\
         RUN --mount=type=secret,id=word sha256sum < /run/secrets/word > /sum\n\
         RUN dd if=/dev/zero of=/zeros bs=1M count=20\n\
         FROM scratch\nCOPY --from=made /sum /zeros /\n"
    );
    std::fs::write(folder.path().join("Dockerfile"), dockerfile).expect("a Dockerfile");
    std::fs::write(folder.path().join("word"), "xyzzy").expect("a secret");
    let secret = format!("id=word,src={}", folder.path().join("word").display());
    let context = folder.path().display().to_string();
    for subject in subject::direct_and_bridge(engine.socket()) {
        let made = folder.path().join(format!("made-{subject}"));
        let to = format!("type=local,dest={}", made.display());
        let words = ["build", "--no-cache", "--secret", &secret, "--output", &to, &context];
        let mut build = subject.endpoint().docker_by(&old, &words);
        build.env("DOCKER_BUILDKIT", "1");
        well(&subject, finish(build, LONG));
        let sum = std::fs::read_to_string(made.join("sum")).expect("the digest");
        assert!(sum.starts_with(&data::digest(b"xyzzy")), "{subject}: {sum}");
        let zeros = std::fs::read(made.join("zeros")).expect("the file");
        assert_eq!(zeros, vec![0; 20 << 20], "{subject}");
    }
}

#[test]
fn a_gibibyte_goes_up_through_a_hijacked_stream() {
    let engine = requires_docker!();
    let container = engine.container(&[], &["sleep", "600"]);
    let [_, bridge] = subject::direct_and_bridge(engine.socket());
    // It begins to read late: what is sent meanwhile waits.
    let script = "sleep 2; sha256sum";
    let mut command = bridge.docker(&["exec", "-i", container.id(), "sh", "-c", script]);
    command.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().expect("docker");
    let mut stdin = child.stdin.take().expect("piped");
    let sent = thread::spawn(move || {
        let (mut pattern, mut digest) = (Pattern::new(), RunningDigest::default());
        let mut buffer = vec![0; 1 << 20];
        for _ in 0..1024 {
            pattern.fill(&mut buffer);
            digest.update(&buffer);
            stdin.write_all(&buffer).expect("docker reads");
        }
        digest.finish()
    });
    let output = child.wait_with_output().expect("docker");
    let seen = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(seen.starts_with(&sent.join().expect("all was sent")), "{seen}");
}

/// A reader that stops in the middle loses nothing: what it hasn't read waits in the container.
#[test]
fn a_gibibyte_comes_down_through_a_hijacked_stream_to_a_reader_that_pauses() {
    let engine = requires_docker!();
    let container = engine.container(&[], &["sleep", "600"]);
    let [_, bridge] = subject::direct_and_bridge(engine.socket());
    let all = "for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16; do cat /tmp/x; done";
    let script = format!("dd if=/dev/urandom of=/tmp/x bs=1M count=64 2>/dev/null; {all}");
    let sum = &format!("{all} | sha256sum");
    let mut command = bridge.docker(&["exec", container.id(), "sh", "-c", &script]);
    command.stdout(Stdio::piped());
    let mut child = command.spawn().expect("docker");
    let mut stdout = child.stdout.take().expect("piped");
    let (mut digest, mut total) = (RunningDigest::default(), 0_usize);
    let mut buffer = vec![0; 1 << 20];
    let mut paused = false;
    loop {
        let count = stdout.read(&mut buffer).expect("docker writes");
        if count == 0 {
            break;
        }
        digest.update(&buffer[..count]);
        total += count;
        if total > 100 << 20 && !paused {
            paused = true;
            testkit::wait::pause(Duration::from_secs(2));
        }
    }
    assert!(child.wait().expect("docker").success());
    assert_eq!(total, 1 << 30);
    let right = docker(&bridge, &["exec", container.id(), "sh", "-c", sum], b"");
    assert!(right.starts_with(digest.finish().as_bytes()));
}
