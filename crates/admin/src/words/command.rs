//! The commands of health checks.

use std::path::Path;

use super::curl::Curl;
use super::nc::Nc;
use super::outcome::{Outcome, Refusal};
use super::own::Own;
use super::wget::Wget;

/// One request, or one connection, and how it ends.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Command {
    Curl(Curl),
    Nc(Nc),
    Wget(Wget),
}

impl Command {
    /// Reads a command by its name, or its path, and the words behind.
    ///
    /// # Errors
    /// Another command, or words that no health check needs.
    pub(super) fn read(name: &str, words: &[String]) -> Result<Self, Refusal> {
        match Path::new(name).file_name().and_then(|name| name.to_str()) {
            Some("curl") => Curl::read(words).map(Self::Curl),
            Some("nc") => Nc::read(words).map(Self::Nc),
            Some("wget") => Wget::read(words).map(Self::Wget),
            _ => Err(Refusal::new(format!("`{name}` is not in this image"))),
        }
    }

    /// Does it.
    ///
    /// # Errors
    /// When it would leave the container.
    pub(super) fn run(&self, own: &Own) -> Result<Outcome, Refusal> {
        match self {
            Self::Curl(curl) => curl.run(own),
            Self::Nc(nc) => nc.run(own),
            Self::Wget(wget) => wget.run(own),
        }
    }
}
