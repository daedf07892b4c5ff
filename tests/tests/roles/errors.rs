//! Roles that aren't there, and policies that can't be read.

use testkit::Program;
use testkit::check::assert_usage_error;

use crate::PolicyFile;

fn program(words: &[&str]) -> Program {
    Program::ours("bridge").args(words)
}

#[test]
fn an_unknown_role_is_an_error_that_names_what_was_meant_and_where_it_stands() {
    let policy = PolicyFile::new("[roles.deployer]\nallow = [\"ContainerCreate\"]\n");
    let with_policy = |words: &[&str]| program(words).args(["--policy", &policy.text()]);
    for (program, message) in [
        (
            program(&["-a", "monitr"]),
            "--access: the role `monitr` isn't known: did you mean monitor?",
        ),
        (
            program(&["--access", "teapot"]),
            "--access: the role `teapot` isn't known (there are full, linuxserver, monitor, \
             read-only, tecnativa; --policy FILE adds your own)",
        ),
        (
            with_policy(&["--access", "teapot"]),
            "--access: the role `teapot` isn't known (there are deployer, full, linuxserver, \
             monitor, read-only, tecnativa)",
        ),
        (
            with_policy(&["--listen", "127.0.0.1:1=deplyer"]),
            "--listen: `127.0.0.1:1=deplyer` names the role `deplyer`, which isn't known: did you \
             mean deployer?",
        ),
        (
            program(&[]).env("BRIDGE_LISTEN", "/a.sock=full,127.0.0.1:1=readonly"),
            "BRIDGE_LISTEN: `127.0.0.1:1=readonly` names the role `readonly`, which isn't known: \
             did you mean read-only?",
        ),
        (
            program(&["--listen", "127.0.0.1:1="]),
            "--listen: `127.0.0.1:1=` names no role behind `=` (write 127.0.0.1:1=read-only)",
        ),
        (
            program(&[]).env("BRIDGE_ACCESS", "read only"),
            "BRIDGE_ACCESS: `read only` is no name of a role (letters, digits and _.- behind the \
             first, such as read-only)",
        ),
        (
            program(&["--log-requests", "some"]),
            "--log-requests: `some` names no requests (write all, denied or none)",
        ),
        (
            program(&[]).env("BRIDGE_LOG_REQUESTS", "deny"),
            "BRIDGE_LOG_REQUESTS: `deny` names no requests (write all, denied or none)",
        ),
    ] {
        assert_usage_error(&program, &format!("bad setting: {message}"));
    }
}

#[test]
fn a_wrong_policy_is_an_error_with_file_and_line() {
    let policy = PolicyFile::new("[roles.a]\nallow = [\"ContainerLst\"]\n");
    let file = policy.text();
    for (program, message) in [
        (
            program(&["--policy", &file]),
            format!("--policy: {file}:2: unknown operation \"ContainerLst\": did you mean ContainerList?"),
        ),
        (
            program(&[]).env("BRIDGE_POLICY", "/no/policy.toml"),
            "BRIDGE_POLICY: `/no/policy.toml` can't be read: No such file or directory (os error 2)"
                .to_owned(),
        ),
    ] {
        assert_usage_error(&program, &format!("bad setting: {message}"));
        assert_usage_error(&program.arg("--check"), &format!("bad setting: {message}"));
    }
}

#[test]
fn learning_takes_nothing_beside_it_that_restricts() {
    let policy = PolicyFile::new("");
    for (words, source, what) in [
        (&["--access", "monitor"][..], "--access", "the role `monitor`"),
        (&["--listen", "127.0.0.1:1=monitor"], "--listen", "the role `monitor`"),
        (&["--policy", &policy.text()], "--policy", "a policy"),
    ] {
        assert_usage_error(
            &program(words).args(["--learn", "/tmp/learned.toml"]),
            &format!(
                "bad setting: {source}: --learn allows everything, and {what} doesn't: leave one \
                 of them out"
            ),
        );
    }
    assert_usage_error(
        &program(&["--listen", "127.0.0.1:1", "--learn", "/no/learned.toml"]),
        "bad setting: --learn: `/no/learned.toml` can't be written: No such file or directory (os \
         error 2)",
    );
}

#[test]
fn a_health_check_needs_no_policy() {
    let program = program(&["--health", "--listen", "127.0.0.1:1", "--policy", "/no/policy.toml"]);
    let output = program.run();
    assert_eq!(output.status.code(), Some(1), "{output:?}");
}
