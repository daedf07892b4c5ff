//! Roles of certificates: by the policy, by their own unit, by default, by listener.

use std::path::PathBuf;

use testkit::process::BridgeBuilder;
use testkit::stream::{Endpoint, get};
use testkit::tls::{Client, Version};
use testkit::{Bridge, Program, Signal, StandIn, Transport};

use crate::{PolicyFile, assert_denied, text};

/// A directory of certificates with clients in it.
struct Certs {
    folder: tempfile::TempDir,
}

impl Certs {
    fn new(clients: &[(&str, Option<&str>)]) -> Self {
        let certs = Self { folder: tempfile::tempdir().unwrap() };
        for (name, role) in clients {
            let role = role.iter().flat_map(|role| ["--role", role]);
            let add = Program::ours("bridge-tls").args(["client", "add", name]).args(role);
            let output = add.arg("--cert-dir").arg(certs.path()).run();
            assert!(output.status.success(), "{output:?}");
        }
        certs
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("certs")
    }

    fn server(&self, engine: &StandIn) -> BridgeBuilder {
        let tls = Transport::Tls(Version::V1_3);
        Bridge::builder().over(tls).upstream(engine.socket()).cert_dir(self.path())
    }

    fn client(&self, name: &str, bridge: &Bridge) -> Endpoint {
        Client::from_folder(self.path().join("clients").join(name)).at(bridge.addr())
    }
}

const LOGS: &str = "/containers/x/logs";

fn may_not(role: &str) -> String {
    format!("access denied: role {role} may not ContainerLogs (GET /containers/x/logs)")
}

#[test]
fn a_certificates_own_role_counts_where_all_else_is_open() {
    let engine = StandIn::start();
    let certs = Certs::new(&[("grafana", Some("monitor")), ("laptop", None)]);
    let bridge = certs.server(&engine).start();
    let grafana = certs.client("grafana", &bridge);
    assert_eq!(get(&grafana, "/containers/json").status, 200);
    assert_denied(&grafana, LOGS, &may_not("monitor"));
    assert_eq!(get(&certs.client("laptop", &bridge), LOGS).status, 200);
    assert_eq!(get(&bridge.endpoint(), LOGS).status, 200);
    let line = bridge.wait_for_log_containing("operation=ContainerLogs");
    assert!(line.contains(" client=grafana "), "{line}");
}

#[test]
fn a_role_that_nobody_knows_may_do_nothing_and_says_so() {
    let engine = StandIn::start();
    let certs = Certs::new(&[("ci", Some("deployer"))]);
    let bridge = certs.server(&engine).start();
    let answer = get(&certs.client("ci", &bridge), "/_ping");
    assert_eq!(answer.status, 403);
    assert!(answer.text().contains("deployer"), "{}", answer.text());
    bridge.wait_for_log_containing(
        "client ci may do nothing: its certificate names the role deployer",
    );
    let line = bridge.wait_for_log_containing("operation=SystemPing");
    assert!(line.contains(" role=deployer ") && line.contains("rule=\"no such role\""), "{line}");
}

#[test]
fn the_policy_goes_before_the_certificate_and_that_before_the_default_and_the_listener() {
    let engine = StandIn::start();
    let certs =
        Certs::new(&[("policys", Some("monitor")), ("own", Some("monitor")), ("nobodys", None)]);
    let policy = PolicyFile::new(
        "[roles.a]\nallow = [\"SystemPing\"]\n[roles.b]\n[clients]\npolicys = \"a\"\n",
    );
    let words = ["--policy", &policy.text(), "--access", "read-only"];
    let role_of = |bridge: &Bridge, name: &str| {
        let answer = get(&certs.client(name, bridge), "/teapot");
        let message = answer.json()["message"].as_str().unwrap().to_owned();
        message.split_whitespace().nth(3).unwrap().to_owned()
    };
    let bridge = certs.server(&engine).args(words).args(["--default-role", "b"]).start();
    for (name, role) in [("policys", "a"), ("own", "monitor"), ("nobodys", "b")] {
        assert_eq!(role_of(&bridge, name), role, "{name}");
    }
    policy.write("[roles.a]\n[roles.b]\n[clients]\nnobodys = \"a\"\nown = \"full\"\n");
    bridge.signal(Signal::HUP);
    bridge.wait_for_log_containing("SIGHUP: reading the policy and the certificates again");
    bridge.wait_for_log_containing("the new policy is in force: client \"nobodys\" is a");
    assert_eq!(role_of(&bridge, "nobodys"), "a");
    assert_eq!(role_of(&bridge, "policys"), "monitor");
    assert_eq!(get(&certs.client("own", &bridge), LOGS).status, 200);
    drop(bridge);

    let bridge = certs.server(&engine).args(words).start();
    assert_eq!(role_of(&bridge, "nobodys"), "a");
    assert_denied(
        &bridge.endpoint(),
        "/teapot",
        "access denied: role read-only may not GET /teapot",
    );
}

#[test]
fn learning_allows_everything_to_a_certificate_with_a_role_too() {
    let engine = StandIn::start();
    let certs = Certs::new(&[("grafana", Some("monitor"))]);
    let file = certs.folder.path().join("learned.toml");
    let bridge = certs.server(&engine).args(["--learn", text(&file)]).start();
    assert_eq!(get(&certs.client("grafana", &bridge), LOGS).status, 200);
}
