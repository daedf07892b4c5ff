//! What a refused client reads.

use crate::escape::Buffer;
use crate::path::{Path, version};
use crate::path_rule::PathRule;
use crate::role::{Rules, acceptable};
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

    /// What would allow a refused request: a line of the role in the policy file, such as
    /// `allow = ["ContainerCreate"]`, or a profile's variables, such as `CONTAINERS=1 POST=1`.
    ///
    /// There is none for what every role but `full` refuses, for an operation that the role's own
    /// `deny` names, and for a path that holds `*`, quotes or control characters.
    pub fn suggest(&self, request: &Request<'_>, operation: Option<Operation>) -> Option<String> {
        let mut buffer = Buffer::new();
        let path = acceptable(Path::read(request, &mut buffer)).ok()?;
        match (self.rules(), operation) {
            (Rules::Full, _) => None,
            (Rules::Profile(switches), _) => switches.missing(request.method, &path, operation),
            (Rules::Listed(rights), Some(operation)) => {
                (!rights.denies(operation)).then(|| format!("allow = [\"{operation}\"]"))
            }
            (Rules::Listed(_), None) => {
                let rule = PathRule::just(request.method, &path)?;
                Some(format!("allow-paths = [\"{rule}\"]"))
            }
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

/// With escapes for control characters and what else isn't seen as it is.
fn printable(text: &str) -> String {
    let mut printable = String::with_capacity(text.len());
    for letter in text.chars() {
        if matches!(letter, '"' | '\'' | '\\') {
            printable.push(letter);
        } else {
            printable.extend(letter.escape_debug());
        }
    }
    printable
}

#[cfg(test)]
mod tests {
    use crate::{Operation, Policy, Profile, Request, Role, Verdict};

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

    fn suggest(role: &Role, method: &str, target: &str) -> Option<String> {
        let (method, target) = (method.as_bytes(), target.as_bytes());
        let request = Request { method, target, grpc: false };
        role.suggest(&request, role.judge(&request).operation)
    }

    #[test]
    fn a_line_of_policy_is_suggested_that_would_allow_it() {
        let text = "[roles.a]\nextends = ['monitor']\ndeny = ['ContainerDelete']";
        let policy = Policy::parse("policy.toml", text).unwrap();
        let role = policy.role("a").unwrap();
        for (method, target, expected) in [
            ("POST", "/v1.41/containers/create", Some("allow = [\"ContainerCreate\"]")),
            ("DELETE", "/containers/a", None),
            ("GET", "/v4.0.0/libpod/info?a", Some("allow-paths = [\"GET /libpod/info\"]")),
            ("GET", "/libpod/%69nfo", Some("allow-paths = [\"GET /libpod/info\"]")),
            ("HEAD", "/libpod/a b", None),
            ("HEAD", "/libpod/a%20b", Some("allow-paths = [\"HEAD /libpod/a b\"]")),
            ("GET", "/libpod/*", None),
            ("GET", "/libpod/%2a", None),
            ("GET", "/libpod/a%22b", None),
            ("GET", "/libpod/a'b", None),
            ("GET", "/libpod/a%2fb", None),
            ("GET", "/libpod/a%25b", None),
            ("GET", "/libpod/a\u{2028}b", None),
            ("GET", "/libpod/\u{202e}a", None),
            ("BREW", "/libpod/a", None),
            ("GET", "/v1.23/libpod/info", None),
            ("POST", "/v1.23/containers/create", None),
            ("POST", "//containers/create", None),
        ] {
            assert_eq!(suggest(role, method, target).as_deref(), expected, "{method} {target}");
        }
    }

    #[test]
    fn every_suggestion_allows_what_it_was_made_for() {
        let policy = Policy::built_in();
        let role = policy.role("monitor").unwrap();
        for (method, target) in
            [("POST", "/containers/create"), ("GET", "/a,b/c;d"), ("GET", "/ä/x%20y")]
        {
            let line = suggest(role, method, target).unwrap();
            let policy = Policy::parse("policy.toml", &format!("[roles.a]\n{line}")).unwrap();
            let (method, target) = (method.as_bytes(), target.as_bytes());
            let request = Request { method, target, grpc: false };
            assert_eq!(policy.role("a").unwrap().judge(&request).verdict, Verdict::Allow, "{line}");
        }
    }

    #[test]
    fn a_profile_suggests_its_variables() {
        for (profile, method, target, expected) in [
            (Profile::Tecnativa, "POST", "/containers/create", Some("CONTAINERS=1 POST=1")),
            (Profile::Tecnativa, "GET", "/containers/json", Some("CONTAINERS=1")),
            (Profile::Tecnativa, "GET", "/containers/a/logs", Some("CONTAINERS=1")),
            (Profile::Linuxserver, "GET", "/containers/a/logs", Some("CONTAINERS=1 ALLOW_LOGS=1")),
            (Profile::Tecnativa, "GET", "/libpod/info", None),
        ] {
            let policy = Policy::built_in().with_profile(profile, &|_| None);
            let role = policy.role(profile.name()).unwrap();
            assert_eq!(suggest(role, method, target).as_deref(), expected, "{method} {target}");
        }
    }
}
