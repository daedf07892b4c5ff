//! Whose certificate is revoked or ends while it is in has to leave, by a reset.

use std::path::Path;
use std::time::Instant;

use testkit::certificates::Leaf;
use testkit::process::Process;
use testkit::tls::{Alert, Client, refusal};
use testkit::{Bridge, DEADLINE, RudeEngine, Stream, eventually, requires_docker, requires_tool};
use time::{Duration, OffsetDateTime};

use crate::{REVOKING, Server, TLS, VERSIONS, client_command};

#[test]
fn whoever_is_revoked_is_cut_by_a_reset_within_ten_seconds_and_nobody_else() {
    let server = Server::start();
    let folder = server.add("laptop");
    let connect = |folder: &Path, version| {
        let client = Client::from_folder(folder).version(version);
        let mut connection = client.at(server.address()).connect();
        assert_eq!(connection.exchange(PING).text(), "OK");
        connection
    };
    let laptops = VERSIONS.map(|version| connect(&folder, version));
    let mut other = connect(&server.add("other"), VERSIONS[1]);
    client_command(&server.bridge, &["revoke", "laptop"]);
    let revoked = Instant::now();
    for mut laptop in laptops {
        laptop.expect_reset(REVOKING);
        assert!(!laptop.got_close_notify());
    }
    assert!(revoked.elapsed() < REVOKING, "after {:?}", revoked.elapsed());
    for _ in VERSIONS {
        server.bridge.wait_for_log(|line| {
            line.contains(" INFO 127.0.0.1:")
                && line.contains(" laptop (serial ")
                && line.ends_with(") is cut: its certificate was revoked")
        });
    }
    assert_eq!(
        refusal(&Client::from_folder(&folder).at(server.address())),
        Alert::CertificateRevoked
    );
    assert_eq!(other.exchange(PING).text(), "OK");
}

/// Nobody reads what the Engine says, nor says anything: the relay has nothing to do.
#[test]
fn a_stream_in_the_middle_of_an_answer_is_cut_too() {
    let engine = RudeEngine::start();
    let bridge = Bridge::builder().over(TLS).start_before(&engine);
    let mut client = bridge.endpoint().connect();
    client.send("GET /containers/x/logs?follow=1 HTTP/1.1\r\nHost: docker\r\n\r\n");
    let mut upstream = engine.accept(DEADLINE);
    upstream.read_head();
    upstream.send("HTTP/1.1 200 OK\r\n\r\nsome");
    client.read_head();
    client_command(&bridge, &["revoke", "client"]);
    client.expect_reset(REVOKING);
    upstream.expect_closed(DEADLINE);
    // The client of the directory is made anew.
    eventually(DEADLINE, "the new client gets in", || bridge.endpoint().try_connect().is_ok());
}

#[test]
fn a_connection_ends_with_its_certificate() {
    let server = Server::start();
    let now = OffsetDateTime::now_utc();
    let leaf = Leaf::client("guest").valid(now - Duration::days(1), now + Duration::seconds(3));
    let issued = server.authority().issue(&leaf);
    let mut guest: Stream = issued.client().at(server.address()).connect();
    assert_eq!(guest.exchange(PING).text(), "OK");
    guest.expect_reset(DEADLINE);
    assert!(!guest.got_close_notify());
    let line = server.bridge.wait_for_log_containing("its certificate has expired");
    assert!(line.contains(" guest (serial ") && line.contains(") is cut: "), "{line}");
    assert_eq!(refusal(&issued.client().at(server.address())), Alert::CertificateExpired);
}

/// A polite end would be an exit code of 0.
#[test]
fn an_exec_that_is_cut_has_not_succeeded() {
    requires_tool!("docker");
    let engine = requires_docker!();
    let bridge = Bridge::builder().over(TLS).upstream(engine.socket()).start();
    let container = engine.container(&[], &["sleep", "600"]);
    let words = ["exec", container.id(), "sh", "-c", "echo begun; sleep 600"];
    let exec = Process::spawn(bridge.endpoint().docker(&words));
    exec.wait_for_log_containing("begun");
    client_command(&bridge, &["revoke", "client"]);
    let status = exec.wait_exit(REVOKING);
    assert!(!status.success(), "{status}: {}", exec.logs());
}

const PING: &str = "GET /_ping HTTP/1.1\r\nHost: docker\r\n\r\n";
