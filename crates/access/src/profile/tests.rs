use crate::{Operation, Policy, Profile, Request, Role, Verdict};

fn profile(profile: Profile, variables: &str) -> (Policy, Vec<String>) {
    let variables = variables.to_owned();
    let variable = move |name: &str| {
        let mut pairs = variables.split_whitespace().filter_map(|pair| pair.split_once('='));
        pairs.find(|(known, _)| *known == name).map(|(_, value)| value.to_owned())
    };
    (Policy::built_in().with_profile(profile, &variable), profile.warnings(&variable))
}

fn judge(role: &Role, request: &str) -> (Option<bool>, String) {
    let (method, target) = request.split_once(' ').unwrap();
    let request = Request { method: method.as_bytes(), target: target.as_bytes(), grpc: false };
    let judgement = role.judge(&request);
    let allowed = match judgement.verdict {
        Verdict::Allow => Some(true),
        Verdict::Deny => Some(false),
        _ => None,
    };
    (allowed, judgement.rule.to_owned())
}

/// Judges by both profiles: `(variables, request, tecnativa, linuxserver)`.
fn table(rows: &[(&str, &str, &str, &str)]) {
    for (variables, request, tecnativa, linuxserver) in rows {
        for (which, expected) in
            [(Profile::Tecnativa, tecnativa), (Profile::Linuxserver, linuxserver)]
        {
            let (policy, _) = profile(which, variables);
            let (allowed, rule) = judge(policy.role(which.name()).unwrap(), request);
            let (mark, by) = expected.split_at(1);
            let expected = (Some(mark == "+"), by.to_owned());
            assert_eq!((allowed, rule), expected, "{variables}: {request} by {}", which.name());
        }
    }
}

#[test]
fn the_measured_truth_table_holds() {
    let start = "CONTAINERS=1 POST=0 ALLOW_START=1";
    let post = "CONTAINERS=1 POST=1 EXEC=0";
    table(&[
        (start, "POST /containers/x/start", "-POST=0", "+ALLOW_START=1"),
        (start, "POST /containers/x/stop", "-POST=0", "-POST=0"),
        (start, "GET /containers/x/archive", "+CONTAINERS=1", "-ALLOW_ARCHIVE=0"),
        (start, "GET /containers/x/logs", "+CONTAINERS=1", "-ALLOW_LOGS=0"),
        (start, "GET /containers/x/export", "+CONTAINERS=1", "-ALLOW_EXPORT=0"),
        (start, "GET /containers/x/top", "+CONTAINERS=1", "-ALLOW_TOP=0"),
        (start, "GET /containers/x/changes", "+CONTAINERS=1", "-ALLOW_CHANGES=0"),
        // The originals pass it; it carries the container's input.
        (start, "GET /containers/x/attach/ws", "-POST=0", "-POST=0"),
        (start, "GET /containers/x/json", "+CONTAINERS=1", "+CONTAINERS=1"),
        (post, "POST /containers/x/exec", "+CONTAINERS=1", "+CONTAINERS=1"),
        (post, "POST /exec/x/start", "-EXEC=0", "-EXEC=0"),
        (post, "POST /containers/x/attach", "+CONTAINERS=1", "+CONTAINERS=1"),
        (post, "GET /containers/x/attach/ws", "+CONTAINERS=1", "+CONTAINERS=1"),
        (post, "POST /containers/create", "+CONTAINERS=1", "+CONTAINERS=1"),
        (post, "DELETE /containers/x", "+CONTAINERS=1", "+CONTAINERS=1"),
        (post, "PUT /containers/x/archive", "+CONTAINERS=1", "-ALLOW_ARCHIVE=0"),
        ("CONTAINERS=1", "PUT /containers/x/archive", "-POST=0", "-ALLOW_ARCHIVE=0"),
        ("", "HEAD /_ping", "+PING=1", "+PING=1"),
        ("CONTAINERS=1", "HEAD /containers/json", "+CONTAINERS=1", "+CONTAINERS=1"),
        ("CONTAINERS=1", "OPTIONS /containers/json", "-POST=0", "-POST=0"),
        (post, "OPTIONS /containers/json", "+CONTAINERS=1", "+CONTAINERS=1"),
    ]);
}

#[test]
fn every_section_has_its_switch() {
    for section in [
        "auth",
        "build",
        "commit",
        "configs",
        "containers",
        "distribution",
        "events",
        "exec",
        "grpc",
        "images",
        "info",
        "networks",
        "nodes",
        "ping",
        "plugins",
        "secrets",
        "services",
        "session",
        "swarm",
        "system",
        "tasks",
        "version",
        "volumes",
    ] {
        let name = section.to_uppercase();
        let path = if section == "ping" { "_ping" } else { section };
        let on = format!("{name}=1");
        let off = format!("{name}=0");
        for request in [format!("GET /{path}"), format!("GET /v1.41/{path}/x")] {
            let (allowed, denied) = (format!("+{on}"), format!("-{off}"));
            table(&[(&on, &request, &allowed, &allowed), (&off, &request, &denied, &denied)]);
        }
        let posted = format!("POST /{path}/x");
        let allowed = format!("+{on}");
        table(&[(&on, &posted, "-POST=0", "-POST=0")]);
        table(&[(&format!("{on} POST=1"), &posted, &allowed, &allowed)]);
    }
}

