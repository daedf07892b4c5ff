//! Podman's own API, below `/libpod`: attach and exec take the connection over there too.

use testkit::{Bridge, DEADLINE, RudeEngine, Stream, Transport};

use crate::PolicyFile;

const ATTACH: &str = "/v4.3.1/libpod/containers/web/attach?stdin=true";
const EXEC: &str = "/v4.3.1/libpod/exec/abc/start";

/// A client and the Engine, behind the head of such a request and its answer.
fn streaming(bridge: &Bridge, engine: &RudeEngine, target: &str, answer: &str) -> (Stream, Stream) {
    let mut client = bridge.endpoint().connect();
    client.send(format!(
        "POST {target} HTTP/1.1\r\nHost: docker\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\
         Content-Length: 0\r\n\r\n"
    ));
    let mut upstream = engine.accept(DEADLINE);
    assert!(upstream.read_head().starts_with(&format!("POST {target} ")), "{target}");
    upstream.send(answer);
    (client, upstream)
}

fn assert_streams(bridge: &Bridge, engine: &RudeEngine) {
    for target in [ATTACH, EXEC] {
        for answer in [
            "HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Type: application/vnd.docker.raw-stream\r\n\r\n",
        ] {
            let (mut client, mut upstream) = streaming(bridge, engine, target, answer);
            assert_eq!(client.read_head(), answer, "{target}");
            client.send("in");
            assert_eq!(upstream.read_exact_n(2), b"in");
            client.shutdown_write();
            upstream.expect_eof(DEADLINE);
            upstream.send("late");
            upstream.shutdown_write();
            assert_eq!(client.read_to_end_within(DEADLINE), b"late");
        }
    }
}

#[test]
fn linuxservers_switches_let_podmans_attach_and_exec_stream() {
    let engine = RudeEngine::start();
    let bridge = Bridge::builder().over(Transport::Tcp).upstream(engine.socket());
    let bridge = bridge.env("BRIDGE_ACCESS", "linuxserver").env("POST", "1");
    let bridge = bridge.env("LIBPOD_CONTAINERS", "1").env("LIBPOD_EXEC", "1").start();
    engine.greeted();
    assert_streams(&bridge, &engine);
}

#[test]
fn a_policys_paths_let_podmans_attach_and_exec_stream_and_nothing_else() {
    let policy = PolicyFile::new("[roles.a]\nallow-paths = [\"POST /libpod/**\"]\n");
    let engine = RudeEngine::start();
    let bridge = Bridge::builder().over(Transport::Tcp).upstream(engine.socket());
    let bridge = bridge.args(["--policy", &policy.text(), "--access", "a"]).start();
    engine.greeted();
    assert_streams(&bridge, &engine);

    let switched = "HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n";
    let target = "/v4.3.1/libpod/containers/web/start";
    let (mut client, mut upstream) = streaming(&bridge, &engine, target, switched);
    assert_eq!(client.read_response(false).status, 502);
    client.expect_eof(DEADLINE);
    upstream.expect_eof(DEADLINE);
}
