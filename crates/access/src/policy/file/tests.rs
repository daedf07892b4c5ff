use crate::{Operation, Policy, Request, Role, Verdict};

const EXAMPLE: &str = r#"
[roles.deployer]
extends = ["monitor"]
allow = ["ContainerCreate", "class:lifecycle", "tag:Network"]
allow-paths = ["GET /libpod/containers/json"]
deny = ["ContainerDelete", "NetworkDelete"]

[clients]
grafana = "monitor"
ci = "deployer"
"#;

fn policy(text: &str) -> Policy {
    Policy::parse("policy.toml", text).unwrap()
}

fn verdict(role: &Role, method: &str, target: &str) -> (Verdict, String) {
    let request = Request { method: method.as_bytes(), target: target.as_bytes(), grpc: false };
    let judgement = role.judge(&request);
    (judgement.verdict, judgement.rule.to_owned())
}

fn allowed(role: &Role) -> Vec<&'static str> {
    role.rights()
        .filter(|(_, allowed, _)| *allowed)
        .map(|(operation, ..)| operation.name())
        .collect()
}

fn error(text: &str) -> String {
    Policy::parse("policy.toml", text).unwrap_err().to_string()
}

#[test]
fn a_role_is_what_it_extends_and_allows_without_what_it_denies() {
    let policy = policy(EXAMPLE);
    let role = policy.role("deployer").unwrap();
    for (method, target, expected, rule) in [
        ("GET", "/containers/json", Verdict::Allow, "monitor: allow ContainerList"),
        ("POST", "/containers/create", Verdict::Allow, "allow ContainerCreate"),
        ("POST", "/v1.41/containers/a/start", Verdict::Allow, "allow class:lifecycle"),
        ("POST", "/networks/create", Verdict::Allow, "allow tag:Network"),
        ("DELETE", "/networks/a", Verdict::Deny, "deny NetworkDelete"),
        ("DELETE", "/containers/a", Verdict::Deny, "deny ContainerDelete"),
        ("GET", "/libpod/containers/json", Verdict::Allow, "allow GET /libpod/containers/json"),
        ("POST", "/containers/a/exec", Verdict::Deny, "no rule"),
        ("GET", "/teapot", Verdict::Deny, "no rule"),
    ] {
        let expected = (expected, rule.to_owned());
        assert_eq!(verdict(role, method, target), expected, "{method} {target}");
    }
    assert_eq!(policy.client("grafana"), Some("monitor"));
    assert_eq!(policy.client("nobody"), None);
}

#[test]
fn a_deny_shapes_the_role_that_has_it_and_nothing_that_extends_others_beside_it() {
    let policy = policy(
        r#"
        [roles.looker]
        allow = ["class:read"]
        allow-paths = ["GET /containers/**", "GET /libpod/**"]
        deny = ["ContainerLogs"]
        [roles.reader]
        extends = ["looker", "read-only"]
        [roles.heir]
        extends = ["looker"]
        [roles.willful]
        extends = ["looker"]
        allow = ["ContainerLogs"]
        "#,
    );
    let logs = |role| verdict(policy.role(role).unwrap(), "GET", "/containers/a/logs");
    assert_eq!(logs("looker"), (Verdict::Deny, "deny ContainerLogs".to_owned()));
    assert_eq!(logs("reader"), (Verdict::Allow, "read-only: allow class:read".to_owned()));
    assert_eq!(logs("heir"), (Verdict::Deny, "no rule".to_owned()));
    assert_eq!(logs("willful"), (Verdict::Allow, "allow ContainerLogs".to_owned()));
    let export = verdict(policy.role("heir").unwrap(), "GET", "/containers/a/export");
    assert_eq!(export, (Verdict::Allow, "looker: allow GET /containers/**".to_owned()));
}

#[test]
fn a_denied_operation_is_not_let_in_by_a_path() {
    let policy = policy(
        r#"
        [roles.a]
        allow-paths = ["GET /containers/**"]
        deny = ["class:export"]
        "#,
    );
    let role = policy.role("a").unwrap();
    assert_eq!(verdict(role, "GET", "/containers/a/json").0, Verdict::Allow);
    assert_eq!(verdict(role, "GET", "/containers/a/export").0, Verdict::Deny);
    assert_eq!(verdict(role, "GET", "/containers/a%2Fb/export").0, Verdict::Deny);
    assert_eq!(verdict(role, "HEAD", "/containers/a/archive").0, Verdict::Deny);
}

#[test]
fn a_path_lets_no_grpc_request_in() {
    let policy =
        policy("[roles.a]\nallow-paths = ['POST /**']\n[roles.b]\nallow = ['BuildkitGrpc']");
    let verdict = |role, grpc| {
        let request = Request { method: b"POST", target: b"/moby.buildkit.v1.Control/Solve", grpc };
        policy.role(role).unwrap().judge(&request).verdict
    };
    assert_eq!(verdict("a", true), Verdict::Deny);
    assert_eq!(verdict("a", false), Verdict::Allow);
    assert_eq!(verdict("b", true), Verdict::Allow);
    assert_eq!(verdict("b", false), Verdict::Deny);
}

