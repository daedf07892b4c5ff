//! The admin address: health, metrics and status of a bridge, and a page for people.

#![expect(clippy::unwrap_used, reason = "to a test a panic is an answer")]

mod counts;
mod guarded;
mod life;
mod page;
mod paths;
mod tls;

use std::net::SocketAddr;

use serde_json::Value;
use testkit::process::BridgeBuilder;
use testkit::stream::{Response, get, request};
use testkit::{Bridge, DEADLINE, Endpoint, StandIn, Transport, eventually, ports};

/// A bridge without TLS, with an admin address.
struct Watched {
    bridge: Bridge,
    admin: Endpoint,
}

impl Watched {
    fn before(engine: &StandIn) -> Self {
        Self::start(Bridge::builder().over(Transport::Tcp).upstream(engine.socket()))
    }

    fn start(builder: BridgeBuilder) -> Self {
        let address = SocketAddr::from(([127, 0, 0, 1], ports::free_port()));
        let bridge = builder.arg("--admin").arg(format!("tcp://{address}")).start();
        Self { bridge, admin: Endpoint::Tcp(address) }
    }

    fn get(&self, path: &str) -> Response {
        get(&self.admin, path)
    }

    /// With further header lines, the host's included.
    fn ask(&self, line: &str, headers: &[&str]) -> Response {
        let headers = headers.join("\r\n");
        request(&self.admin, format!("{line} HTTP/1.1\r\n{headers}\r\n\r\n"))
    }

    fn status(&self) -> Value {
        self.get("/status.json").json()
    }

    /// A sample of `/metrics` by its name and labels, as they stand there; 0 if there is none.
    fn metric(&self, sample: &str) -> f64 {
        let text = self.get("/metrics").text();
        let line = text.lines().find_map(|line| line.strip_prefix(sample)?.strip_prefix(' '));
        line.map_or(0.0, |value| value.parse().unwrap())
    }

    /// Waits until a sample has that value.
    #[track_caller]
    fn expect_metric(&self, sample: &str, value: u32) {
        let is_so = || (self.metric(sample) - f64::from(value)).abs() < f64::EPSILON;
        eventually(DEADLINE, &format!("{sample} is {value}"), is_so);
    }
}
