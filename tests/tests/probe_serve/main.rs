//! `probe --serve`: pages of a fleet, for people and for Prometheus.

#![expect(clippy::unwrap_used, reason = "to a test a panic is an answer")]

mod answers;
mod certificates;
mod command_line;
mod containers;
mod doors;
mod fleet;
mod prometheus;

use std::net::SocketAddr;

use serde_json::Value;
use testkit::process::Process;
use testkit::stream::{Response, get, request};
use testkit::{DEADLINE, Endpoint, Program, StandIn, eventually, ports};

/// A probe that serves, and asks ten times a second.
struct Served {
    process: Process,
    address: SocketAddr,
}

impl Served {
    fn start(program: Program) -> Self {
        let served = Self::start_unready(program.args(["--interval", "100ms"]));
        eventually(DEADLINE, "all are asked", || served.get("/readyz").status == 200);
        served
    }

    /// One whose targets may be silent.
    fn start_unready(program: Program) -> Self {
        let address = SocketAddr::from(([127, 0, 0, 1], ports::free_port()));
        let process = program.arg("--serve").arg(format!("tcp://{address}")).start();
        process.wait_for_log_containing("listening on tcp://");
        Self { process, address }
    }

    /// Of targets.
    fn of<T: AsRef<str>>(targets: impl IntoIterator<Item = T>) -> Self {
        Self::start(probe().args(targets.into_iter().map(|target| target.as_ref().to_owned())))
    }

    fn endpoint(&self) -> Endpoint {
        Endpoint::Tcp(self.address)
    }

    fn get(&self, path: &str) -> Response {
        get(&self.endpoint(), path)
    }

    /// With further header lines, the host's included.
    fn ask(&self, line: &str, headers: &[&str]) -> Response {
        let headers = headers.join("\r\n");
        request(&self.endpoint(), format!("{line} HTTP/1.1\r\n{headers}\r\n\r\n"))
    }

    /// One check of a target, as Prometheus asks for it.
    fn probe(&self, target: &str) -> Response {
        self.get(&format!("/probe?module=docker&target={}", encoded(target)))
    }

    /// What is said of a target.
    fn status(&self, target: &str) -> Value {
        let all = self.get("/status.json").json();
        let of = |one: &&Value| one["target"] == target;
        all.as_array().unwrap().iter().find(of).cloned().unwrap_or_default()
    }
}

fn probe() -> Program {
    Program::ours("probe")
}

/// A stand-in Engine on TCP, and its address as a target.
fn engine() -> (StandIn, String) {
    let engine = StandIn::builder().tcp(([127, 0, 0, 1], 0).into()).start();
    let target = format!("tcp://{}", engine.addr());
    (engine, target)
}

fn encoded(text: &str) -> String {
    text.bytes().flat_map(|byte| [format!("%{byte:02x}")]).collect()
}

/// Where nobody listens.
const DEAD: &str = "tcp://127.0.0.1:1";
