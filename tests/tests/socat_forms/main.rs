//! Every socat command line that images and READMEs put before a Docker socket works as it is.

mod listeners;
mod places;
mod time;
mod words;

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;

use testkit::process::Process;
use testkit::stream::get;
use testkit::{DEADLINE, Endpoint, Program, Signal, StandIn, ports};

/// Starts a bridge with socat's words, and waits until it listens.
///
/// Words are apart by blanks; `PORT` and `ENGINE` in them are a free port and the socket.
fn listening(words: &str, port: u16, engine: &Path) -> Process {
    let process = bridge(words, port, engine).start();
    process.wait_for_log_containing("INFO listening on ");
    process
}

fn bridge(words: &str, port: u16, engine: &Path) -> Program {
    let words =
        words.replace("PORT", &port.to_string()).replace("ENGINE", &engine.display().to_string());
    Program::ours("bridge").args(words.split(' '))
}

fn local(port: u16) -> Endpoint {
    SocketAddr::from((Ipv4Addr::LOCALHOST, port)).into()
}

fn assert_serves(endpoint: &Endpoint, what: &str) {
    let answer = get(endpoint, "/version");
    assert_eq!(answer.status, 200, "{what}");
    assert_eq!(answer.json()["Platform"]["Name"], "Docker Engine stand-in", "{what}");
}

/// Starts each command line, and asks for `/version` through it; returns what it logged.
fn assert_each_serves(lines: &[&str]) -> Vec<String> {
    let engine = StandIn::start();
    let served = lines.iter().map(|words| {
        let port = ports::free_port();
        let bridge = listening(words, port, engine.socket());
        assert_serves(&local(port), words);
        bridge.signal(Signal::TERM);
        assert_eq!(bridge.wait_exit(DEADLINE).code(), Some(0), "{words}");
        bridge.logs()
    });
    served.collect()
}
