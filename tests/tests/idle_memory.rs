//! What a connection that waits costs, in the program that people run: a release build.

#![expect(clippy::expect_used, reason = "to a test a panic is an answer")]

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use testkit::process::{Process, finish};
use testkit::{Endpoint, Program, Stream, eventually, ports};

const CONNECTIONS: usize = 5000;

#[test]
fn five_thousand_idle_connections_take_three_kibibytes_each() {
    let folder = tempfile::tempdir().expect("a folder");
    let socket = folder.path().join("docker.sock");
    // Programs of their own: each has its own limit of descriptors.
    let engine = Program::ours("stand-in-engine")
        .args(["--listen", &format!("unix://{}", socket.display())])
        .start();
    engine.wait_for_log_containing("listening on");
    let port = ports::free_port();
    let bridge = Program::new(release_bridge())
        .args(["--listen", &format!("tcp://127.0.0.1:{port}")])
        .args(["--upstream", &format!("unix://{}", socket.display())])
        .start();
    bridge.wait_for_log_containing("listening on");
    let endpoint = Endpoint::from(std::net::SocketAddr::from(([127, 0, 0, 1], port)));
    let at_start = bridge.memory();
    assert!(at_start.rss <= 6 << 20, "{} bytes resident at start", at_start.rss);

    // One of each kind of work first, so that what is made once isn't counted for each.
    ping(&mut endpoint.connect());
    let before = bridge.memory();
    raise_descriptor_limit();
    let idle: Vec<_> = (0..CONNECTIONS)
        .map(|_| {
            let mut stream = endpoint.connect();
            ping(&mut stream);
            stream
        })
        .collect();
    let grown = bridge.memory().private - before.private;
    let each = grown / CONNECTIONS as u64;
    println!("{each} bytes a connection, {} resident at start", at_start.rss);
    assert!(each <= 3 << 10, "{each} bytes a connection");

    ping(&mut endpoint.connect());
    drop(idle);
    all_are_gone(&bridge);
}

fn ping(stream: &mut Stream) {
    let answer = stream.exchange("GET /_ping HTTP/1.1\r\nHost: docker\r\n\r\n");
    assert_eq!(answer.text(), "OK");
}

fn all_are_gone(bridge: &Process) {
    eventually(Duration::from_secs(20), "the end of all connections", || bridge.fd_count() < 100);
}

/// Builds it, which takes a minute the first time.
fn release_bridge() -> PathBuf {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("a workspace");
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut build = Command::new(cargo);
    build.args(["build", "--release", "--locked", "--package", "bridge"]).current_dir(workspace);
    let built = finish(build, Duration::from_secs(230));
    assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
    let target =
        env::var_os("CARGO_TARGET_DIR").map_or_else(|| workspace.join("target"), PathBuf::from);
    target.join("release/bridge")
}

fn raise_descriptor_limit() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit { current: limit.maximum, maximum: limit.maximum };
    setrlimit(Resource::Nofile, raised).expect("a raised limit of descriptors");
}
