//! The operations of the Engine API, from the table in `operations.tsv`.

use std::fmt;

use crate::near::near;
use crate::route;

include!(concat!(env!("OUT_DIR"), "/operations.rs"));

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

struct Facts {
    name: &'static str,
    tag: &'static str,
    class: Class,
    transport: Transport,
}

impl Operation {
    /// Every operation, in the specification's order.
    pub fn all() -> impl ExactSizeIterator<Item = Self> + Clone {
        ALL.iter().copied()
    }

    /// The operation of that name.
    pub fn by_name(name: &str) -> Option<Self> {
        Self::all().find(|operation| operation.name() == name)
    }

    /// The operation's name that a misspelt one is close to.
    pub fn near(name: &str) -> Option<&'static str> {
        near(name, Self::all().map(Self::name))
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        self.facts().name
    }

    /// What it is about, such as `Container`: the specification's tag.
    pub fn tag(self) -> &'static str {
        self.facts().tag
    }

    /// What it does to the Engine.
    pub fn class(self) -> Class {
        self.facts().class
    }

    /// How it uses its connection.
    pub fn transport(self) -> Transport {
        self.facts().transport
    }

    /// Its methods and paths, such as `("GET", "/containers/{id}/json")`.
    pub fn routes(self) -> impl Iterator<Item = (&'static str, &'static str)> {
        let options = (self == Self::ApiOptions).then_some(("OPTIONS", "/{any}"));
        route::of(self).map(|route| (route.method, route.path)).chain(options)
    }

    fn facts(self) -> &'static Facts {
        &FACTS[self as usize]
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl Class {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Read,
        Self::Export,
        Self::Registry,
        Self::Lifecycle,
        Self::Interact,
        Self::Write,
        Self::Debug,
    ];

    /// Its name, as after `class:` in a policy.
    pub fn name(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Export => "export",
            Self::Registry => "registry",
            Self::Lifecycle => "lifecycle",
            Self::Interact => "interact",
            Self::Write => "write",
            Self::Debug => "debug",
        }
    }
}

impl fmt::Display for Class {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// A set of operations.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct Operations(u128);

const _: () = assert!(ALL.len() <= 128, "Operations has a bit for each");

impl Operations {
    pub(crate) fn contains(self, operation: Operation) -> bool {
        self.0 & Self::bit(operation) != 0
    }

    pub(crate) fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    fn bit(operation: Operation) -> u128 {
        1 << operation as u8
    }
}

impl FromIterator<Operation> for Operations {
    fn from_iter<I: IntoIterator<Item = Operation>>(operations: I) -> Self {
        Self(operations.into_iter().fold(0, |set, operation| set | Self::bit(operation)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_of_the_table_is_an_operation_with_its_facts() {
        let rows = include_str!("../operations.tsv").lines().filter(|row| !row.starts_with('#'));
        for row in rows.skip(1) {
            let fields: Vec<&str> = row.split('\t').collect();
            let operation = Operation::by_name(fields[0]).expect(row);
            assert_eq!(operation.to_string(), fields[0]);
            assert!(operation.routes().any(|route| route == (fields[1], fields[2])), "{row}");
            assert_eq!(operation.tag(), fields[3], "{row}");
            assert_eq!(operation.class().name(), fields[4], "{row}");
        }
        assert_eq!(Operation::all().len(), 116);
    }

    #[test]
    fn only_what_changes_protocol_is_not_plain() {
        let others = Operation::all().filter(|operation| operation.transport() != Transport::Plain);
        let others: Vec<_> = others.map(|it| (it.name(), it.transport())).collect();
        let expected = [
            ("ContainerAttach", Transport::Hijack),
            ("ContainerAttachWebsocket", Transport::Websocket),
            ("ExecStart", Transport::Hijack),
            ("Session", Transport::H2c),
            ("BuildkitGrpc", Transport::H2c),
        ];
        assert_eq!(others, expected);
    }

    #[test]
    fn names_are_exact_and_misspelt_ones_have_a_neighbour() {
        assert_eq!(Operation::by_name("ContainerList"), Some(Operation::ContainerList));
        assert_eq!(Operation::by_name("containerlist"), None);
        assert_eq!(Operation::near("ContainerLst"), Some("ContainerList"));
        assert_eq!(Operation::near("Teapot"), None);
    }

    #[test]
    fn a_set_holds_what_was_put_in() {
        let set: Operations =
            [Operation::ContainerList, Operation::ApiOptions].into_iter().collect();
        let held: Vec<_> = Operation::all().filter(|operation| set.contains(*operation)).collect();
        assert_eq!(held, [Operation::ContainerList, Operation::ApiOptions]);
    }
}
