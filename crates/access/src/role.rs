//! A named set of operations, and its judgement of a request.

use crate::Operation;

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
}

impl Role {
    pub(crate) fn new(name: &str) -> Self {
        Self { name: name.to_owned() }
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether it is `full`, the role that allows everything.
    pub fn is_full(&self) -> bool {
        self.name == "full"
    }

    /// Judges a request. Allocates nothing where it allows.
    pub fn judge(&self, request: &Request<'_>) -> Judgement<'_> {
        let verdict = if self.is_full() || request.method == b"GET" || request.method == b"HEAD" {
            Verdict::Allow
        } else {
            Verdict::Deny
        };
        Judgement { operation: None, verdict, rule: "no rule" }
    }

    /// What a refused client reads: `access denied: role monitor may not ContainerCreate (POST
    /// /containers/create)`.
    pub fn denial(&self, request: &Request<'_>, operation: Option<Operation>) -> String {
        let method = String::from_utf8_lossy(request.method);
        let target = String::from_utf8_lossy(request.target);
        match operation {
            Some(operation) => {
                format!("access denied: role {} may not {operation} ({method} {target})", self.name)
            }
            None => format!("access denied: role {} may not {method} {target}", self.name),
        }
    }
}
