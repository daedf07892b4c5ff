//! The variables, and what each governs.

use super::Profile;

/// A variable as it is set.
#[derive(Debug)]
pub(crate) struct Switch {
    pub(crate) name: String,
    pub(crate) on: bool,
    /// `CONTAINERS=1`: for people, who read why.
    pub(crate) rule: String,
}

/// Lets containers and pods be started, stopped and so on, one path each.
#[derive(Debug)]
pub(super) struct Action {
    pub(super) switch: Switch,
    pub(super) scope: Scope,
    /// The paths' last segments.
    pub(super) verbs: &'static [&'static str],
}

/// Below which paths an action is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Scope {
    /// `/containers/{id}`.
    Containers,
    /// `/containers/{id}` and `/pods/{id}`, below `/libpod` and not.
    Anywhere,
    /// `/libpod/containers/{id}`.
    LibpodContainers,
    /// `/libpod/pods/{id}`.
    LibpodPods,
}

/// A profile's variables.
#[derive(Debug)]
pub(crate) struct Switches {
    pub(super) profile: Profile,
    pub(super) post: Switch,
    /// By the path's first segment.
    pub(super) sections: Vec<(&'static str, Switch)>,
    /// By the segment behind `/libpod`.
    pub(super) libpod: Vec<(&'static str, Switch)>,
    pub(super) actions: Vec<Action>,
    /// By a segment behind `/containers/{id}` that they forbid while off.
    pub(super) gates: Vec<(&'static str, Switch)>,
}

/// Variables whose section is the name in lower case, and whether they are on by default.
const SECTIONS: [(&str, &str, bool); 23] = [
    ("AUTH", "auth", false),
    ("BUILD", "build", false),
    ("COMMIT", "commit", false),
    ("CONFIGS", "configs", false),
    ("CONTAINERS", "containers", false),
    ("DISTRIBUTION", "distribution", false),
    ("EVENTS", "events", true),
    ("EXEC", "exec", false),
    ("GRPC", "grpc", false),
    ("IMAGES", "images", false),
    ("INFO", "info", false),
    ("NETWORKS", "networks", false),
    ("NODES", "nodes", false),
    ("PING", "_ping", true),
    ("PLUGINS", "plugins", false),
    ("SECRETS", "secrets", false),
    ("SERVICES", "services", false),
    ("SESSION", "session", false),
    ("SWARM", "swarm", false),
    ("SYSTEM", "system", false),
    ("TASKS", "tasks", false),
    ("VERSION", "version", true),
    ("VOLUMES", "volumes", false),
];

const LIBPOD: [(&str, &str, bool); 15] = [
    ("LIBPOD_CONTAINERS", "containers", false),
    ("LIBPOD_EVENTS", "events", false),
    ("LIBPOD_EXEC", "exec", false),
    ("LIBPOD_GENERATE", "generate", false),
    ("LIBPOD_IMAGES", "images", false),
    ("LIBPOD_INFO", "info", false),
    ("LIBPOD_MANIFESTS", "manifests", false),
    ("LIBPOD_NETWORKS", "networks", false),
    ("LIBPOD_PING", "_ping", true),
    ("LIBPOD_PLAY", "play", false),
    ("LIBPOD_PODS", "pods", false),
    ("LIBPOD_SECRETS", "secrets", false),
    ("LIBPOD_SYSTEM", "system", false),
    ("LIBPOD_VERSION", "version", true),
    ("LIBPOD_VOLUMES", "volumes", false),
];

/// What `ALLOW_…` lets through. Tecnativa's has the first three.
const ACTIONS: [(&str, &[&str]); 5] = [
    ("START", &["start"]),
    ("STOP", &["stop"]),
    ("RESTARTS", &["stop", "restart", "kill"]),
    ("PAUSE", &["pause"]),
    ("UNPAUSE", &["unpause"]),
];

const GATES: [(&str, &str); 5] = [
    ("ALLOW_ARCHIVE", "archive"),
    ("ALLOW_CHANGES", "changes"),
    ("ALLOW_EXPORT", "export"),
    ("ALLOW_LOGS", "logs"),
    ("ALLOW_TOP", "top"),
];

impl Switches {
    /// Reads a profile's variables.
    pub(crate) fn read(profile: Profile, variable: &dyn Fn(&str) -> Option<String>) -> Self {
        let switch = |name: &str, default: bool| {
            let on = variable(name).map_or(default, |value| is_on(&value));
            Switch { name: name.to_owned(), on, rule: format!("{name}={}", u8::from(on)) }
        };
        let section = |(name, segment, default)| (segment, switch(name, default));
        let action = |prefix: &str, scope, (name, verbs): (&str, _)| {
            let switch = switch(&format!("{prefix}{name}"), false);
            Action { switch, scope, verbs }
        };
        let of_prefix = |prefix, scope| ACTIONS.map(|named| action(prefix, scope, named));
        let (libpod, actions, gates) = match profile {
            Profile::Tecnativa => {
                let mut actions = Vec::from(of_prefix("ALLOW_", Scope::Containers));
                actions.truncate(3);
                (Vec::new(), actions, Vec::new())
            }
            Profile::Linuxserver => {
                let actions = [
                    of_prefix("ALLOW_", Scope::Anywhere),
                    of_prefix("LIBPOD_ALLOW_", Scope::LibpodContainers),
                    of_prefix("LIBPOD_ALLOW_POD_", Scope::LibpodPods),
                ];
                let gates = GATES.map(|(name, segment)| (segment, switch(name, false)));
                (LIBPOD.map(section).into(), actions.into_iter().flatten().collect(), gates.into())
            }
        };
        let sections = SECTIONS.map(section).into();
        Self { profile, post: switch("POST", false), sections, libpod, actions, gates }
    }

    /// All of the profile's.
    pub(super) fn all(&self) -> impl Iterator<Item = &Switch> {
        let sections = self.sections.iter().chain(&self.libpod).map(|(_, switch)| switch);
        let actions = self.actions.iter().map(|action| &action.switch);
        let gates = self.gates.iter().map(|(_, switch)| switch);
        std::iter::once(&self.post).chain(sections).chain(actions).chain(gates)
    }
}

/// Whether a value is true to HAProxy's `env(X) -m bool`: a number leads it, and not zero.
pub(super) fn is_on(value: &str) -> bool {
    digits(value).is_some_and(|digits| digits.bytes().any(|digit| digit != b'0'))
}

/// The number that leads a value, without sign.
pub(super) fn digits(value: &str) -> Option<&str> {
    let number = value.strip_prefix(['-', '+']).unwrap_or(value);
    let end = number.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(number.len());
    number.get(..end).filter(|digits| !digits.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_true_where_a_number_leads_it_that_is_not_zero() {
        for value in ["1", "2", "-1", "01", "10", "1x"] {
            assert!(is_on(value), "{value}");
        }
        let words = ["true", "True", "TRUE", "yes", "on", "y", "false", "no", "off"];
        for value in ["0", "", " 1", "00", "-0", "-", "x1"].into_iter().chain(words) {
            assert!(!is_on(value), "{value}");
        }
    }
}
