//! The docker CLI under a role, before a real Engine.

use testkit::image::IMAGE;
use testkit::process::finish;
use testkit::stream::Endpoint;
use testkit::{Bridge, DEADLINE, Transport, requires_docker};

/// Standard output, standard error, and the exit code.
fn docker(endpoint: &Endpoint, words: &[&str]) -> (String, String, Option<i32>) {
    let output = finish(endpoint.docker(words), DEADLINE * 3);
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (text(&output.stdout), text(&output.stderr), output.status.code())
}

#[test]
fn the_cli_works_within_its_role_and_prints_a_refusal_whole() {
    let engine = requires_docker!();
    let bridge = Bridge::builder()
        .over(Transport::Tcp)
        .upstream(engine.socket())
        .args(["--access", "monitor"])
        .start();
    for words in [&["ps", "--all"][..], &["version"], &["info"], &["image", "ls"]] {
        let (_, stderr, code) = docker(&bridge.endpoint(), words);
        assert_eq!(code, Some(0), "{words:?}: {stderr}");
    }
    let (_, stderr, code) = docker(&bridge.endpoint(), &["create", IMAGE]);
    assert_eq!(
        stderr.trim(),
        "Error response from daemon: access denied: role monitor may not ContainerCreate (POST \
         /containers/create)"
    );
    assert_eq!(code, Some(1));
}
