//! A role for everybody, and roles of listeners.

use testkit::stream::{Endpoint, get};
use testkit::{Bridge, Program, StandIn, ports};

use crate::{PolicyFile, assert_denied, bridge, status};

fn tcp(port: u16) -> Endpoint {
    Endpoint::Tcp(([127, 0, 0, 1], port).into())
}

#[test]
fn each_listener_has_its_own_role_or_that_of_all() {
    let engine = StandIn::start();
    let [first, second] = [ports::free_port(), ports::free_port()];
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("all.sock");
    let bridge = bridge(&engine)
        .listen(format!("127.0.0.1:{first}=monitor"))
        .listen(format!("tcp://127.0.0.1:{second}"))
        .listen(format!("unix://{}=full", socket.display()))
        .args(["--access", "read-only"])
        .start();
    bridge.wait_for_log_containing("listen: tcp://127.0.0.1:");
    let logs = "/containers/x/logs";
    let may_not = "access denied: role monitor may not ContainerLogs (GET /containers/x/logs)";
    assert_denied(&tcp(first), logs, may_not);
    assert_eq!(get(&tcp(first), "/containers/json").status, 200);
    assert_eq!(get(&tcp(second), logs).status, 200);
    assert_eq!(status(&tcp(second), "POST", "/containers/x/start"), 403);
    assert_eq!(status(&Endpoint::Unix(socket), "POST", "/containers/x/nonsense"), 404);
    let seen: Vec<_> = engine.requests().into_iter().map(|it| it.path).collect();
    assert!(!seen.contains(&"/containers/x/start".to_owned()), "{seen:?}");
}

#[test]
fn a_role_may_come_from_its_variable_and_from_a_policy() {
    let engine = StandIn::start();
    let policy = PolicyFile::new("[roles.ping]\nallow = [\"SystemPing\"]\n");
    for variables in [
        [("BRIDGE_ACCESS", "ping".to_owned()), ("BRIDGE_POLICY", policy.text())],
        [("BRIDGE_ACCESS", "monitor".to_owned()), ("BRIDGE_POLICY", String::new())],
    ] {
        let builder =
            variables.iter().fold(bridge(&engine), |it, (name, value)| it.env(name, value));
        let bridge = builder.start();
        let role = &variables[0].1;
        assert_eq!(get(&bridge.endpoint(), "/_ping").status, 200);
        let may_not =
            format!("access denied: role {role} may not ContainerLogs (GET /containers/x/logs)");
        assert_denied(&bridge.endpoint(), "/v1.41/containers/x/logs?tail=1", &may_not);
    }
}

#[test]
fn socats_words_take_a_role_beside_them_and_no_listeners_role_remains() {
    let engine = StandIn::start();
    let port = ports::free_port();
    let process = Program::ours("bridge")
        .env("BRIDGE_LISTEN", "127.0.0.1:1=full")
        .args(["--access", "monitor", &format!("TCP-LISTEN:{port},bind=127.0.0.1,fork")])
        .arg(format!("UNIX-CONNECT:{}", engine.socket().display()))
        .start();
    process.wait_for_log_containing("listening on ");
    assert_eq!(get(&tcp(port), "/_ping").status, 200);
    assert_eq!(get(&tcp(port), "/containers/x/logs").status, 403);
}

#[test]
fn open_access_relays_what_no_role_could_judge() {
    let engine = StandIn::start();
    let strange = "GET /v1.41//containers/../_ping?a=%zz HTTP/1.1\r\nHost: x\r\nX-Bare: a\n\r\n";
    let seen = |bridge: &Bridge| {
        let before = engine.requests().len();
        let mut client = bridge.endpoint().connect();
        client.send(strange);
        let _answer = client.read_head();
        engine.requests().len() - before
    };
    assert_eq!(seen(&bridge(&engine).start()), 1);
    assert_eq!(seen(&bridge(&engine).args(["--access", "full"]).start()), 1);
    assert_eq!(seen(&bridge(&engine).args(["--access", "read-only"]).start()), 0);
}
