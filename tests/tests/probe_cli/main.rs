//! `probe` tells how an Engine is, and whose fault it is, over every transport and in every format.

#![expect(clippy::panic, clippy::unwrap_used, reason = "to a test a panic is an answer")]

mod bridge_tls;
mod command_line;
mod contexts;
mod formats;
mod hostile;
mod many;
mod pace;
mod revocation;
mod states;
mod targets;
mod tls;
mod tls_engine;

use std::process::Output;
use std::thread;

use serde_json::Value;
use testkit::{DEADLINE, Program, RudeEngine};

fn probe() -> Program {
    Program::ours("probe")
}

/// What it prints, as text.
fn text(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// What it says of each target, and its exit code.
fn objects(program: Program) -> (Vec<Value>, i32) {
    let output = program.args(["--format", "json"]).run();
    let lines = text(&output);
    let objects = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(stderr.is_empty(), "{stderr}");
    (objects, output.status.code().unwrap())
}

/// What it says of one target; its exit code must fit.
fn verdict(program: Program) -> Value {
    let (objects, code) = objects(program);
    assert_eq!(objects.len(), 1, "{objects:?}");
    let healthy = objects[0]["state"] == "healthy";
    assert_eq!(objects[0]["healthy"], healthy);
    assert_eq!(objects[0]["error"].is_null(), healthy, "{objects:?}");
    assert_eq!(code, i32::from(!healthy), "{objects:?}");
    objects[0].clone()
}

fn assert_state(verdict: &Value, state: &str, error: &str) {
    let told = verdict["error"].as_str().unwrap_or_default();
    assert!(verdict["state"] == state && told.contains(error), "{state}, {error}: {verdict}");
}

/// What it says of a server that answers one request after the other with those bytes, then
/// closes.
fn verdict_on(answers: &[&[u8]]) -> Value {
    verdict_on_with(answers, probe())
}

fn verdict_on_with(answers: &[&[u8]], probe: Program) -> Value {
    let server = RudeEngine::start_tcp();
    let target = server.endpoint().to_string();
    thread::scope(|scope| {
        scope.spawn(|| {
            let mut client = server.accept(DEADLINE);
            for answer in answers {
                client.read_head();
                client.send(answer);
            }
            client.shutdown_write();
            let _reset = client.drain(DEADLINE);
        });
        verdict(probe.arg(&target))
    })
}

const PING: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nOK";

fn answer(status: &str, body: &str) -> Vec<u8> {
    format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\n\r\n{body}", body.len()).into_bytes()
}
