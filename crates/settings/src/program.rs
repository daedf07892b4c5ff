//! What differs from one bridge to the other.

use clap::{Arg, Args as _, Command};
use docker_api_core::variables::Variables;

use crate::{Failure, Flags};

/// A bridge: what its flags and variables are called, and what it does where they are silent.
#[derive(Clone, Copy, Debug)]
pub struct Program {
    /// As it is typed.
    pub name: &'static str,
    /// Where clients connect if nobody says anything, as `--listen` takes it.
    pub default_listen: &'static str,
    /// The port of a `--listen` that has none.
    pub default_port: u16,
    /// What its own variables begin with. Each `BRIDGE_…` is looked for by this prefix first.
    pub prefix: &'static str,
    /// Variables with that prefix that no other bridge has.
    pub own_variables: &'static [&'static str],
    /// Variables of other programs that it alone reads.
    pub other_variables: &'static [&'static str],
}

impl Program {
    /// The environment of this process.
    ///
    /// # Errors
    /// When a variable that the program reads isn't text.
    pub fn variables(&self) -> Result<Variables, Failure> {
        let ours = |name: &str| {
            name.starts_with("BRIDGE_")
                || SHARED.contains(&name)
                || self.other_variables.contains(&name)
        };
        Variables::from_process(ours)
            .map(|variables| variables.with_prefix(self.prefix))
            .map_err(|error| Failure::variable(&error))
    }

    /// Looks over the variables that nobody asks for: a warning each.
    ///
    /// # Errors
    /// When the name of one is close to one that is known.
    pub fn review(&self, variables: &Variables) -> Result<Vec<String>, Failure> {
        let known = [&KNOWN[..], self.own_variables].concat();
        variables.review(&known).map_err(|error| Failure::variable(&error))
    }

    /// A command that has the [`Flags`], with this program's port and variables in their help.
    #[must_use]
    pub fn with_help(&self, command: Command) -> Command {
        let port = self.default_port.to_string();
        let shared = Flags::augment_args(Command::new(self.name));
        let is_shared =
            |flag: &Arg| shared.get_arguments().any(|one| one.get_id() == flag.get_id());
        command.mut_args(|flag| match flag.get_long_help() {
            Some(help) if is_shared(&flag) => {
                let help = help.to_string().replace("2375", &port).replace("BRIDGE_", self.prefix);
                flag.long_help(help)
            }
            _ => flag,
        })
    }
}

/// Variables that are not called `BRIDGE_…` and that all bridges read.
const SHARED: [&str; 6] =
    ["BIND_CONFIG", "DISABLE_IPV6", "DOCKER_HOST", "LOG_LEVEL", "NO_COLOR", "SOCKET_PATH"];

/// Every `BRIDGE_…` that is read, or will be.
const KNOWN: [&str; 20] = [
    "BRIDGE_ACCESS",
    "BRIDGE_ADMIN",
    "BRIDGE_ALLOW_FROM",
    "BRIDGE_ALLOW_HOST",
    "BRIDGE_ALLOW_ORIGIN",
    "BRIDGE_CONNECT_TIMEOUT",
    "BRIDGE_LEARN",
    "BRIDGE_LISTEN",
    "BRIDGE_LOG",
    "BRIDGE_LOG_FORMAT",
    "BRIDGE_LOG_REQUESTS",
    "BRIDGE_MAX_CONNECTIONS",
    "BRIDGE_NO_BROWSER_GUARD",
    "BRIDGE_POLICY",
    "BRIDGE_SHUTDOWN_GRACE",
    "BRIDGE_SOCKET_GROUP",
    "BRIDGE_SOCKET_MODE",
    "BRIDGE_STALE_SOCKET",
    "BRIDGE_UPSTREAM",
    "BRIDGE_USER",
];

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) const BRIDGE: Program = Program {
        name: "bridge",
        default_listen: "tcp://127.0.0.1:2375",
        default_port: 2375,
        prefix: "BRIDGE_",
        own_variables: &[],
        other_variables: &[],
    };

    const OTHER: Program = Program {
        name: "bridge-other",
        default_listen: "tcp://127.0.0.1:2376",
        default_port: 2376,
        prefix: "BRIDGE_OTHER_",
        own_variables: &["BRIDGE_OTHER_THING"],
        ..BRIDGE
    };

    fn long_help(program: &Program) -> String {
        let command = Flags::augment_args(Command::new(program.name));
        let help = program.with_help(command).render_long_help().to_string();
        help.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn help_has_the_programs_own_port_and_variables() {
        let help = long_help(&OTHER);
        assert!(help.contains("[env: BRIDGE_OTHER_LISTEN] [default: tcp://127.0.0.1:2376]"));
        assert!(!help.contains("BRIDGE_LISTEN") && !help.contains("2375"), "{help}");
        let help = long_help(&BRIDGE);
        assert!(help.contains("[env: BRIDGE_LISTEN] [default: tcp://127.0.0.1:2375]"), "{help}");
    }

    #[test]
    fn variables_of_another_program_are_not_known() {
        let set: Variables = [("BRIDGE_OTHER_THING", "x")].into_iter().collect();
        assert_eq!(BRIDGE.review(&set).unwrap().len(), 1);
        let set = set.with_prefix(OTHER.prefix);
        assert_eq!(OTHER.review(&set).unwrap(), Vec::<String>::new());
    }
}
