//! A client that may not come in gets the alert that says why, whatever it is written in, and the
//! log has one line that says who it was.

#![expect(clippy::unwrap_used, reason = "to a test a panic is an answer")]

mod alerts;
mod cases;
mod clients_side;
mod cut;
mod lookalikes;
mod old_versions;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use testkit::certificates::Authority;
use testkit::process::run_to_end;
use testkit::tls::Version;
use testkit::{Bridge, DEADLINE, StandIn, Transport, eventually, stream};

/// `bridge-tls` before a stand-in Engine.
struct Server {
    engine: StandIn,
    bridge: Bridge,
}

impl Server {
    fn start() -> Self {
        let engine = StandIn::start();
        let bridge = Bridge::builder().over(TLS).upstream(engine.socket()).start();
        Self { engine, bridge }
    }

    fn address(&self) -> SocketAddr {
        self.bridge.addr()
    }

    /// What its clients must trust.
    fn ca(&self) -> PathBuf {
        self.bridge.cert_dir().join("ca/cert.pem")
    }

    fn authority(&self) -> Authority {
        Authority::load(&self.ca(), &self.bridge.cert_dir().join("ca/key.pem"))
    }

    /// A client that was added: its folder.
    fn add(&self, name: &str) -> PathBuf {
        client_command(&self.bridge, &["add", name, "--host", "127.0.0.1"]);
        self.bridge.cert_dir().join("clients").join(name)
    }

    /// Everybody whom the log calls refused: the lines from the peer on.
    fn refused(&self) -> Vec<String> {
        let logs = self.bridge.logs();
        let refused = |line: &str| {
            let (_, told) = line.split_once(" INFO 127.0.0.1:")?;
            told.contains(" is refused: ").then(|| told.to_owned())
        };
        logs.lines().filter_map(refused).collect()
    }

    /// Just so many lines of the log say that somebody is refused for this reason.
    fn assert_logged(&self, reason: &str, times: usize) {
        let lines = || self.refused().iter().filter(|line| line.ends_with(reason)).count();
        eventually(DEADLINE, reason, || lines() >= times);
        assert_eq!(lines(), times, "{reason}\n{}", self.bridge.logs());
    }

    /// The Engine has seen nobody so far, and sees who may come in.
    fn assert_nobody_was_let_through(&self) {
        assert_eq!(self.engine.requests(), []);
        assert_eq!(stream::get(&self.bridge.endpoint(), "/_ping").text(), "OK");
        assert_eq!(self.engine.requests().len(), 1);
    }
}

/// `bridge-tls client …` on the directory of a bridge.
fn client_command(bridge: &Bridge, words: &[&str]) {
    let words = [&["client"], words, &["--cert-dir", text(bridge.cert_dir())]].concat();
    let output = run_to_end("bridge-tls", &words, &[]);
    assert!(output.status.success(), "{output:?}");
}

/// The folder of the client that every bridge makes.
fn own_client(bridge: &Bridge) -> PathBuf {
    bridge.cert_dir().join("client")
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

const TLS: Transport = Transport::Tls(Version::V1_3);

const VERSIONS: [Version; 2] = [Version::V1_2, Version::V1_3];

/// By the contract.
const REVOKING: Duration = Duration::from_secs(10);
