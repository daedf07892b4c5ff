//! A policy made of what was asked for.

use std::collections::BTreeSet;
use std::fmt;

use crate::escape::Buffer;
use crate::path::Path;
use crate::path_rule::PathRule;
use crate::profile::{Switches, is_post};
use crate::{Operation, Profile, Request};

/// What was asked for: its [`Display`](fmt::Display) is a policy file with one role, `learned`,
/// that allows just that.
#[derive(Debug)]
pub struct Learned {
    /// By name.
    operations: BTreeSet<&'static str>,
    paths: BTreeSet<String>,
    /// Requests for paths that aren't fit for a policy.
    left_out: usize,
    tecnativa: Tecnativa,
}

/// The switches of Tecnativa's proxy that would be needed.
#[derive(Debug)]
struct Tecnativa {
    /// With its defaults, and every `ALLOW_…` on.
    switches: Switches,
    post: bool,
    sections: BTreeSet<String>,
    /// Needed where `CONTAINERS` isn't.
    actions: BTreeSet<String>,
    /// What no switch allows.
    none: BTreeSet<String>,
}

/// Who sends more different paths than this isn't taught, but fills the memory.
const MOST_PATHS: usize = 1_000;

impl Default for Learned {
    fn default() -> Self {
        Self::new()
    }
}

impl Learned {
    /// Nothing, so far.
    pub fn new() -> Self {
        let actions = |name: &str| name.starts_with("ALLOW_").then(|| "1".to_owned());
        let tecnativa = Tecnativa {
            switches: Switches::read(Profile::Tecnativa, &actions),
            post: false,
            sections: BTreeSet::new(),
            actions: BTreeSet::new(),
            none: BTreeSet::new(),
        };
        Self { operations: BTreeSet::new(), paths: BTreeSet::new(), left_out: 0, tecnativa }
    }

    /// Records a request. One that no role would let through is left out.
    pub fn record(&mut self, method: &[u8], target: &[u8], operation: Option<Operation>) {
        let mut buffer = Buffer::new();
        let Ok(path) = Path::read(&Request { method, target, grpc: false }, &mut buffer) else {
            self.left_out += 1;
            return;
        };
        let label = match operation {
            Some(operation) => {
                self.operations.insert(operation.name());
                operation.name().to_owned()
            }
            None => match PathRule::just(method, &path) {
                Some(rule) if self.paths.contains(&rule) || self.paths.len() < MOST_PATHS => {
                    self.paths.insert(rule.clone());
                    rule
                }
                _ => {
                    self.left_out += 1;
                    return;
                }
            },
        };
        self.tecnativa.record(method, &path, operation, label);
    }
}

impl Tecnativa {
    fn record(
        &mut self,
        method: &[u8],
        path: &Path<'_>,
        operation: Option<Operation>,
        label: String,
    ) {
        let Some(section) = self.switches.section(path, operation) else {
            self.none.insert(label);
            return;
        };
        self.post |= is_post(method, operation);
        match self.switches.action(path) {
            Some(action) => self.actions.insert(action.name.clone()),
            None if !section.on => self.sections.insert(section.name.clone()),
            None => false,
        };
    }

    fn needed(&self) -> String {
        let whole = self.sections.contains("CONTAINERS");
        let actions = self.actions.iter().filter(|_| !whole).map(String::as_str);
        let post = self.post.then_some("POST");
        let names = self.sections.iter().map(String::as_str).chain(post).chain(actions);
        let names: Vec<_> = names.map(|name| format!("{name}=1")).collect();
        if names.is_empty() { "none".to_owned() } else { names.join(" ") }
    }
}

impl fmt::Display for Learned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "[roles.learned]")?;
        list(f, "allow", self.operations.iter().copied())?;
        if !self.paths.is_empty() {
            list(f, "allow-paths", self.paths.iter().map(String::as_str))?;
        }
        if self.left_out > 0 {
            let (count, most) = (self.left_out, MOST_PATHS);
            writeln!(
                f,
                "# Left out: {count} requests whose path no policy can name (it holds *, quotes or \
                 control characters, say), or beyond {most} paths."
            )?;
        }
        writeln!(f, "\n# What tecnativa/docker-socket-proxy would have to be given for the same:")?;
        writeln!(f, "# {}", self.tecnativa.needed())?;
        self.tecnativa.none.iter().try_for_each(|label| writeln!(f, "# No switch allows {label}"))
    }
}

