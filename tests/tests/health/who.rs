//! Who may ask, and who is asked.

use std::fs;
use std::os::linux::net::SocketAddrExt as _;
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::os::unix::net::SocketAddr;

use testkit::{
    Bridge, DEADLINE, Program, StandIn, eventually, ports, requires_root, requires_tool,
};

use crate::{Said, as_user, for_everybody, open};

#[test]
fn root_and_the_bridges_own_user_may_ask_and_nobody_else() {
    requires_root!();
    let _setpriv = requires_tool!("setpriv");
    let folder = tempfile::tempdir().unwrap();
    open(folder.path());
    let socket = folder.path().join("docker.sock");
    let _engine = StandIn::builder().path(&socket).start();
    chown(&socket, Some(0), Some(990)).unwrap();
    fs::set_permissions(&socket, fs::Permissions::from_mode(0o660)).unwrap();
    let (_kept, program) = for_everybody("bridge");

    let bridge = Bridge::start(&socket);
    let address = format!("tcp://{}", bridge.addr());
    let ask = Program::new(&program).args(["--health", "--listen", &address]);
    Said::by(&ask).expect(0, "healthy: ");
    // It has given up being root.
    Said::by(&ask.clone().under(as_user(65532))).expect(0, "healthy: ");
    let refused = Said::by(&ask.under(as_user(1234)));
    // Bridges of other tests refuse it too.
    refused.expect(1, "the bridge of process ");
    assert!(refused.line.contains(" only: ask as "), "{refused:?}");
}

/// A server's own word would be enough to be taken for a bridge, if names were.
#[test]
fn another_process_under_a_bridges_name_is_not_believed() {
    let namespace = fs::metadata("/proc/self/ns/pid").unwrap();
    let inode = std::os::unix::fs::MetadataExt::ino(&namespace);
    // Process 2 is the kernel's, or was the container's second: not this one.
    let name = format!("docker-api/health/{inode}/2");
    let address = SocketAddr::from_abstract_name(name).unwrap();
    let _listener = std::os::unix::net::UnixListener::bind_addr(&address).unwrap();
    let listen = format!("tcp://127.0.0.1:{}", ports::free_port());
    let said = Said::by(&Program::ours("bridge").args(["--health", "--listen", &listen]));
    said.expect(1, "the bridge of process 2 doesn't answer: another process listens");
}

/// With the network of the host, they are everybody's.
#[test]
fn sockets_of_others_may_have_names_that_are_no_text() {
    let name = [b"\xff\n\xe9", std::process::id().to_string().as_bytes()].concat();
    let address = SocketAddr::from_abstract_name(name).unwrap();
    let _listener = std::os::unix::net::UnixListener::bind_addr(&address).unwrap();
    let engine = StandIn::start();
    let bridge = Bridge::start(engine.socket());
    Said::of(&bridge).expect(0, "healthy: ");
}

/// As a container's: its own processes, its own network.
#[test]
fn process_1_is_asked_whatever_it_listens_on() {
    requires_root!();
    let (_, _) = (requires_tool!("unshare"), requires_tool!("nsenter"));
    let engine = StandIn::start();
    let upstream = format!("unix://{}", engine.socket().display());
    let container = ["unshare", "--net", "--pid", "--fork", "--kill-child", "--mount-proc"];
    let socket = engine.socket().with_extension("bridge");
    let bridge = Program::ours("bridge")
        .args(["--listen", &format!("unix://{}", socket.display()), "--upstream", &upstream])
        // Another user would no longer be killed with the container (prctl(2), `PR_SET_PDEATHSIG`).
        .args(["--user", "root"])
        .under(container)
        .start();
    bridge.wait_for_log_containing("listening on");
    let children = format!("/proc/{0}/task/{0}/children", bridge.pid());
    let first = fs::read_to_string(children).unwrap();
    let target = format!("--target={}", first.trim());
    let inside = ["nsenter", &target, "--net", "--pid", "--mount"];
    let ask = Program::ours("bridge").arg("--health").under(inside);
    eventually(DEADLINE, "it is found", || ask.run().status.success());
    engine.stop();
    Said::by(&ask).expect(1, "refused: ");
    Said::by(&question_elsewhere(&inside)).expect(1, "no bridge is running here: ");
    drop(bridge);
    let process = format!("/proc/{}", first.trim());
    eventually(DEADLINE, "it goes with its container", || fs::metadata(&process).is_err());
}

/// What somebody types counts.
fn question_elsewhere(inside: &[&str]) -> Program {
    Program::ours("bridge").args(["--health", "--listen", "127.0.0.1:1"]).under(inside)
}
