//! The services of `examples` follow Engines through both bridges.

#![expect(clippy::expect_used, reason = "to a test a panic is an answer")]

use std::path::{Path, PathBuf};
use std::process::Command;

use testkit::process::{Bridge, Process};
use testkit::{Access, Transport, requires_docker, sdk};

#[test]
fn the_monitor_in_node_follows_engines_through_both_bridges() {
    follows("node/monitor.js", sdk::node, "examples-node");
}

#[test]
fn the_monitor_in_python_follows_engines_through_both_bridges() {
    follows("python/monitor.py", sdk::python, "examples-python");
}

fn follows(script: &str, interpreter: fn(&Path) -> Option<Command>, name: &str) {
    let engine = requires_docker!();
    let script = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../examples").join(script);
    let Some(mut command) = interpreter(&script) else { return };
    // As the examples say: the role that is enough.
    let bridges = [Transport::Tcp, Transport::Tls(testkit::tls::Version::V1_3)].map(|transport| {
        let bridge = Bridge::builder().over(transport).access(Access::Open);
        bridge.args(["--access", "monitor"]).upstream(engine.socket()).start()
    });
    let targets = bridges.each_ref().map(|bridge| {
        let port = bridge.addr().port();
        match bridge.endpoint().certificates() {
            None => format!("tcp://127.0.0.1:{port}"),
            Some(folder) => format!("https://127.0.0.1:{port}={}", folder.display()),
        }
    });
    assert!(targets[1].contains('='), "{targets:?}");
    let container = engine.container(&["--name", name], &["sleep", "600"]);
    command.args(&targets);
    let monitor = Process::spawn(command);
    // It is listed, with its state, by each way; then what becomes of it is told by each way.
    let told = |what: &str| {
        for target in &targets {
            let engine = target.split('=').next().expect("the address");
            monitor.wait_for_log(|line| {
                let line = line.replace("\": ", "\":").replace(", \"", ",\"");
                line.contains(&format!("\"engine\":\"{engine}\",\"container\":\"{name}\",{what}"))
            });
        }
    };
    told("\"state\":\"running\"");
    engine.run(&["pause", container.id()]);
    told("\"event\":\"pause\"");
}
