//! A named set of operations, and its judgement of a request.

use crate::escape::Buffer;
use crate::path::{Path, Unread};
use crate::path_rule::PathRule;
use crate::profile::Switches;
use crate::rights::{Definition, NO_RULE, Rights};
use crate::{Operation, Transport, route, version};

/// What of a request decides.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// The method as it stands there.
    pub method: &'a [u8],
    /// The target in origin form with its query, or `*`; an absolute one has lost its scheme and
    /// authority.
    pub target: &'a [u8],
    /// The request's content type begins with `application/grpc`, over HTTP/2: it is
    /// `BuildkitGrpc`, whatever its path.
    pub grpc: bool,
}

impl Request<'_> {
    /// What it asks for, if the Engine API has it and the Engine would read it so.
    pub fn operation(&self) -> Option<Operation> {
        let mut buffer = Buffer::new();
        let path = Path::read(self, &mut buffer).ok()?;
        if self.grpc { Some(Operation::BuildkitGrpc) } else { path.operation(self.method) }
    }

    /// How it uses its connection, if it is that operation. One that is none may be Podman's own
    /// attach or exec, which take the connection over as the Engine's do.
    pub fn transport(&self, operation: Option<Operation>) -> Transport {
        if let Some(operation) = operation {
            return operation.transport();
        }
        let mut buffer = Buffer::new();
        match Path::read(self, &mut buffer) {
            Ok(path) if path.is_podmans_stream(self.method) => Transport::Hijack,
            _ => Transport::Plain,
        }
    }
}

/// What comes of a request.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Verdict {
    /// It may go on to the Engine.
    Allow,
    /// 403.
    Deny,
    /// 400: it can't be read, or could be read in two ways; in the Engine's words where it has
    /// some.
    Bad(String),
    /// The Engine's own 404, `{"message":"page not found"}`.
    NotFound,
    /// The Engine's own 301, to this clean path.
    Redirect(String),
}

/// A verdict and its reason.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Judgement<'r> {
    /// What was asked for, if the Engine API has it.
    pub operation: Option<Operation>,
    /// What comes of it.
    pub verdict: Verdict,
    /// What decided, for people: `allow ContainerList`, `CONTAINERS=1`, `no rule`.
    pub rule: &'r str,
}

/// A named set of operations.
#[derive(Debug)]
pub struct Role {
    name: String,
    rules: Rules,
}

#[derive(Debug)]
pub(crate) enum Rules {
    /// Everything, as it is.
    Full,
    Listed(Rights),
    Profile(Switches),
}

const FULL: &str = "full";

impl Role {
    pub(crate) fn full() -> Self {
        Self { name: FULL.to_owned(), rules: Rules::Full }
    }

    pub(crate) fn listed(name: &str, definition: Definition<'_>) -> Self {
        Self { name: name.to_owned(), rules: Rules::Listed(Rights::new(definition)) }
    }

