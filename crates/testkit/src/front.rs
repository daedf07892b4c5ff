//! The kinds of bridges on which faults are tried, and whether one is as it was before.

use std::fmt;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use crate::process::{Bridge, BridgeBuilder};
use crate::stream::get;
use crate::tls::Version;
use crate::{Access, DEADLINE, Download, Endpoint, Pumps, Transport, ports, wait};

/// A kind of bridge.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Front {
    /// `bridge`, which relays bytes.
    Open,
    /// `bridge`, which judges each request.
    Guarded,
    /// `bridge-tls` with open access.
    Tls,
}

impl Front {
    /// Every kind.
    pub const ALL: [Self; 3] = [Self::Open, Self::Guarded, Self::Tls];

    /// Settings of one before an Engine, with an admin address.
    pub fn before(self, engine: &Path) -> FrontBuilder {
        let (transport, access) = match self {
            Self::Open => (Transport::Tcp, Access::Open),
            Self::Guarded => (Transport::Tcp, Access::Guarded),
            Self::Tls => (Transport::Tls(Version::V1_3), Access::Open),
        };
        let admin = SocketAddr::from(([127, 0, 0, 1], ports::free_port()));
        let builder = Bridge::builder().over(transport).access(access).upstream(engine);
        let builder = builder.arg("--admin").arg(format!("tcp://{admin}"));
        FrontBuilder { front: self, builder, admin }
    }

    /// One before an Engine, with an admin address.
    pub fn start(self, engine: &Path) -> Fronted {
        self.before(engine).start(|builder| builder)
    }
}

impl fmt::Display for Front {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Open => "open",
            Self::Guarded => "guarded",
            Self::Tls => "tls",
        })
    }
}

/// Settings of a [`Fronted`].
#[derive(Debug)]
pub struct FrontBuilder {
    front: Front,
    builder: BridgeBuilder,
    admin: SocketAddr,
}

impl FrontBuilder {
    /// Starts it, with further settings.
    pub fn start(self, more: impl FnOnce(BridgeBuilder) -> BridgeBuilder) -> Fronted {
        let bridge = more(self.builder).start();
        Fronted { front: self.front, bridge, admin: Endpoint::Tcp(self.admin) }
    }
}

/// A bridge that is watched.
#[derive(Debug)]
pub struct Fronted {
    /// Which kind it is.
    pub front: Front,
    /// The bridge.
    pub bridge: Bridge,
    admin: Endpoint,
}

/// What a bridge holds.
#[derive(Clone, Copy, Debug)]
pub struct Held {
    /// Open descriptors.
    pub descriptors: usize,
    /// Connections of clients, each of which is a task.
    pub connections: u64,
    /// Bytes of memory that it has written.
    pub memory: u64,
}

impl Fronted {
    /// Where clients connect.
    pub fn endpoint(&self) -> Endpoint {
        self.bridge.endpoint()
    }

    /// Where monitors ask.
    pub fn admin(&self) -> &Endpoint {
        &self.admin
    }

    /// Its address without TLS, whatever it speaks.
    pub fn raw(&self) -> Endpoint {
        Endpoint::Tcp(self.bridge.addr())
    }

    /// A sample of `/metrics` by its name and labels; 0 if there is none.
    pub fn metric(&self, sample: &str) -> u64 {
        let text = get(&self.admin, "/metrics").text();
        let line = text.lines().find_map(|line| line.strip_prefix(sample)?.strip_prefix(' '));
        line.map_or(0, |value| value.parse().expect("a whole number"))
    }

    /// What it holds now.
    pub fn held(&self) -> Held {
        Held {
            descriptors: self.bridge.fd_count(),
            connections: self.metric("docker_api_connections"),
            memory: self.bridge.memory().anonymous,
        }
    }

    /// What it holds when nobody is there but this test, which has had each of its threads move bulk: the
    /// buffers for that stay.
    pub fn at_rest(&self) -> Held {
        let endpoint = self.endpoint();
        let pumps = Pumps::start(&endpoint, THREADS);
        let downloads = [(); THREADS].map(|()| Download::begin(&endpoint, 1 << 20));
        downloads.into_iter().for_each(Download::finish);
        pumps.wait_for_more();
        pumps.finish();
        wait::eventually(DEADLINE, "nobody is there", || self.held().connections == 0);
        self.held()
    }

    /// Asserts that it soon holds no more than it did, but for `memory` bytes.
    #[track_caller]
    pub fn expect_back(&self, before: Held, memory: u64) -> Held {
        let mut now = self.held();
        let back = wait::holds_within(DEADLINE, || {
            now = self.held();
            now.descriptors <= before.descriptors
                && now.connections == 0
                && now.memory <= before.memory + memory
        });
        assert!(back, "{}: {before:?} has become {now:?}", self.front);
        now
    }

    /// Asserts that it serves, quickly enough.
    #[track_caller]
    pub fn expect_serves(&self, within: Duration) {
        let begun = std::time::Instant::now();
        assert_eq!(get(&self.endpoint(), "/_ping").text(), "OK", "{}", self.front);
        assert!(begun.elapsed() < within, "{}: after {:?}", self.front, begun.elapsed());
    }
}

/// As many as serve clients at most.
const THREADS: usize = 4;