/// Nothing in it needs to be escaped: paths that would are left out.
fn list<'a>(
    f: &mut fmt::Formatter<'_>,
    key: &'a str,
    values: impl Iterator<Item = &'a str>,
) -> fmt::Result {
    writeln!(f, "{key} = [")?;
    for value in values {
        writeln!(f, "    \"{value}\",")?;
    }
    writeln!(f, "]")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Policy, Role, Verdict};

    fn judge(role: &Role, (method, target): (&str, &str)) -> (Verdict, Option<Operation>) {
        let request = Request { method: method.as_bytes(), target: target.as_bytes(), grpc: false };
        let judgement = role.judge(&request);
        (judgement.verdict, judgement.operation)
    }

    fn learned(requests: &[(&str, &str)]) -> String {
        let full = Policy::built_in().role("full").cloned().unwrap();
        let mut learned = Learned::new();
        for request in requests {
            let operation = judge(&full, *request).1;
            learned.record(request.0.as_bytes(), request.1.as_bytes(), operation);
        }
        learned.to_string()
    }

    #[test]
    fn what_was_asked_for_is_allowed_and_nothing_else() {
        let asked = [
            ("GET", "/v1.41/containers/json?all=1"),
            ("HEAD", "/_ping"),
            ("POST", "/v1.41/containers/a%2Fb/start"),
            ("GET", "/v4.0.0/libpod/containers/json"),
            ("DELETE", "/libpod/pods/ä"),
        ];
        let text = learned(&asked);
        let policy = Policy::parse("learned.toml", &text).unwrap();
        let role = policy.role("learned").unwrap();
        for request in asked {
            assert_eq!(judge(role, request).0, Verdict::Allow, "{request:?}");
        }
        for request in [
            ("GET", "/_ping"),
            ("GET", "/containers/a/json"),
            ("POST", "/containers/a/stop"),
            ("DELETE", "/libpod/pods/b"),
            ("POST", "/libpod/containers/json"),
        ] {
            assert_eq!(judge(role, request).0, Verdict::Deny, "{request:?}");
        }
    }

    #[test]
    fn the_text_is_sorted_and_names_tecnativas_switches() {
        let text = learned(&[
            ("POST", "/images/create?fromImage=x"),
            ("GET", "/events"),
            ("GET", "/containers/json"),
            ("GET", "/containers/json"),
            ("POST", "/containers/a/start"),
            ("GET", "/libpod/info"),
            ("GET", "/libpod/a*b"),
            ("GET", "/libpod/a\"b"),
            ("GET", "/libpod/a'b"),
            ("GET", "/libpod/%22"),
            ("GET", "/libpod/a%0ab"),
            ("GET", "/libpod/a%2fb"),
            ("GET", "/debug/vars"),
        ]);
        let expected = r#"[roles.learned]
allow = [
    "ContainerList",
    "ContainerStart",
    "DebugVars",
    "ImageCreate",
    "SystemEvents",
]
allow-paths = [
    "GET /libpod/info",
]
# Left out: 6 requests whose path no policy can name (it holds *, quotes or control characters, say), or beyond 1000 paths.

# What tecnativa/docker-socket-proxy would have to be given for the same:
# CONTAINERS=1 IMAGES=1 POST=1
# No switch allows DebugVars
# No switch allows GET /libpod/info
"#;
        assert_eq!(text, expected);
    }

    #[test]
    fn single_actions_need_no_whole_section() {
        let switches = |requests: &[(&str, &str)]| {
            let text = learned(requests);
            text.lines().last().unwrap().to_owned()
        };
        let stop = ("POST", "/containers/a/stop");
        assert_eq!(switches(&[stop]), "# POST=1 ALLOW_STOP=1");
        assert_eq!(switches(&[stop, ("GET", "/containers/json")]), "# CONTAINERS=1 POST=1");
        assert_eq!(switches(&[("GET", "/containers/a/attach/ws")]), "# CONTAINERS=1 POST=1");
        assert_eq!(switches(&[("GET", "/version")]), "# none");
        assert_eq!(switches(&[]), "# none");
    }

    #[test]
    fn endless_paths_are_not_all_kept() {
        let mut learned = Learned::new();
        for number in 0..2 * MOST_PATHS {
            learned.record(b"GET", format!("/teapot/{number}").as_bytes(), None);
        }
        assert_eq!(learned.to_string().matches("\"GET /teapot/").count(), MOST_PATHS);
    }
}