#[test]
fn events_ping_and_version_are_on_until_switched_off() {
    table(&[
        ("", "GET /events", "+EVENTS=1", "+EVENTS=1"),
        ("", "GET /_ping", "+PING=1", "+PING=1"),
        ("", "GET /version", "+VERSION=1", "+VERSION=1"),
        ("EVENTS=", "GET /events", "-EVENTS=0", "-EVENTS=0"),
        ("EVENTS=no", "GET /events", "-EVENTS=0", "-EVENTS=0"),
        ("", "GET /containers/json", "-CONTAINERS=0", "-CONTAINERS=0"),
        ("CONTAINERS=true", "GET /containers/json", "-CONTAINERS=0", "-CONTAINERS=0"),
        ("CONTAINERS=2", "GET /containers/json", "+CONTAINERS=1", "+CONTAINERS=1"),
        ("", "GET /info", "-INFO=0", "-INFO=0"),
        ("SYSTEM=1", "GET /info", "-INFO=0", "-INFO=0"),
        ("SYSTEM=1", "GET /system/df", "+SYSTEM=1", "+SYSTEM=1"),
    ]);
}

#[test]
fn actions_are_let_through_one_path_each() {
    let all = "POST=1 ALLOW_RESTARTS=1 ALLOW_START=1 ALLOW_STOP=1 ALLOW_PAUSE=1 ALLOW_UNPAUSE=1";
    table(&[
        (all, "POST /containers/x/stop", "+ALLOW_STOP=1", "+ALLOW_STOP=1"),
        (all, "POST /containers/x/restart", "+ALLOW_RESTARTS=1", "+ALLOW_RESTARTS=1"),
        (all, "POST /v1.41/containers/x/kill", "+ALLOW_RESTARTS=1", "+ALLOW_RESTARTS=1"),
        (all, "POST /containers/x/start", "+ALLOW_START=1", "+ALLOW_START=1"),
        (all, "POST /containers/x/pause", "-CONTAINERS=0", "+ALLOW_PAUSE=1"),
        (all, "POST /containers/x/unpause", "-CONTAINERS=0", "+ALLOW_UNPAUSE=1"),
        (all, "POST /pods/x/start", "-no switch for /pods", "+ALLOW_START=1"),
        (all, "POST /libpod/pods/x/start", "-no switch for /libpod", "+ALLOW_START=1"),
        (all, "POST /libpod/containers/x/stop", "-no switch for /libpod", "+ALLOW_STOP=1"),
        (all, "POST /containers/x/update", "-CONTAINERS=0", "-CONTAINERS=0"),
        // Their end is the path's, and a name is one plain segment.
        (all, "POST /containers/x/startup", "-CONTAINERS=0", "-CONTAINERS=0"),
        (all, "POST /containers/x/start/exec", "-CONTAINERS=0", "-CONTAINERS=0"),
        (all, "POST /containers/x%2Fy/start", "-CONTAINERS=0", "-CONTAINERS=0"),
        (all, "POST /containers/x%20y/start", "-CONTAINERS=0", "-CONTAINERS=0"),
        ("ALLOW_RESTARTS=1", "POST /containers/x/stop", "-POST=0", "+ALLOW_RESTARTS=1"),
        ("ALLOW_STOP=1", "POST /containers/x/stop", "-POST=0", "+ALLOW_STOP=1"),
        ("ALLOW_STOP=1 POST=1", "POST /containers/x/stop", "+ALLOW_STOP=1", "+ALLOW_STOP=1"),
        ("ALLOW_STOP=1 POST=1", "POST /containers/x/kill", "-CONTAINERS=0", "-CONTAINERS=0"),
        // As measured: any method.
        ("ALLOW_START=1", "DELETE /containers/x/start", "-POST=0", "+ALLOW_START=1"),
        ("ALLOW_START=1", "GET /containers/x/start", "+ALLOW_START=1", "+ALLOW_START=1"),
    ]);
}

