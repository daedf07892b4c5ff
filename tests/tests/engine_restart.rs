//! The Engine goes away and comes back; the bridge stays, and nobody has to restart it.

use std::time::Duration;

use testkit::process::finish;
use testkit::{Access, Bridge, DEADLINE, Dockerd, stream};

#[test]
fn a_restarted_engine_is_served_again_and_a_client_meanwhile_is_turned_away() {
    let Some(mut engine) = Dockerd::private_or_skip(&[]) else { return };
    let bridge = Bridge::start(engine.socket());
    let version = || finish(bridge.endpoint().docker(&["version"]), DEADLINE * 2);
    assert!(version().status.success());

    for round in 1..=2 {
        engine.stop();
        let refused = version();
        let said = String::from_utf8_lossy(&refused.stderr).into_owned();
        // With open access the connection is closed; who judges requests answers them too.
        let guarded = Access::from_environment().is_guarded();
        let why = if guarded { "Is the docker daemon running?" } else { "EOF" };
        assert!(!refused.status.success() && said.contains(why), "round {round}: {said}");
        let mut client = bridge.endpoint().connect();
        client.send("GET /_ping HTTP/1.1\r\nHost: docker\r\nConnection: close\r\n\r\n");
        let answer = client.read_to_end_within(Duration::from_secs(2));
        assert_eq!(answer.starts_with(b"HTTP/1.1 503 "), guarded, "round {round}");

        engine.start();
        assert_eq!(stream::get(&bridge.endpoint(), "/_ping").text(), "OK");
        assert!(version().status.success(), "round {round}");
    }
    let logs = bridge.logs();
    // Once each time, however many clients came.
    assert_eq!(logs.matches("cannot reach the Engine").count(), 2, "{logs}");
    assert_eq!(logs.matches("answers again").count(), 2, "{logs}");
}

#[test]
fn a_killed_engine_ends_its_streams_and_comes_back_too() {
    let Some(mut engine) = Dockerd::private_or_skip(&[]) else { return };
    let bridge = Bridge::start(engine.socket());
    let mut events = bridge.endpoint().connect();
    events.send("GET /events HTTP/1.1\r\nHost: docker\r\n\r\n");
    events.read_head();
    engine.kill();
    // Its socket is closed by the kernel: an end, as a client on the unix socket sees it.
    events.expect_eof(Duration::from_secs(5));
    engine.start();
    assert_eq!(stream::get(&bridge.endpoint(), "/_ping").text(), "OK");
}
