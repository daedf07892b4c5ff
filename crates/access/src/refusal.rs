//! What a refused client reads.

use crate::path::version;
use crate::{Operation, Request, Role};

impl Role {
    /// What a refused client reads: `access denied: role monitor may not ContainerCreate (POST
    /// /containers/create)`.
    pub fn denial(&self, request: &Request<'_>, operation: Option<Operation>) -> String {
        let role = printable(self.name());
        let method = printable(&String::from_utf8_lossy(request.method));
        let path = printable(&path(request.target));
        match operation {
            Some(operation) => {
                format!("access denied: role {role} may not {operation} ({method} {path})")
            }
            None => format!("access denied: role {role} may not {method} {path}"),
        }
    }
}

/// The path as sent, without query and version prefix.
fn path(target: &[u8]) -> String {
    let target = String::from_utf8_lossy(target);
    let path = target.split('?').next().unwrap_or_default();
    match path.strip_prefix('/').and_then(version) {
        Some((_, rest)) => format!("/{rest}"),
        None => path.to_owned(),
    }
}

/// With control characters escaped.
fn printable(text: &str) -> String {
    let mut printable = String::with_capacity(text.len());
    for letter in text.chars() {
        if letter.is_control() {
            printable.extend(letter.escape_default());
        } else {
            printable.push(letter);
        }
    }
    printable
}

#[cfg(test)]
mod tests {
    use crate::{Operation, Policy, Request};

    #[test]
    fn a_denial_names_role_operation_and_path() {
        let policy = Policy::built_in();
        let role = policy.role("monitor").unwrap();
        let denial = |method: &str, target: &str, operation| {
            let (method, target) = (method.as_bytes(), target.as_bytes());
            role.denial(&Request { method, target, grpc: false }, operation)
        };
        let create = Some(Operation::ContainerCreate);
        assert_eq!(
            denial("POST", "/v1.41/containers/create?name=x", create),
            "access denied: role monitor may not ContainerCreate (POST /containers/create)"
        );
        assert_eq!(
            denial("GET", "/te%61pot\u{85}", None),
            "access denied: role monitor may not GET /te%61pot\\u{85}"
        );
    }
}