#[test]
fn linuxservers_gates_hold_wherever_the_name_has_slashes_and_grant_nothing() {
    let none = "-no switch for /libpod";
    table(&[
        ("CONTAINERS=1", "GET /containers/web%2Falias/logs", "+CONTAINERS=1", "-ALLOW_LOGS=0"),
        ("CONTAINERS=1", "GET /containers/web/alias/top", "+CONTAINERS=1", "-ALLOW_TOP=0"),
        ("CONTAINERS=1", "GET /containers/a/b/attach/ws", "-POST=0", "-POST=0"),
        ("CONTAINERS=1", "HEAD /containers/x/archive", "+CONTAINERS=1", "-ALLOW_ARCHIVE=0"),
        ("CONTAINERS=1", "GET /containers/logs/json", "+CONTAINERS=1", "+CONTAINERS=1"),
        ("CONTAINERS=1 ALLOW_LOGS=1", "GET /containers/x/logs", "+CONTAINERS=1", "+CONTAINERS=1"),
        ("ALLOW_LOGS=1", "GET /containers/x/logs", "-CONTAINERS=0", "-CONTAINERS=0"),
        ("SERVICES=1", "GET /services/x/logs", "+SERVICES=1", "+SERVICES=1"),
        ("LIBPOD_CONTAINERS=1", "GET /libpod/containers/x/logs", none, "-ALLOW_LOGS=0"),
        ("LIBPOD_PODS=1", "GET /libpod/pods/x/top", none, "-ALLOW_TOP=0"),
    ]);
}

#[test]
fn libpod_has_switches_in_linuxservers_alone() {
    let none = "-no switch for /libpod";
    for section in [
        "containers",
        "events",
        "exec",
        "generate",
        "images",
        "info",
        "manifests",
        "networks",
        "play",
        "pods",
        "secrets",
        "system",
        "volumes",
    ] {
        let name = format!("LIBPOD_{}", section.to_uppercase());
        let request = format!("GET /v4.0.0/libpod/{section}/x");
        table(&[
            ("", &request, none, &format!("-{name}=0")),
            (&format!("{name}=1"), &request, none, &format!("+{name}=1")),
        ]);
    }
    let legacy = "LIBPOD_ALLOW_START=1 LIBPOD_ALLOW_POD_STOP=1";
    table(&[
        ("", "GET /libpod/_ping", none, "+LIBPOD_PING=1"),
        ("", "GET /libpod/version", none, "+LIBPOD_VERSION=1"),
        ("LIBPOD_VERSION=0", "GET /libpod/version", none, "-LIBPOD_VERSION=0"),
        ("CONTAINERS=1", "GET /libpod/containers/json", none, "-LIBPOD_CONTAINERS=0"),
        ("LIBPOD_INFO=1", "GET /info", "-INFO=0", "-INFO=0"),
        ("", "GET /libpod", none, "-no switch for this path of /libpod"),
        (legacy, "POST /libpod/containers/x/start", "-POST=0", "+LIBPOD_ALLOW_START=1"),
        (legacy, "POST /libpod/pods/x/stop", "-POST=0", "+LIBPOD_ALLOW_POD_STOP=1"),
        (legacy, "POST /libpod/pods/x/start", "-POST=0", "-POST=0"),
        (legacy, "POST /libpod/containers/x/stop", "-POST=0", "-POST=0"),
        (legacy, "POST /containers/x/start", "-POST=0", "-POST=0"),
    ]);
}

#[test]
fn what_no_section_matches_is_refused() {
    let all = "CONTAINERS=1 VERSION=1 POST=1";
    let none = "-no switch for this path";
    table(&[
        (all, "GET /containersfoo", none, none),
        (all, "GET /versionfoo", none, none),
        (all, "GET /CONTAINERS/json", none, none),
        (all, "GET /", none, none),
        (all, "GET /debug/vars", "-no switch for /debug", "-no switch for /debug"),
        (all, "OPTIONS *", none, none),
        (all, "GET /containers", "+CONTAINERS=1", "+CONTAINERS=1"),
        (all, "GET /containers%2fjson", "+CONTAINERS=1", "+CONTAINERS=1"),
        (all, "GET /%63ontainers/json", "+CONTAINERS=1", "+CONTAINERS=1"),
        (all, "PATCH /containers/x", "+CONTAINERS=1", "+CONTAINERS=1"),
    ]);
}

#[test]
fn what_could_be_read_in_two_ways_and_old_versions_are_bad_requests() {
    for which in Profile::ALL {
        let (policy, _) = profile(which, "CONTAINERS=1 POST=1");
        let role = policy.role(which.name()).unwrap();
        for request in [
            "GET /containers/../secrets",
            "GET /containers/%2e%2e/secrets",
            "POST //secrets",
            "GET //containers/json",
            "GET /v1.23/containers/json",
            "GET /v1/containers/json",
            "GET /v1..41/containers/json",
            "GET /v01.41/containers/json",
            "GET /containers/%zz",
            "GET /containers/json#",
        ] {
            assert_eq!(judge(role, request).0, None, "{request}");
        }
    }
}

