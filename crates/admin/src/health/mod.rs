//! Whether a running bridge and the Engine behind it answer.
//!
//! A bridge listens on a private socket ([`Server`]) in the abstract namespace (unix(7)), whose
//! name has the bridge's PID namespace and its process id; [`ask`] finds it there. The bridge first
//! says where it listens, a line. If it is asked on, by another line, it asks the Engine, and says
//! how that is in a line that begins with the [`State`]'s word.

mod choice;
mod client;
mod name;
mod server;

use std::fmt;

use docker_api_core::address::{ListenAddress, UpstreamAddress};
use docker_api_core::exit::Exit;
use docker_api_core::run::{Front, Settings};
use docker_api_engine::observer::EngineState;
use docker_api_engine::{Engine, State};

pub use self::client::{AskError, ask};
pub use self::server::Server;

/// How the Engine behind a bridge is, as the bridge sees it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Report {
    /// In one word.
    pub state: State,
    /// One line for people: the Engine's address, and what was found there.
    pub line: String,
}

/// Which bridge is asked.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Whom {
    /// Where it listens.
    pub listeners: Vec<ListenAddress>,
    /// Whether somebody typed that. If not, it counts only where the process to ask can't be told
    /// otherwise.
    pub named: bool,
    /// Whether this is a container, whose own bridge is meant.
    pub in_container: bool,
}

impl Report {
    /// What was found at the Engine's address.
    pub(crate) fn new(upstream: &UpstreamAddress, found: EngineState) -> Self {
        let (state, found) = match found.result {
            Ok(engine) => (State::Healthy, describe(&engine)),
            Err(fault) if found.answers => (State::Healthy, format!("{ONLY_A_PING}{fault}")),
            Err(fault) => (fault.state, fault.message),
        };
        Self { state, line: format!("{upstream}: {found}") }
    }

    /// Whether all is well.
    pub fn is_healthy(&self) -> bool {
        self.state == State::Healthy
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.state, self.line)
    }
}

impl Whom {
    /// The bridge that has, or would have, these settings.
    pub fn of(settings: &Settings, named: bool) -> Self {
        let listeners = match &settings.front {
            Front::Listen { listeners, .. } => {
                listeners.iter().map(|listener| listener.address.clone()).collect()
            }
            Front::Stdio => Vec::new(),
        };
        Self { listeners, named, in_container: settings.in_container }
    }
}

/// An Engine in a few words.
pub(crate) fn describe(engine: &Engine) -> String {
    let name = if engine.platform.is_empty() { "Engine" } else { &engine.platform };
    format!("{name} {}, API {}", engine.version, engine.api_version)
}

/// Asks, and gives what `--health` ends with and its one line.
pub fn tell(whom: &Whom) -> (Exit, String) {
    match ask(whom) {
        Ok(report) if report.is_healthy() => (Exit::Ok, report.to_string()),
        Ok(report) => (Exit::No, report.to_string()),
        Err(error) => (Exit::No, error.to_string()),
    }
}

/// Of an Engine, or of a proxy before it, that says no version.
const ONLY_A_PING: &str = "answers /_ping, but doesn't say its version: ";
/// What asks the bridge to go on.
const QUESTION: u8 = b'\n';
