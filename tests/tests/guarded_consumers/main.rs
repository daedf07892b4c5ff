//! Guarded access for those who ask for little: they get all of it, and nothing else.

#![expect(clippy::expect_used, reason = "to a test a panic is an answer")]

mod build;
mod java;
mod portainer;
mod prometheus;
mod sdk;
mod traefik;

use std::path::Path;

use tempfile::NamedTempFile;
use testkit::stream::Response;
use testkit::{Access, Bridge, Stream, process::BridgeBuilder};

/// A bridge before that Engine whose clients have a role of the program's own.
fn under(role: &str, engine: &Path) -> BridgeBuilder {
    let builder = Bridge::builder().access(Access::Open);
    builder.upstream(engine).args(["--access", role])
}

/// One whose clients have the role `consumer` of this policy, as long as the file is there.
fn by_policy(policy: &str, engine: &Path) -> (Bridge, NamedTempFile) {
    let file = tempfile::Builder::new().suffix(".toml").tempfile().expect("a file");
    std::fs::write(&file, policy).expect("cannot write a policy");
    let bridge = under("consumer", engine).arg("--policy").arg(file.path()).start();
    (bridge, file)
}

/// Asks on a connection that is kept; the lines are those of a consumer.
fn ask(stream: &mut Stream, method: &str, target: &str, lines: &[&str]) -> Response {
    let lines: String = lines.iter().flat_map(|line| [line, "\r\n"]).collect();
    stream.exchange(format!("{method} {target} HTTP/1.1\r\n{lines}Content-Length: 0\r\n\r\n"))
}

/// Asserts that it was refused by the role, in words that say so.
fn assert_denied(answer: &Response, role: &str, operation: &str) {
    assert_eq!(answer.status, 403, "{}", answer.head);
    let message = answer.json()["message"].to_string();
    let expected = format!("access denied: role {role} may not {operation}");
    assert!(message.contains(&expected), "{message}");
}