    pub(crate) fn profile(name: &str, switches: Switches) -> Self {
        Self { name: name.to_owned(), rules: Rules::Profile(switches) }
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether it is `full`, the role that allows everything.
    pub fn is_full(&self) -> bool {
        matches!(self.rules, Rules::Full)
    }

    pub(crate) fn rules(&self) -> &Rules {
        &self.rules
    }

    /// Judges a request. Allocates nothing where it allows (paths of over 512 bytes with escapes
    /// aside).
    pub fn judge(&self, request: &Request<'_>) -> Judgement<'_> {
        let mut buffer = Buffer::new();
        let path = Path::read(request, &mut buffer);
        let operation = match &path {
            Ok(_) if request.grpc => Some(Operation::BuildkitGrpc),
            Ok(path) => path.operation(request.method),
            Err(_) => None,
        };
        let (verdict, rule) = match (&self.rules, acceptable(path)) {
            (Rules::Full, _) => (Verdict::Allow, FULL),
            (_, Err(refusal)) => refusal,
            (Rules::Listed(rights), Ok(path)) => listed(rights, request, &path, operation),
            (Rules::Profile(switches), Ok(path)) => {
                let (allowed, rule) = switches.decide(request.method, &path, operation);
                (if allowed { Verdict::Allow } else { Verdict::Deny }, rule)
            }
        };
        Judgement { operation, verdict, rule }
    }

    /// Each operation, whether it is allowed, and by what rule.
    pub fn rights(&self) -> impl Iterator<Item = (Operation, bool, &str)> {
        Operation::all().map(|operation| {
            let (allowed, rule) = match &self.rules {
                Rules::Full => (true, FULL),
                Rules::Listed(rights) => rights.of(operation),
                Rules::Profile(switches) => {
                    let (method, path) = route::example(operation);
                    switches.decide(method, &Path::plain(path), Some(operation))
                }
            };
            (operation, allowed, rule)
        })
    }

    /// The lines of `allow-paths` in force, such as `GET /libpod/info`, each with the rule's text.
    pub fn paths(&self) -> impl Iterator<Item = (&str, &str)> {
        self.path_rules().iter().map(|path| (path.line.as_str(), path.rule.as_str()))
    }

    /// The rule by which a role that extends this one gets the operation.
    pub(crate) fn inherited(&self, operation: Operation) -> Option<String> {
        match &self.rules {
            Rules::Full => Some(FULL.to_owned()),
            Rules::Profile(_) => None,
            Rules::Listed(rights) => {
                let (allowed, rule) = rights.of(operation);
                allowed.then(|| inherited(&self.name, rule))
            }
        }
    }

    pub(crate) fn inherited_paths(&self) -> impl Iterator<Item = PathRule> {
        self.path_rules().iter().map(|rule| {
            let mut rule = rule.clone();
            rule.rule = inherited(&self.name, &rule.rule);
            rule
        })
    }

    /// Whether it is `full` or extends it.
    pub(crate) fn opens_everything(&self) -> bool {
        match &self.rules {
            Rules::Full => true,
            Rules::Listed(rights) => rights.extends_full,
            Rules::Profile(_) => false,
        }
    }

    fn path_rules(&self) -> &[PathRule] {
        match &self.rules {
            Rules::Full | Rules::Profile(_) => &[],
            Rules::Listed(rights) => &rights.paths,
        }
    }
}

/// A rule's text in a role that extends `role`: whose it is stays in sight.
fn inherited(role: &str, rule: &str) -> String {
    if rule.starts_with("allow ") { format!("{role}: {rule}") } else { rule.to_owned() }
}

/// What every role but `full` asks of a path.
pub(crate) fn acceptable(
    path: Result<Path<'_>, Unread>,
) -> Result<Path<'_>, (Verdict, &'static str)> {
    let path = path.map_err(|unread| match unread {
        Unread::Bad(why) => (Verdict::Bad(why.to_owned()), "unreadable"),
        Unread::Redirect(clean) => (Verdict::Redirect(clean), "clean path"),
    })?;
    let checked = path.version.map_or(Ok(()), version::check);
    checked.map_err(|why| (Verdict::Bad(why), "API version"))?;
    Ok(path)
}

fn listed<'r>(
    rights: &'r Rights,
    request: &Request<'_>,
    path: &Path<'_>,
    operation: Option<Operation>,
) -> (Verdict, &'r str) {
    let by_operation = operation.map(|operation| rights.of(operation));
    if let Some((true, rule)) = by_operation {
        return (Verdict::Allow, rule);
    }
    // What a gRPC request does, its path doesn't say.
    let denied = request.grpc || operation.is_some_and(|operation| rights.denies(operation));
    if !denied && let Some(rule) = rights.path(request.method, path, operation) {
        return (Verdict::Allow, rule);
    }
    match by_operation {
        Some((_, rule)) => (Verdict::Deny, rule),
        None if rights.extends_full => (Verdict::NotFound, "no such operation"),
        None => (Verdict::Deny, NO_RULE),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Policy;

    #[test]
    fn podmans_own_attach_and_exec_take_the_connection_as_the_engines_do() {
        let policy = Policy::built_in();
        let role = policy.role("read-only").unwrap();
        for (method, target, transport) in [
            ("POST", "/containers/a/attach", Transport::Hijack),
            ("POST", "/libpod/containers/a/attach?stdin=1", Transport::Hijack),
            ("POST", "/v4.3.1/libpod/exec/a/start", Transport::Hijack),
            ("POST", "/libpod/%63ontainers/a/attach", Transport::Hijack),
            ("GET", "/libpod/containers/a/attach", Transport::Plain),
            ("POST", "/libpod/containers/a/start", Transport::Plain),
            ("POST", "/libpod/containers/a%2fb/attach", Transport::Plain),
            ("POST", "/libpod%2Fexec/a/start", Transport::Plain),
            ("POST", "/libpod/libpod/exec/a/start", Transport::Plain),
            ("POST", "/libpod/session", Transport::Plain),
            ("POST", "/libpods/exec/a/start", Transport::Plain),
            ("POST", "/libpod/../libpod/exec/a/start", Transport::Plain),
        ] {
            let (method, target_bytes) = (method.as_bytes(), target.as_bytes());
            let request = Request { method, target: target_bytes, grpc: false };
            let operation = role.judge(&request).operation;
            assert_eq!(request.transport(operation), transport, "{target}");
        }
    }
}
