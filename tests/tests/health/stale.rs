//! A socket that was mounted by itself stays the old one when the Engine makes a new one.

use std::fs;
use std::os::unix::net::UnixListener;
use std::path::PathBuf;

use testkit::process::BridgeBuilder;
use testkit::{Bridge, DEADLINE, StandIn, requires_root, requires_tool};

use crate::Said;

/// An Engine's socket, and a place where a bridge has it mounted.
struct Mounted {
    folder: tempfile::TempDir,
}

impl Mounted {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        crate::open(folder.path());
        fs::write(folder.path().join("mounted"), "").unwrap();
        Self { folder }
    }

    fn original(&self) -> PathBuf {
        self.folder.path().join("docker.sock")
    }

    fn bridge(&self) -> BridgeBuilder {
        let mounted = self.folder.path().join("mounted");
        let mount = "mount --bind \"$1\" \"$2\" && shift 2 && exec \"$@\"";
        let words = ["unshare", "--mount", "sh", "-c", mount, "sh"].map(PathBuf::from);
        let through = words.into_iter().chain([self.original(), mounted.clone()]);
        Bridge::builder().upstream(mounted).under(through)
    }

    fn restart(&self, engine: StandIn) -> StandIn {
        engine.stop();
        StandIn::builder().path(self.original()).start()
    }
}

#[test]
fn it_is_reported_as_stale_and_the_bridge_goes_on() {
    requires_root!();
    let _unshare = requires_tool!("unshare");
    let mounted = Mounted::new();
    let engine = StandIn::builder().path(mounted.original()).start();
    let bridge = mounted.bridge().start();
    Said::of(&bridge).expect(0, "healthy: ");
    let _engine = mounted.restart(engine);
    for _ in 0..2 {
        Said::of(&bridge).expect(1, "stale-socket: ");
    }
    bridge.wait_for_log_containing("Mount the directory");
    assert_eq!(bridge.logs().matches("this socket is stale").count(), 1, "{}", bridge.logs());
    assert_eq!(bridge.exit_status(), None);
}

#[test]
fn a_client_that_meets_it_is_closed_and_the_bridge_ends_with_75_where_that_is_asked_for() {
    requires_root!();
    let _unshare = requires_tool!("unshare");
    let mounted = Mounted::new();
    let engine = StandIn::builder().path(mounted.original()).start();
    let bridge = mounted.bridge().env("BRIDGE_STALE_SOCKET", "exit").start();
    let idle = bridge.endpoint().connect();
    let _engine = mounted.restart(engine);
    let mut client = bridge.endpoint().connect();
    client.send("GET /_ping HTTP/1.1\r\nHost: docker\r\n\r\n");
    client.expect_eof(DEADLINE);
    assert_eq!(bridge.wait_exit(DEADLINE).code(), Some(75), "{}", bridge.logs());
    bridge.wait_for_log_containing("error: the upstream socket is stale: unix://");
    drop(idle);
}

/// So that a container heals by its health check before a client is lost.
#[test]
fn a_question_is_enough_to_end_it() {
    requires_root!();
    let _unshare = requires_tool!("unshare");
    let mounted = Mounted::new();
    let engine = StandIn::builder().path(mounted.original()).start();
    let bridge = mounted.bridge().env("BRIDGE_STALE_SOCKET", "exit").start();
    let _engine = mounted.restart(engine);
    Said::of(&bridge).expect(1, "stale-socket: ");
    assert_eq!(bridge.wait_exit(DEADLINE).code(), Some(75), "{}", bridge.logs());
}

#[test]
fn an_engine_that_is_killed_is_down_until_its_socket_is_replaced() {
    requires_root!();
    let _unshare = requires_tool!("unshare");
    let mounted = Mounted::new();
    // Closed, with its file left: as a killed Engine leaves it.
    drop(UnixListener::bind(mounted.original()).unwrap());
    let bridge = mounted.bridge().env("BRIDGE_STALE_SOCKET", "exit").start();
    Said::of(&bridge).expect(1, "refused: ");
    let mut client = bridge.endpoint().connect();
    client.send("GET /_ping HTTP/1.1\r\nHost: docker\r\n\r\n");
    client.expect_eof(DEADLINE);
    assert_eq!(bridge.exit_status(), None, "{}", bridge.logs());

    fs::remove_file(mounted.original()).unwrap();
    Said::of(&bridge).expect(1, "stale-socket: ");
    assert_eq!(bridge.wait_exit(DEADLINE).code(), Some(75), "{}", bridge.logs());
    bridge.wait_for_log_containing("this socket is stale");
}
