//! SIGHUP and the policy.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use testkit::stream::get;
use testkit::{Bridge, Signal, StandIn, requires_root};

use crate::{PolicyFile, bridge};

const PING: &str = "[roles.ci]\nallow = [\"SystemPing\"]\n";
const LIST: &str = "[roles.ci]\nallow = [\"SystemPing\", \"ContainerList\"]\n";

fn reload(bridge: &Bridge) {
    bridge.signal(Signal::HUP);
    bridge.wait_for_log_containing("SIGHUP: reading the policy again");
}

#[test]
fn another_policy_is_in_force_for_the_next_request_of_an_open_connection() {
    let (engine, policy) = (StandIn::start(), PolicyFile::new(PING));
    let bridge = bridge(&engine).args(["--policy", &policy.text(), "--access", "ci"]).start();
    let mut client = bridge.endpoint().connect();
    let list = "GET /containers/json HTTP/1.1\r\nHost: docker\r\n\r\n";
    assert_eq!(client.exchange(list).status, 403);
    policy.write(LIST);
    reload(&bridge);
    bridge.wait_for_log_containing("the new policy is in force: role ci: +ContainerList");
    assert_eq!(client.exchange(list).status, 200);
    policy.write(PING);
    reload(&bridge);
    bridge.wait_for_log_containing("the new policy is in force: role ci: -ContainerList");
    assert_eq!(client.exchange(list).status, 403);
    reload(&bridge);
    bridge.wait_for_log_containing("the policy hasn't changed");
}

#[test]
fn a_bad_policy_keeps_the_old_one_and_says_why() {
    let (engine, policy) = (StandIn::start(), PolicyFile::new(LIST));
    let file = policy.text();
    let bridge = bridge(&engine).args(["--policy", &file, "--access", "ci"]).start();
    for (text, why) in [
        ("[roles.ci]\nallow = [\"SystemPng\"]\n", format!("{file}:2: unknown operation")),
        ("[roles.other]\n", format!("`{file}` lacks the role `ci`, which --access names")),
        ("not toml", format!("{file}:1: ")),
    ] {
        policy.write(text);
        bridge.signal(Signal::HUP);
        bridge.wait_for_log_containing(&format!("the old policy stays in force: {why}"));
        assert_eq!(get(&bridge.endpoint(), "/containers/json").status, 200);
        assert_eq!(get(&bridge.endpoint(), "/images/json").status, 403);
    }
    fs::remove_file(policy.path()).unwrap();
    bridge.signal(Signal::HUP);
    bridge.wait_for_log_containing(&format!("`{file}` can't be read: No such file"));
    assert_eq!(get(&bridge.endpoint(), "/containers/json").status, 200);
}

#[test]
fn the_role_full_is_judged_where_there_is_a_policy_for_the_next_one_may_take_it_away() {
    let (engine, policy) = (StandIn::start(), PolicyFile::new(""));
    let bridge = bridge(&engine).args(["--policy", &policy.text()]).start();
    assert_eq!(get(&bridge.endpoint(), "/containers/json").status, 200);
    bridge.wait_for_log_containing("role=full");
}

#[test]
fn without_a_policy_file_there_is_nothing_to_reload() {
    let engine = StandIn::start();
    let bridge = bridge(&engine).args(["--access", "monitor"]).start();
    bridge.signal(Signal::HUP);
    bridge.wait_for_log_containing("SIGHUP: there is nothing to reload");
    bridge.signal(Signal::USR1);
    bridge.wait_for_log_containing("SIGUSR1: nothing is learned here");
    assert_eq!(get(&bridge.endpoint(), "/_ping").status, 200);
}

#[test]
fn a_policy_that_nonroot_cannot_read_again_gets_a_warning() {
    requires_root!();
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("docker.sock");
    let engine = StandIn::builder().path(&socket).start();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
    fs::set_permissions(&socket, fs::Permissions::from_mode(0o666)).unwrap();
    let policy = folder.path().join("policy.toml");
    fs::write(&policy, PING).unwrap();
    let start = |mode| {
        fs::set_permissions(&policy, fs::Permissions::from_mode(mode)).unwrap();
        let bridge = bridge(&engine).arg("--policy").arg(&policy).start();
        bridge.wait_for_log_containing("listening on ");
        bridge.logs()
    };
    let warning = format!(
        "user 65532 can't read {} again: a reload needs other rights on it, or --user root",
        policy.display()
    );
    let logs = start(0o600);
    assert_eq!(logs.matches(&warning).count(), 1, "{logs}");
    let logs = start(0o644);
    assert!(!logs.contains("can't read"), "{logs}");
}
