//! Handshakes that are under way when the bridge is told to stop.

use std::time::Duration;

use testkit::{DEADLINE, Endpoint, Signal};

use crate::deadline::HALF_HELLO;
use crate::{VERSIONS, own_client, start, start_with};

#[test]
fn whoever_has_not_begun_is_let_go_at_once() {
    let (_engine, bridge) = start_with(|bridge| bridge.args(["--shutdown-grace", "1h"]));
    let mut silent = Endpoint::Tcp(bridge.addr()).connect();
    // Accepted in order: once this one is in, the silent one has been accepted.
    drop(bridge.endpoint().connect());
    bridge.signal(Signal::TERM);
    silent.expect_closed(SOON);
    assert_eq!(bridge.wait_exit(SOON).code(), Some(0));
}

#[test]
fn whoever_stops_in_the_middle_is_cut_by_the_grace_or_a_second_signal() {
    for (grace, signals) in [("300ms", 1), ("1h", 2)] {
        let (_engine, bridge) = start_with(|bridge| bridge.args(["--shutdown-grace", grace]));
        let mut half = Endpoint::Tcp(bridge.addr()).connect();
        half.send(HALF_HELLO);
        drop(bridge.endpoint().connect());
        for signal in 0..signals {
            bridge.signal(Signal::TERM);
            bridge.wait_for_log_containing(["SIGTERM: stopping", "SIGTERM again"][signal]);
        }
        half.expect_closed(SOON);
        assert_eq!(bridge.wait_exit(SOON).code(), Some(0), "{grace}");
    }
}

/// Both versions, one connection each, as the whole of the file `drain` runs with one at a time.
#[test]
fn what_is_left_after_the_grace_is_cut_without_a_goodbye() {
    let (_engine, bridge) = start_with(|bridge| bridge.args(["--shutdown-grace", "300ms"]));
    let clients = VERSIONS.map(|version| {
        let client = testkit::tls::Client::from_folder(own_client(&bridge)).version(version);
        let mut client = client.at(bridge.addr()).connect();
        let answer = client.exchange("GET /_ping HTTP/1.1\r\nHost: docker\r\n\r\n");
        assert_eq!(answer.text(), "OK");
        client
    });
    bridge.signal(Signal::TERM);
    for mut client in clients {
        client.expect_reset(DEADLINE);
        assert!(!client.got_close_notify());
    }
    assert_eq!(bridge.wait_exit(DEADLINE).code(), Some(0));
}

#[test]
fn without_clients_it_stops_at_once() {
    let (_engine, bridge) = start();
    bridge.signal(Signal::INT);
    assert_eq!(bridge.wait_exit(SOON).code(), Some(0));
}

const SOON: Duration = Duration::from_secs(3);
