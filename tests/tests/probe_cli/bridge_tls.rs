//! `bridge-tls` as the target: every way of being refused, and a dead Engine behind it.

use std::path::Path;

use serde_json::Value;
use testkit::certificates::{Authority, Leaf};
use testkit::tls::Version;
use testkit::{Bridge, DEADLINE, Program, StandIn, Transport, eventually};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::{assert_state, probe, verdict};

/// In seconds.
const DAY: i64 = 24 * 60 * 60;

fn bridge(engine: &StandIn) -> Bridge {
    Bridge::builder().over(Transport::Tls(Version::V1_3)).upstream(engine.socket()).start()
}

fn ask(bridge: &Bridge, certificates: &Path) -> Value {
    verdict(probe().arg("--cert-dir").arg(certificates).arg(bridge.endpoint().to_string()))
}

#[test]
fn the_certificate_that_it_makes_for_clients_is_all_that_it_takes() {
    let engine = StandIn::start();
    let bridge = bridge(&engine);
    let before = OffsetDateTime::now_utc().unix_timestamp();
    let said = ask(&bridge, &bridge.cert_dir().join("client"));
    let after = OffsetDateTime::now_utc().unix_timestamp();
    assert_eq!(said["state"], "healthy", "{said}");
    assert_eq!(said["tls"]["version"], "TLSv1.3");
    let end = said["tls"]["not_after"].as_str().unwrap();
    let end = OffsetDateTime::parse(end, &Rfc3339).unwrap().unix_timestamp();
    assert!((90 * DAY - 60..=90 * DAY).contains(&(end - before)), "{said}");
    let left = [end - before, end - after].map(|seconds| seconds / DAY);
    assert!(left.contains(&said["tls"]["days_left"].as_i64().unwrap()), "{left:?}: {said}");
}

#[test]
fn each_refusal_is_told_by_its_reason() {
    let engine = StandIn::start();
    let bridge = bridge(&engine);
    let ca = bridge.cert_dir().join("ca");
    let own = Authority::load(&ca.join("cert.pem"), &ca.join("key.pem"));
    let expired = own.issue(&Leaf::client("old").expired());
    assert_state(&ask(&bridge, expired.path()), "tls", "tls: expired: ");
    let stranger =
        Authority::new("other").issue(&Leaf::client("me")).trusting(&ca.join("cert.pem"));
    assert_state(&ask(&bridge, stranger.path()), "tls", "tls: unknown authority: ");
    let nothing = probe().env("HOME", "/absent").arg("--tlscacert").arg(ca.join("cert.pem"));
    let nothing = nothing.arg(format!("https://{}", bridge.addr()));
    assert_state(&verdict(nothing), "tls", "tls: certificate required: ");
    let plain = probe().arg(format!("http://{}", bridge.addr()));
    assert_state(&verdict(plain), "tls", "");
}

#[test]
fn a_client_that_is_revoked_is_told_so() {
    let engine = StandIn::start();
    let bridge = bridge(&engine);
    let commands = |words: &[&str]| {
        let program = Program::ours("bridge-tls").args(words);
        let output = program.arg("--cert-dir").arg(bridge.cert_dir()).run();
        assert!(output.status.success(), "{output:?}");
    };
    commands(&["client", "add", "laptop"]);
    let laptop = bridge.cert_dir().join("clients/laptop");
    assert_eq!(ask(&bridge, &laptop)["state"], "healthy");
    commands(&["client", "revoke", "laptop"]);
    eventually(DEADLINE, "the revocation is in force", || ask(&bridge, &laptop)["state"] == "tls");
    assert_state(&ask(&bridge, &laptop), "tls", "tls: revoked: ");
}

#[test]
fn a_dead_engine_behind_it_is_engine_down() {
    let engine = StandIn::start();
    let bridge = bridge(&engine);
    let client = bridge.cert_dir().join("client");
    assert_eq!(ask(&bridge, &client)["state"], "healthy");
    engine.kill();
    assert_eq!(ask(&bridge, &client)["state"], "engine-down");
}
