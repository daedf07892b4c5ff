//! What the answer is, and that nothing which keeps clients out plays a part in it.

use std::os::unix::net::UnixListener;
use std::time::{Duration, Instant};

use testkit::tls::Version;
use testkit::{Bridge, Program, StandIn, Transport, ports};

use crate::{Said, question};

#[test]
fn it_follows_the_engine_which_nobody_asks_otherwise() {
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("docker.sock");
    let engine = StandIn::builder().path(&socket).start();
    let bridge = Bridge::start(&socket);
    assert_eq!(engine.requests().len(), 0);
    let healthy = format!("healthy: unix://{}: ", socket.display());
    Said::of(&bridge).expect(0, &healthy);
    assert_eq!(engine.requests().len(), 2, "a ping and the version");

    engine.stop();
    Said::of(&bridge).expect(1, &format!("refused: unix://{}: ", socket.display()));
    let _engine = StandIn::builder().path(&socket).start();
    Said::of(&bridge).expect(0, &healthy);
}

#[test]
fn an_engine_that_is_silent_is_found_out_before_docker_gives_up_asking() {
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("docker.sock");
    let _silent = UnixListener::bind(&socket).unwrap();
    let bridge = Bridge::start(&socket);
    let begin = Instant::now();
    Said::of(&bridge).expect(1, "timeout: ");
    assert!(begin.elapsed() < Duration::from_secs(5), "{:?}", begin.elapsed());
}

#[test]
fn where_no_bridge_runs_a_line_says_so() {
    let address = format!("tcp://127.0.0.1:{}", ports::free_port());
    let said = Said::by(&Program::ours("bridge").args(["--health", "--listen", &address]));
    said.expect(1, &format!("no bridge is running here: nobody listens on {address}"));
    let words = [&format!("TCP-LISTEN:{},fork", ports::free_port()), "UNIX-CONNECT:/x"];
    let said = Said::by(&Program::ours("bridge").args(words).arg("--health"));
    said.expect(1, "no bridge is running here: nobody listens on tcp://[::]:");
}

#[test]
fn a_machine_that_isnt_in_allow_from_may_ask() {
    let engine = StandIn::start();
    let bridge = Bridge::builder()
        .upstream(engine.socket())
        .args(["--allow-from", "192.0.2.1", "--max-connections", "1"])
        .start();
    Said::of(&bridge).expect(0, "healthy: ");
}

#[test]
fn behind_tls_it_needs_no_certificate() {
    let engine = StandIn::start();
    let bridge =
        Bridge::builder().over(Transport::Tls(Version::V1_3)).upstream(engine.socket()).start();
    Said::by(&question("bridge-tls", &bridge)).expect(0, "healthy: ");
    engine.stop();
    Said::by(&question("bridge-tls", &bridge)).expect(1, "refused: ");
}

#[test]
fn two_bridges_are_told_apart_by_their_listeners() {
    let engine = StandIn::start();
    let bridge = Bridge::start(engine.socket());
    let lost = Bridge::builder().upstream("/nowhere/docker.sock").start();
    Said::of(&bridge).expect(0, "healthy: ");
    Said::of(&lost).expect(1, "refused: unix:///nowhere/docker.sock: ");
    let gone = question("bridge", &bridge);
    drop(bridge);
    Said::by(&gone).expect(1, "no bridge is running here: ");
}

#[test]
fn a_bridge_on_every_interface_is_found_by_one_of_them() {
    let engine = StandIn::start();
    let port = ports::free_port();
    let bridge = Bridge::builder()
        .listen(format!("tcp://0.0.0.0:{port}"))
        .listen(format!("unix://{}", engine.socket().with_extension("bridge").display()))
        .upstream(engine.socket())
        .start();
    Said::of(&bridge).expect(0, "healthy: ");
}
