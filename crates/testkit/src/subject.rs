//! The same test, directly and through what is in between.

use std::any::Any;
use std::fmt;
use std::path::Path;
use std::process::Command;

use crate::{Bridge, Endpoint, Socat, Stream, skip};

/// Something that is to behave like the Engine: its own socket, or a program in front of it.
///
/// ```no_run
/// let engine = testkit::StandIn::start();
/// for subject in testkit::subject::direct_and_bridge(engine.socket()) {
///     assert_eq!(testkit::stream::get(subject.endpoint(), "/_ping").text(), "OK", "{subject}");
/// }
/// ```
pub struct Subject {
    name: String,
    endpoint: Endpoint,
    /// What must live as long as it is used.
    _kept: Option<Box<dyn Any + Send + Sync>>,
}

impl Subject {
    /// Any endpoint, under a name.
    pub fn new(name: &str, endpoint: impl Into<Endpoint>) -> Self {
        Self { name: name.to_owned(), endpoint: endpoint.into(), _kept: None }
    }

    /// The same that keeps `kept`, such as a program, alive.
    pub fn keeping(
        name: &str,
        endpoint: impl Into<Endpoint>,
        kept: impl Any + Send + Sync,
    ) -> Self {
        Self { name: name.to_owned(), endpoint: endpoint.into(), _kept: Some(Box::new(kept)) }
    }

    /// The Engine's own socket: what it does is right.
    pub fn direct(socket: &Path) -> Self {
        Self::new("direct", socket)
    }

    /// A bridge in front of it, over the [`Transport`](crate::Transport) of this run.
    pub fn bridge(upstream: &Path) -> Self {
        let bridge = Bridge::start(upstream);
        Self::keeping("bridge", bridge.endpoint(), bridge)
    }

    /// socat in front of it. `None`: there is no socat, and the test is skipped.
    pub fn socat(upstream: &Path) -> Option<Self> {
        skip::require_tool("socat")?;
        let socat = Socat::start(upstream);
        Some(Self::keeping("socat", socat.endpoint(), socat))
    }

    /// What it is called in messages.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Where clients connect.
    pub fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// Connects.
    pub fn connect(&self) -> Stream {
        self.endpoint.connect()
    }

    /// A docker command against it; see [`Endpoint::docker`].
    pub fn docker(&self, arguments: &[&str]) -> Command {
        self.endpoint.docker(arguments)
    }
}

impl fmt::Debug for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Subject")
            .field("name", &self.name)
            .field("endpoint", &self.endpoint)
            .finish_non_exhaustive()
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

/// The Engine's socket itself, and a bridge in front of it.
pub fn direct_and_bridge(socket: &Path) -> [Subject; 2] {
    [Subject::direct(socket), Subject::bridge(socket)]
}

/// What `ask` finds out at the Engine's socket itself. Panics if it is something else through a
/// bridge.
pub fn same<T: fmt::Debug + PartialEq>(socket: &Path, ask: impl Fn(&Subject) -> T) -> T {
    let [direct, bridge] = direct_and_bridge(socket).map(|subject| ask(&subject));
    assert_eq!(bridge, direct, "the bridge is on the left");
    direct
}

/// A head, or a whole answer, without its date, which is that of the moment.
pub fn undated(answer: &str) -> String {
    answer.split_inclusive('\n').filter(|line| !line.starts_with("Date: ")).collect()
}
