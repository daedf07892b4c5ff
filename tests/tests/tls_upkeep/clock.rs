//! What the passing of time brings: renewals, warnings, expiry, and clocks that are wrong.
//!
//! Programs live some days behind the tests, whose own clock is the machine's, and catch up.

use std::time::Duration;

use testkit::clock::Clock;
use testkit::process::BridgeBuilder;
use testkit::{Bridge, DEADLINE, Program, Signal, StandIn, eventually, requires_tool, stream, tls};

use crate::{assert_verifies, bridge_tls, certificate, count, refusal, wait_until_shown};

const PING: &str = "GET /_ping HTTP/1.1\r\nHost: docker\r\n\r\n";
const HOUR: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(24 * 3600);

#[test]
fn server_and_client_are_renewed_when_a_third_of_their_life_is_left() {
    requires_tool!("openssl");
    let Some(clock) = Clock::or_skip() else { return };
    let engine = StandIn::start();
    clock.behind(2 * DAY);
    let lives = ["--server-days", "3", "--client-days", "3"];
    let bridge = seeing(&clock, bridge_tls(&engine)).args(lives).start();
    let paths = ["server/cert.pem", "client/cert.pem"].map(|name| bridge.cert_dir().join(name));
    let both = || paths.each_ref().map(|path| certificate(path));
    let first = both();
    let mut open = bridge.endpoint().connect();
    assert_eq!(open.exchange(PING).text(), "OK");

    clock.behind(HOUR);
    bridge.signal(Signal::HUP);
    bridge.wait_for_log_containing("the certificates haven't changed");
    assert!(both() == first, "more than a third is left");

    clock.ahead(Duration::ZERO);
    bridge.signal(Signal::HUP);
    for what in ["the server's certificate", "the certificate in client/"] {
        let line = format!("made {what}: a third of its life is left, or less");
        bridge.wait_for_log_containing(&line);
    }
    wait_until_shown(&bridge.endpoint(), &paths[0]);
    let second = both();
    assert!(second[0] != first[0] && second[1] != first[1]);
    assert_eq!(open.exchange(PING).text(), "OK", "who is in stays");
    assert_verifies(bridge.cert_dir());
}

#[test]
fn a_connection_is_cut_when_its_certificate_expires() {
    let Some(clock) = Clock::or_skip() else { return };
    let engine = StandIn::start();
    clock.behind(2 * DAY);
    let bridge = seeing(&clock, bridge_tls(&engine)).start();
    clock.behind(DAY.saturating_sub(Duration::from_secs(4)));
    add(&clock, &bridge, "brief", "1");
    clock.ahead(Duration::ZERO);

    let brief = tls::Client::from_folder(bridge.cert_dir().join("clients/brief"));
    let brief = brief.at(bridge.addr());
    let mut open = brief.connect();
    assert_eq!(open.exchange(PING).text(), "OK");
    open.expect_reset(DEADLINE);
    let line = bridge.wait_for_log_containing(" is cut: its certificate has expired");
    assert!(line.contains("brief (serial "), "{line}");
    eventually(DEADLINE, "it is refused", || {
        refusal(&brief) == Some(tls::Alert::CertificateExpired)
    });
    assert_eq!(stream::get(&bridge.endpoint(), "/_ping").text(), "OK", "the others go on");
}

#[test]
fn a_certificates_end_is_told_30_7_and_1_days_before() {
    let Some(clock) = Clock::or_skip() else { return };
    let engine = StandIn::start();
    clock.behind(60 * DAY);
    let bridge = seeing(&clock, bridge_tls(&engine)).start();
    add(&clock, &bridge, "laptop", "60");

    let told = || count(&bridge, "the certificate of client laptop ");
    let looks = || count(&bridge, "haven't changed") + count(&bridge, "are in force");
    for (days, times) in [(31, 0), (30, 1), (29, 1), (7, 2), (2, 2), (1, 3)] {
        clock.behind(days * DAY);
        let before = looks();
        bridge.signal(Signal::HUP);
        eventually(DEADLINE, "it has looked", || looks() > before);
        let what = format!("told {times} times, {days} days before the end");
        eventually(DEADLINE, &what, || told() == times);
    }
    for left in ["30 days", "7 days", "1 day"] {
        let line = bridge.wait_for_log_containing(&format!(" expires in {left}, on "));
        assert!(line.contains(" WARN the certificate of client laptop ("), "{line}");
    }
}

/// The authority stays, and is told of; what it signs is made for the clock.
#[test]
fn a_start_before_the_certificates_are_valid_makes_them_anew_and_says_why() {
    requires_tool!("openssl");
    let Some(clock) = Clock::or_skip() else { return };
    let engine = StandIn::start();
    let folder = tempfile::tempdir().unwrap();
    drop(bridge_tls(&engine).cert_dir(folder.path()).start());
    let authority = certificate(&folder.path().join("ca/cert.pem"));

    clock.behind(DAY);
    let bridge = seeing(&clock, bridge_tls(&engine).cert_dir(folder.path())).start();
    bridge.wait_for_log_containing("made the server's certificate: it isn't valid yet");
    let line = bridge.wait_for_log_containing("the certificates aren't valid before ");
    assert!(line.contains(" WARN ") && line.ends_with("(is the clock right?)"), "{line}");
    assert!(certificate(&folder.path().join("ca/cert.pem")) == authority);
    clock.ahead(Duration::ZERO);
    bridge.signal(Signal::HUP);
    bridge.wait_for_log_containing("the certificates haven't changed");
    assert_eq!(stream::get(&bridge.endpoint(), "/_ping").text(), "OK");
}

/// Until it has asked the network, a machine without a clock of its own lives in 1970.
#[test]
fn a_first_start_with_a_clock_that_stands_at_its_beginning_heals_by_itself() {
    requires_tool!("openssl");
    let Some(clock) = Clock::or_skip() else { return };
    let engine = StandIn::start();
    let since = std::time::UNIX_EPOCH.elapsed().unwrap();
    clock.behind(since.saturating_sub(DAY));
    let bridge = seeing(&clock, bridge_tls(&engine)).start();
    clock.ahead(Duration::ZERO);
    bridge.signal(Signal::HUP);
    bridge.wait_for_log_containing("the new certificates are in force");
    assert_eq!(stream::get(&bridge.endpoint(), "/_ping").text(), "OK");
    assert_verifies(bridge.cert_dir());
}

fn add(clock: &Clock, bridge: &Bridge, name: &str, days: &str) {
    let words = ["client", "add", name, "--days", days, "--cert-dir"];
    let program = Program::ours("bridge-tls").args(words).arg(bridge.cert_dir());
    let variables = clock.variables();
    let program = variables.iter().fold(program, |program, (name, value)| program.env(name, value));
    let output = program.run();
    assert!(output.status.success(), "{output:?}");
}

pub(crate) fn seeing(clock: &Clock, bridge: BridgeBuilder) -> BridgeBuilder {
    clock.variables().iter().fold(bridge, |bridge, (name, value)| bridge.env(name, value))
}