#[test]
fn a_grpc_request_is_grpc_whatever_its_path() {
    for which in Profile::ALL {
        for (variables, expected, rule) in [
            ("CONTAINERS=1 POST=1", Verdict::Deny, "GRPC=0"),
            ("GRPC=1", Verdict::Deny, "POST=0"),
            ("GRPC=1 POST=1", Verdict::Allow, "GRPC=1"),
            ("ALLOW_START=1 POST=1", Verdict::Deny, "GRPC=0"),
        ] {
            let (policy, _) = profile(which, variables);
            let target = b"/containers/x/start";
            let request = Request { method: b"POST", target, grpc: true };
            let judgement = policy.role(which.name()).unwrap().judge(&request);
            assert_eq!((judgement.verdict, judgement.rule), (expected, rule), "{variables}");
        }
    }
}

#[test]
fn rights_are_told_operation_by_operation() {
    let (policy, _) = profile(Profile::Linuxserver, "CONTAINERS=1 ALLOW_START=1");
    let role = policy.role("linuxserver").unwrap();
    let right = |operation| {
        let found = role.rights().find(|(it, ..)| *it == operation);
        let (_, allowed, rule) = found.unwrap();
        (allowed, rule)
    };
    assert_eq!(right(Operation::ContainerList), (true, "CONTAINERS=1"));
    assert_eq!(right(Operation::ContainerLogs), (false, "ALLOW_LOGS=0"));
    assert_eq!(right(Operation::ContainerStart), (true, "ALLOW_START=1"));
    assert_eq!(right(Operation::ContainerCreate), (false, "POST=0"));
    assert_eq!(right(Operation::ContainerAttachWebsocket), (false, "POST=0"));
    assert_eq!(right(Operation::BuildkitGrpc), (false, "POST=0"));
    assert_eq!(right(Operation::DebugVars), (false, "no switch for /debug"));
}

#[test]
fn a_profile_is_a_role_beside_the_others() {
    let (policy, warnings) = profile(Profile::Tecnativa, "CONTAINERS=1");
    let names: Vec<_> = policy.roles().map(|role| role.name()).collect();
    assert_eq!(names, ["full", "monitor", "read-only", "tecnativa"]);
    assert_eq!(warnings, <[&str; 0]>::default());
}

#[test]
fn variables_that_do_nothing_get_a_warning_each() {
    let tecnativa = Profile::Tecnativa;
    let linuxserver = Profile::Linuxserver;
    let word =
        "the variable CONTAINERS is off: it takes a number; to switch it on write CONTAINERS=1";
    for (which, variables, expected) in [
        (tecnativa, "CONTAINERS=true", word),
        (linuxserver, "CONTAINERS=true", word),
        (tecnativa, "DELETE=1", "the variable DELETE does nothing: POST=1 unlocks every method"),
        (tecnativa, "PUT=true", "the variable PUT does nothing: POST=1 unlocks every method"),
        (tecnativa, "ALLOW_START=1", "the variable ALLOW_START does nothing without POST=1"),
        (tecnativa, "BUILD=1", "the variable BUILD does nothing without POST=1"),
        (
            tecnativa,
            "ALLOW_LOGS=1",
            "the variable ALLOW_LOGS does nothing in tecnativa: only linuxserver reads it",
        ),
        (linuxserver, "ALLOW_LOGS=1", "the variable ALLOW_LOGS does nothing without CONTAINERS=1"),
        (tecnativa, "CONTAINER=1", "the variable CONTAINER does nothing: did you mean CONTAINERS?"),
        (tecnativa, "IMAEGS=1", "the variable IMAEGS does nothing: did you mean IMAGES?"),
        (tecnativa, "images=yes", "the variable images does nothing: did you mean IMAGES?"),
        (
            tecnativa,
            "ALLOW_RESTART=1",
            "the variable ALLOW_RESTART does nothing: did you mean ALLOW_RESTARTS?",
        ),
        (
            linuxserver,
            "ALLOW_KILL=1",
            "the variable ALLOW_KILL does nothing: ALLOW_RESTARTS=1 allows stop, restart and kill",
        ),
    ] {
        assert_eq!(profile(which, variables).1, [expected], "{variables}");
    }
}

#[test]
fn what_does_what_it_says_gets_no_warning() {
    for which in Profile::ALL {
        for variables in [
            "CONTAINERS=0 POST=0 DELETE=0",
            "CONTAINERS=no EVENTS=false",
            "CONTAINERS=10 POST=-1",
            "POST=1 ALLOW_START=1 BUILD=1",
            "LOG=1 HOME=/ IMAGE=alpine",
        ] {
            assert_eq!(profile(which, variables).1, <[&str; 0]>::default(), "{variables}");
        }
    }
    let start = profile(Profile::Linuxserver, "ALLOW_START=1").1;
    assert_eq!(start, <[&str; 0]>::default());
}
