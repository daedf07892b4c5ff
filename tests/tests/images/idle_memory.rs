//! What a connection that waits costs, in the program that people run: the image's.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use testkit::process::Process;
use testkit::{Endpoint, Program, Stream, eventually, ports};

use crate::Images;

const CONNECTIONS: usize = 5000;

#[test]
fn five_thousand_idle_connections_take_three_kibibytes_each() {
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("docker.sock");
    // Programs of their own: each has its own limit of descriptors.
    let engine = Program::ours("stand-in-engine")
        .args(["--listen", &format!("unix://{}", socket.display())])
        .start();
    engine.wait_for_log_containing("listening on");
    let port = ports::free_port();
    let bridge = Program::new(program(folder.path()))
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

/// The program of the image, as a file.
fn program(folder: &Path) -> PathBuf {
    let images = Images::write(&["docker-api"]);
    let path = folder.join("bridge");
    fs::write(&path, &images.archive("docker-api").root()["bridge"].content).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    path
}

fn raise_descriptor_limit() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit { current: limit.maximum, maximum: limit.maximum };
    setrlimit(Resource::Nofile, raised).unwrap();
}
