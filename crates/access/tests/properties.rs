//! What holds for whatever is sent.

#![expect(clippy::unwrap_used, reason = "to a test a panic is an answer")]

use std::sync::LazyLock;

use docker_api_access::{Operation, Policy, Profile, Request, Role, Verdict};
use proptest::prelude::*;

const ROLES: &str = r#"
[roles.some]
allow = ["class:read", "ContainerStart"]
allow-paths = ["GET,POST /libpod/**", "DELETE /images/*"]
deny = ["ContainerLogs"]
[roles.most]
extends = ["full"]
deny = ["class:write", "class:debug"]
"#;

static POLICY: LazyLock<Policy> = LazyLock::new(|| {
    let on = ["CONTAINERS", "ALLOW_START", "ALLOW_LOGS", "LIBPOD_PODS"];
    let variable = |name: &str| on.contains(&name).then(|| "1".to_owned());
    let policy = Policy::parse("policy.toml", ROLES).unwrap();
    Profile::ALL.iter().fold(policy, |policy, profile| policy.with_profile(*profile, &variable))
});

fn judge(role: &Role, method: &str, target: &[u8]) -> (Verdict, Option<Operation>) {
    let judgement = role.judge(&Request { method: method.as_bytes(), target, grpc: false });
    (judgement.verdict, judgement.operation)
}

fn method() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec!["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "get"])
}

/// Paths that come close to something.
fn path() -> impl Strategy<Value = String> {
    let words = vec![
        "containers",
        "images",
        "libpod",
        "pods",
        "json",
        "create",
        "a",
        "b",
        "start",
        "logs",
        "attach",
        "ws",
        "archive",
        "checkpoints",
        "exec",
        "networks",
        "volumes",
        "info",
        "_ping",
        "debug",
        "vars",
        "v1.41",
        "v1.23",
        "v1",
        "",
        "..",
        ".",
        "ä",
        "a%b",
    ];
    let segments = prop::collection::vec(prop::sample::select(words), 1..6);
    segments.prop_map(|segments| format!("/{}", segments.join("/")))
}

/// What is sent for the bytes of `path` where `escaped` says so; the others stay.
fn escape(path: &str, escaped: &[bool]) -> String {
    let escaped = escaped.iter().chain(std::iter::repeat(&false));
    let byte = |(byte, escaped): (u8, &bool)| match byte {
        b'%' => "%25".to_owned(),
        _ if *escaped => format!("%{byte:02x}"),
        _ if byte.is_ascii() => char::from(byte).to_string(),
        _ => format!("%{byte:02X}"),
    };
    path.bytes().zip(escaped).map(byte).collect()
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(
        method: Vec<u8>,
        target: Vec<u8>,
        rooted: bool,
        grpc: bool,
    ) {
        let target = if rooted { [b"/".as_slice(), &target].concat() } else { target };
        let request = Request { method: &method, target: &target, grpc };
        for role in POLICY.roles() {
            let judgement = role.judge(&request);
            let denial = role.denial(&request, judgement.operation);
            prop_assert!(!denial.contains(char::is_control));
            let suggestion = role.suggest(&request, judgement.operation).unwrap_or_default();
            prop_assert!(!suggestion.contains(char::is_control));
        }
    }

    #[test]
    fn escaping_changes_no_verdict_but_where_a_slash_is_hidden(
        method in method(),
        path in path(),
        escaped: [bool; 32],
    ) {
        let hides = path.bytes().zip(escaped).any(|(byte, escaped)| byte == b'/' && escaped);
        // The first slash is what makes it a path.
        let mut escaped = escaped;
        escaped[0] = false;
        let (plain, odd) = (escape(&path, &[]), escape(&path, &escaped));
        for role in POLICY.roles() {
            let (plain, odd) =
                (judge(role, method, plain.as_bytes()), judge(role, method, odd.as_bytes()));
            prop_assert_eq!(plain.1, odd.1);
            if hides {
                prop_assert!(plain == odd || odd.0 != Verdict::Allow, "{:?} {:?}", plain, odd);
            } else {
                prop_assert_eq!(plain, odd);
            }
        }
    }

    #[test]
    fn a_query_changes_no_verdict(method in method(), path in path(), query in "[!-\"$-~]{0,9}") {
        for role in POLICY.roles() {
            let plain = judge(role, method, escape(&path, &[]).as_bytes());
            let asked = judge(role, method, format!("{}?{query}", escape(&path, &[])).as_bytes());
            prop_assert_eq!(plain.1, asked.1);
            match (plain.0, asked.0) {
                (Verdict::Redirect(clean), Verdict::Redirect(asked)) => {
                    prop_assert_eq!(format!("{clean}?{query}"), asked);
                }
                (plain, asked) => prop_assert_eq!(plain, asked),
            }
        }
    }

    #[test]
    fn a_version_changes_no_verdict_but_of_what_has_none(method in method(), path in path()) {
        let path = escape(&path, &[]);
        prop_assume!(!path.starts_with("/v1") && !path.starts_with("/debug"));
        for role in POLICY.roles() {
            let plain = judge(role, method, path.as_bytes());
            let versioned = judge(role, method, format!("/v1.41{path}").as_bytes());
            prop_assert_eq!(plain.1, versioned.1);
            if !matches!(plain.0, Verdict::Redirect(_)) {
                prop_assert_eq!(plain.0, versioned.0);
            }
        }
    }

    #[test]
    fn who_may_look_may_ask_whether_there_is_something_to_see(path in path()) {
        let path = escape(&path, &[]);
        for role in POLICY.roles() {
            let (get, head) =
                (judge(role, "GET", path.as_bytes()), judge(role, "HEAD", path.as_bytes()));
            // A HEAD that is an operation of its own has rules of its own.
            if get.1 == head.1 {
                prop_assert_eq!(get, head);
            }
        }
    }

    #[test]
    fn only_full_lets_pass_what_could_be_read_in_two_ways(method in method(), path in path()) {
        let path = escape(&path, &[]);
        let odd = path.contains("//") || path.split('/').any(|it| matches!(it, "." | ".."));
        let targets = odd.then(|| path.clone()).into_iter();
        for target in targets.chain([format!("/v1.23{path}"), format!("/v1{path}")]) {
            for role in POLICY.roles().filter(|role| !role.is_full()) {
                let verdict = judge(role, method, target.as_bytes()).0;
                let refused = matches!(verdict, Verdict::Bad(_) | Verdict::Redirect(_));
                prop_assert!(refused, "{} {}: {:?}", method, target, verdict);
            }
        }
    }

    #[test]
    fn a_denied_operation_is_never_allowed(method in method(), path in path()) {
        let path = escape(&path, &[]);
        for (role, denied) in [("some", "ContainerLogs"), ("most", "ContainerCreate")] {
            let (verdict, operation) = judge(POLICY.role(role).unwrap(), method, path.as_bytes());
            prop_assert!(
                verdict != Verdict::Allow || operation.is_none_or(|it| it.name() != denied)
            );
        }
    }
}
