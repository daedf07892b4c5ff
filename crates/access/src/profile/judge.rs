//! What a profile's variables make of a request.

use super::Profile;
use super::switches::{Action, Scope, Switch, Switches};
use crate::Operation;
use crate::path::Path;

/// A path as the profiles see it.
struct Place<'p> {
    libpod: bool,
    /// The first segment, behind `/libpod`.
    section: Option<&'p str>,
}

impl Switches {
    /// Whether a request is allowed, and by which variable.
    pub(crate) fn decide(
        &self,
        method: &[u8],
        path: &Path<'_>,
        operation: Option<Operation>,
    ) -> (bool, &str) {
        let section = self.section(path, operation);
        // A gRPC request is one wherever it is sent.
        let grpc = operation == Some(Operation::BuildkitGrpc);
        if !grpc && let Some(gate) = self.gate(path).filter(|gate| !gate.on) {
            return (false, &gate.rule);
        }
        let action = if grpc { None } else { self.action(path) };
        let posts = !self.post.on && is_post(method, operation);
        match (self.profile, action) {
            // There it comes before POST.
            (Profile::Linuxserver, Some(action)) => (true, &action.rule),
            _ if posts => (false, &self.post.rule),
            (Profile::Tecnativa, Some(action)) => (true, &action.rule),
            _ => section.map_or_else(
                || (false, self.no_switch(path)),
                |section| (section.on, section.rule.as_str()),
            ),
        }
    }

    /// The variables that are off, and would all have to be on for a request to be allowed.
    pub(crate) fn missing(
        &self,
        method: &[u8],
        path: &Path<'_>,
        operation: Option<Operation>,
    ) -> Option<String> {
        let section = self.section(path, operation)?;
        let post = is_post(method, operation).then_some(&self.post);
        let needed = [Some(section), post, self.gate(path)].into_iter().flatten();
        let missing: Vec<_> =
            needed.filter(|it| !it.on).map(|it| format!("{}=1", it.name)).collect();
        (!missing.is_empty()).then(|| missing.join(" "))
    }

    /// The variable of the path's section.
    pub(crate) fn section(&self, path: &Path<'_>, operation: Option<Operation>) -> Option<&Switch> {
        let Place { libpod, section } = match operation {
            Some(Operation::BuildkitGrpc) => Place { libpod: false, section: Some("grpc") },
            _ => self.place(path),
        };
        let sections = if libpod { &self.libpod } else { &self.sections };
        let found = sections.iter().find(|(segment, _)| Some(*segment) == section);
        found.map(|(_, switch)| switch)
    }

    /// The variable that is off and forbids a path below a container or pod, or would if it were.
    fn gate(&self, path: &Path<'_>) -> Option<&Switch> {
        // Names may hold slashes, so the segment that counts is any behind the first of the name.
        let mut below = self.below(path)?.skip(1);
        below.find_map(|segment| {
            let gate = self.gates.iter().find(|(word, _)| *word == segment);
            gate.map(|(_, switch)| switch)
        })
    }

    /// The variable that is on and allows the path by itself.
    pub(crate) fn action(&self, path: &Path<'_>) -> Option<&Switch> {
        let mut below = self.below(path)?;
        let (id, verb) = (below.next()?, below.next()?);
        if below.next().is_some() || !is_id(id) {
            return None;
        }
        let Place { libpod, section } = self.place(path);
        let allows = |action: &&Action| {
            let scope = match action.scope {
                Scope::Anywhere => true,
                Scope::Containers => !libpod && section == Some("containers"),
                Scope::LibpodContainers => libpod && section == Some("containers"),
                Scope::LibpodPods => libpod && section == Some("pods"),
            };
            action.switch.on && scope && action.verbs.contains(&verb)
        };
        self.actions.iter().find(allows).map(|action| &action.switch)
    }

    /// The segments behind `/containers` or `/pods`.
    fn below<'p>(&self, path: &Path<'p>) -> Option<impl Iterator<Item = &'p str>> {
        let Place { libpod, section } = self.place(path);
        let holds = matches!(section, Some("containers" | "pods"));
        holds.then(|| path.segments().skip(1 + usize::from(libpod)))
    }

    fn place<'p>(&self, path: &Path<'p>) -> Place<'p> {
        let mut segments = path.segments();
        let first = segments.next();
        let libpod = self.profile == Profile::Linuxserver && first == Some("libpod");
        Place { libpod, section: if libpod { segments.next() } else { first } }
    }

    fn no_switch(&self, path: &Path<'_>) -> &'static str {
        match self.place(path) {
            Place { libpod: true, .. } => "no switch for this path of /libpod",
            Place { section: Some("libpod"), .. } => "no switch for /libpod",
            Place { section: Some("debug"), .. } => "no switch for /debug",
            Place { section: Some("pods"), .. } => "no switch for /pods",
            Place { .. } => "no switch for this path",
        }
    }
}

/// Whether a request is none of those that look. An attached websocket carries the container's
/// input, whatever its method.
pub(crate) fn is_post(method: &[u8], operation: Option<Operation>) -> bool {
    !matches!(method, b"GET" | b"HEAD") || operation == Some(Operation::ContainerAttachWebsocket)
}

/// What the originals take for the name of a container where they let single actions through.
fn is_id(segment: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte);
    !segment.is_empty() && segment.bytes().all(fits)
}