#[test]
fn rules_for_paths_are_told_with_whose_they_are() {
    let text =
        "[roles.a]\nallow-paths = ['GET /a']\n[roles.b]\nextends = ['a']\nallow-paths = ['GET /b']";
    let policy = policy(&(text.to_owned() + "\n[roles.c]\nextends = ['b']"));
    let paths: Vec<_> = policy.role("c").unwrap().paths().collect();
    assert_eq!(paths, [("GET /b", "b: allow GET /b"), ("GET /a", "a: allow GET /a")]);
}

#[test]
fn who_extends_full_is_told_what_is_not_there() {
    let policy = policy(
        r#"
        [roles.most]
        extends = ["full"]
        deny = ["class:debug"]
        [roles.heir]
        extends = ["most"]
        "#,
    );
    let role = policy.role("most").unwrap();
    let is = |role: &Role, target: &str| verdict(role, "GET", target);
    assert_eq!(is(role, "/info"), (Verdict::Allow, "full".to_owned()));
    assert_eq!(is(role, "/teapot").0, Verdict::NotFound);
    assert_eq!(is(role, "/debug/vars").0, Verdict::Deny);
    assert!(matches!(is(role, "/v1.23/info").0, Verdict::Bad(_)));
    let heir = policy.role("heir").unwrap();
    assert_eq!(is(heir, "/teapot").0, Verdict::NotFound);
    assert_eq!(is(heir, "/debug/vars").0, Verdict::Deny);
    assert!(!role.is_full() && allowed(role).len() == Operation::all().len() - 2);
}

#[test]
fn roles_may_stand_in_any_order_and_an_empty_file_is_one() {
    let text = "[clients]\na = 'b'\n[roles.a]\nextends = ['b']\n[roles.b]\nallow = ['SystemPing']";
    assert_eq!(allowed(policy(text).role("a").unwrap()), ["SystemPing"]);
    assert!(policy("").role("monitor").is_some());
    assert_eq!(allowed(policy("[roles.none]").role("none").unwrap()), <[&str; 0]>::default());
}

#[test]
fn clients_may_have_a_profile() {
    let policy = policy("[clients]\nold = 'tecnativa'");
    assert_eq!(policy.clients().collect::<Vec<_>>(), [("old", "tecnativa")]);
}

#[test]
fn an_error_names_file_line_and_what_was_meant() {
    for (text, expected) in [
        ("[rolls.a]", "1: unknown key \"rolls\": did you mean roles?"),
        ("\n[roles.a]\nalow = []", "3: unknown key \"alow\": did you mean allow?"),
        (
            "[roles.a]\nallow = [\n\"SystemPing\",\n\"ContainerLst\"]",
            "4: unknown operation \"ContainerLst\": did you mean ContainerList?",
        ),
        ("[roles.a]\ndeny = ['class:reed']", "2: unknown class \"reed\": did you mean read?"),
        ("[roles.a]\ndeny = ['tag:Node ']", "2: unknown tag \"Node \": did you mean Node?"),
        ("[roles.a]\nextends = ['moniter']", "2: unknown role \"moniter\": did you mean monitor?"),
        ("[clients]\nx = 'redonly'", "2: unknown role \"redonly\": did you mean read-only?"),
        ("[roles.a]\nallow = 'SystemPing'", "2: allow wants strings, such as [\"ContainerList\"]"),
        ("[roles.a]\nallow = [1]", "2: allow wants strings, such as [\"ContainerList\"]"),
        ("[clients]\nx = ['full']", "2: a client wants a string, such as \"monitor\""),
        ("roles = 1", "1: roles wants a table"),
        ("[roles]\na = 1", "2: a wants a table"),
        ("[roles.full]", "1: the role full is built in and can't be defined: choose another name"),
        (
            "[roles.tecnativa]",
            "1: the role tecnativa is built in and can't be defined: choose another name",
        ),
        (
            "[roles.a]\nextends = ['linuxserver']",
            "2: the profile linuxserver can't be extended: extend a role",
        ),
        ("[roles.\"\"]", "1: \"\" is no name for a role"),
        ("[roles.a]\nextends = ['a']", "2: roles extend each other: a extends a"),
        (
            "[roles.a]\nextends = ['b']\n[roles.b]\nextends = ['c']\n[roles.c]\nextends = ['b']",
            "6: roles extend each other: b extends c extends b",
        ),
        ("[roles.a]\nallow-paths = ['GTE /a']", "2: unknown method \"GTE\": did you mean GET?"),
        ("[roles.a]\n[roles.a]", "2: not TOML: duplicate key"),
        ("[roles.a]\nallow = [", "2: not TOML: unclosed array, expected `]`"),
    ] {
        assert_eq!(error(text), format!("policy.toml:{expected}"), "{text}");
    }
}
