//! `--learn`: everything is allowed, and what was asked for becomes a policy.

use std::fs;
use std::path::Path;

use testkit::stream::get;
use testkit::{Bridge, DEADLINE, Signal, StandIn, eventually, requires_root};

use crate::{assert_denied, bridge, status, text};

fn learn(engine: &StandIn, file: &Path) -> Bridge {
    bridge(engine).arg("--learn").arg(file).start()
}

/// A client by whose requests is learned.
fn work(bridge: &Bridge) {
    for (method, path) in [
        ("GET", "/_ping"),
        ("GET", "/v1.41/containers/json?all=1"),
        ("POST", "/v1.41/containers/web/start"),
        ("GET", "/libpod/pods/json"),
    ] {
        status(&bridge.endpoint(), method, path);
    }
}

#[test]
fn what_was_asked_for_is_allowed_by_the_policy_that_is_written_and_nothing_else() {
    let engine = StandIn::start();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("learned.toml");
    let bridge = learn(&engine, &file);
    work(&bridge);
    bridge.signal(Signal::TERM);
    assert!(bridge.wait_exit(DEADLINE).success());
    assert!(bridge.logs().contains("what was learned is in "), "{}", bridge.logs());
    let policy = fs::read_to_string(&file).unwrap();
    assert!(policy.contains("[roles.learned]"), "{policy}");
    assert!(policy.contains("# ") && policy.contains("CONTAINERS=1"), "{policy}");

    let seen = engine.requests().len();
    let guarded =
        crate::bridge(&engine).args(["--policy", text(&file), "--access", "learned"]).start();
    work(&guarded);
    assert_eq!(engine.wait_requests(seen + 4, DEADLINE).len(), seen + 4);
    assert_denied(
        &guarded.endpoint(),
        "/images/json",
        "access denied: role learned may not ImageList (GET /images/json)",
    );
    assert_eq!(status(&guarded.endpoint(), "POST", "/containers/web/stop"), 403);
    assert_eq!(status(&guarded.endpoint(), "GET", "/libpod/info"), 403);
}

#[test]
fn a_signal_writes_what_was_learned_so_far_and_the_end_writes_again() {
    let engine = StandIn::start();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("learned.toml");
    fs::write(&file, "# something older, and longer\n".repeat(500)).unwrap();
    let bridge = learn(&engine, &file);
    let policy = || fs::read_to_string(&file).unwrap();
    get(&bridge.endpoint(), "/containers/json");
    bridge.signal(Signal::USR1);
    eventually(DEADLINE, "it is written", || policy().contains("ContainerList"));
    assert!(!policy().contains("older"), "{}", policy());

    // It is written at once, while a stream is still open, and what comes during the drain too.
    let mut stream = bridge.endpoint().connect();
    stream.send("GET /events HTTP/1.1\r\nHost: docker\r\n\r\n");
    stream.read_head();
    bridge.signal(Signal::TERM);
    eventually(DEADLINE, "it is written", || policy().contains("SystemEvents"));
    assert!(bridge.exit_status().is_none());
    stream.close();
    assert!(bridge.wait_exit(DEADLINE).success());
    assert!(policy().contains("SystemEvents"));
    assert_eq!(bridge.logs().matches("what was learned is in ").count(), 3, "{}", bridge.logs());
}

#[test]
fn the_file_is_opened_before_rights_are_dropped() {
    requires_root!();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("learned.toml");
    let socket = tempfile::tempdir().unwrap();
    let open = |path: &Path, mode| {
        let mode = std::os::unix::fs::PermissionsExt::from_mode(mode);
        fs::set_permissions(path, mode).unwrap();
    };
    open(socket.path(), 0o755);
    let engine = StandIn::builder().path(socket.path().join("docker.sock")).start();
    open(engine.socket(), 0o666);
    open(folder.path(), 0o700);
    let bridge = learn(&engine, &file);
    let user = fs::read_to_string(format!("/proc/{}/status", bridge.pid())).unwrap();
    assert!(user.contains("Uid:\t65532"), "{user}");
    get(&bridge.endpoint(), "/version");
    bridge.signal(Signal::INT);
    assert!(bridge.wait_exit(DEADLINE).success());
    assert!(fs::read_to_string(&file).unwrap().contains("SystemVersion"));
}
