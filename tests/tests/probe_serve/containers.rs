//! How many containers run, where the role allows the question.

use serde_json::{Value, json};
use testkit::{Bridge, DEADLINE, Signal, StandIn, Transport, eventually, requires_docker};

use crate::{Served, engine};

#[test]
fn containers_are_counted() {
    let (_engine, target) = engine();
    let served = Served::of([&target]);
    let counts = json!({"running": 1, "stopped": 0, "unhealthy": 0});
    assert_eq!(served.status(&target)["containers"], counts);
}

/// A bridge logs each refusal, and shows it on its page: there must not be two a check.
#[test]
fn a_role_that_does_not_allow_it_is_a_dash_and_is_not_asked_again() {
    let engine = StandIn::start();
    let folder = tempfile::tempdir().unwrap();
    let policy = folder.path().join("policy.toml");
    let write = |allow: &str| {
        let text = format!("[roles.ci]\nallow = [\"SystemPing\", \"SystemVersion\"{allow}]\n");
        std::fs::write(&policy, text).unwrap();
    };
    write("");
    let bridge = Bridge::builder()
        .over(Transport::Tcp)
        .upstream(engine.socket())
        .args(["--access", "ci", "--user", "root", "--log-requests", "denied", "--policy"])
        .arg(&policy)
        .start();
    let target = bridge.endpoint().to_string();
    let served = Served::of([&target]);
    let checks = || served.status(&target)["latencies_ms"].as_array().unwrap().len();
    eventually(DEADLINE, "it is asked ten times", || checks() >= 10);
    let status = served.status(&target);
    assert_eq!((&status["state"], &status["containers"]), (&json!("healthy"), &Value::Null));
    let refusals =
        |operation: &str| bridge.logs().lines().filter(|line| line.contains(operation)).count();
    assert_eq!((refusals("SystemInfo"), refusals("ContainerList")), (1, 1), "{}", bridge.logs());
    assert!(served.get("/").text().contains("<td class=\"number\">–</td>"));

    write(", \"ContainerList\"");
    bridge.signal(Signal::HUP);
    bridge.wait_for_log_containing("the new policy is in force");
    let other = Served::of([&target]);
    let counts = json!({"running": null, "stopped": null, "unhealthy": 0});
    eventually(DEADLINE, "what is allowed is told", || {
        other.status(&target)["containers"] == counts
    });
    let checks = || other.status(&target)["latencies_ms"].as_array().unwrap().len();
    let before = checks();
    eventually(DEADLINE, "it is asked again", || checks() > before + 2);
    assert_eq!(other.status(&target)["containers"], counts, "and goes on being told");
}

#[test]
fn a_real_engine_says_which_containers_are_unhealthy() {
    let engine = requires_docker!();
    let target = format!("unix://{}", engine.socket().display());
    let served = Served::of([&target]);
    let count = |key: &str| served.status(&target)["containers"][key].as_u64().unwrap_or_default();
    let before = count("unhealthy");
    let check = ["--health-cmd", "false", "--health-interval", "100ms", "--health-retries", "1"];
    let _sick = engine.container(&check, &["sleep", "600"]);
    eventually(DEADLINE, "it is unhealthy", || count("unhealthy") > before);
    assert!(count("running") >= 1);
}
