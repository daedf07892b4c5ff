//! What a role of a policy allows, and by which rule.

use crate::operation::Operations;
use crate::path::Path;
use crate::path_rule::PathRule;
use crate::selector::Selector;
use crate::{Operation, Role};

/// What a policy says of a role, its `extends` resolved.
#[derive(Debug, Default)]
pub(crate) struct Definition<'a> {
    pub(crate) extends: Vec<&'a Role>,
    pub(crate) allow: Vec<Selector>,
    pub(crate) paths: Vec<PathRule>,
    pub(crate) deny: Vec<Selector>,
}

/// What that comes to, operation by operation.
#[derive(Debug)]
pub(crate) struct Rights {
    /// By the operation's number.
    operations: Vec<Right>,
    pub(crate) paths: Vec<PathRule>,
    /// It extends `full`: what isn't known isn't there, rather than forbidden.
    pub(crate) extends_full: bool,
}

#[derive(Clone, Debug)]
struct Right {
    decision: Decision,
    rule: String,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Decision {
    Allowed,
    /// By the role's own `deny`, which no `allow-paths` lifts.
    Denied,
    Unmentioned,
}

/// What decided where nothing did.
pub(crate) const NO_RULE: &str = "no rule";

impl Rights {
    pub(crate) fn new(definition: Definition<'_>) -> Self {
        let Definition { extends, allow, mut paths, deny } = definition;
        let right = |operation| {
            let names = |selectors: &[Selector]| {
                selectors
                    .iter()
                    .find(|selector| selector.selects(operation))
                    .map(Selector::to_string)
            };
            let inherited = || extends.iter().find_map(|role| role.inherited(operation));
            if let Some(name) = names(&deny) {
                Right { decision: Decision::Denied, rule: format!("deny {name}") }
            } else if let Some(name) = names(&allow) {
                Right { decision: Decision::Allowed, rule: format!("allow {name}") }
            } else if let Some(rule) = inherited() {
                Right { decision: Decision::Allowed, rule }
            } else {
                Right { decision: Decision::Unmentioned, rule: NO_RULE.to_owned() }
            }
        };
        let operations: Vec<_> = Operation::all().map(right).collect();
        paths.extend(extends.iter().flat_map(|role| role.inherited_paths()));
        let denied = |operation: &Operation| deny.iter().any(|it| it.selects(*operation));
        let denied: Operations = Operation::all().filter(denied).collect();
        for path in &mut paths {
            path.except = path.except.union(denied);
        }
        Self { operations, paths, extends_full: extends.iter().any(|role| role.opens_everything()) }
    }

    /// Whether an operation is allowed, and what decided.
    pub(crate) fn of(&self, operation: Operation) -> (bool, &str) {
        let Right { decision, rule } = &self.operations[operation as usize];
        (*decision == Decision::Allowed, rule)
    }

    /// Whether the role's own `deny` names it.
    pub(crate) fn denies(&self, operation: Operation) -> bool {
        self.operations[operation as usize].decision == Decision::Denied
    }

    /// The rule for paths that allows a request.
    pub(crate) fn path(
        &self,
        method: &[u8],
        path: &Path<'_>,
        operation: Option<Operation>,
    ) -> Option<&str> {
        let rule = self.paths.iter().find(|rule| rule.allows(method, path, operation));
        rule.map(|path| path.rule.as_str())
    }
}
