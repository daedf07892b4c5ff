//! Waiting and watching.

use std::time::{Duration, Instant};

use testkit::{DEADLINE, Dockerd, RudeEngine, Signal, StandIn};

use crate::{assert_state, probe, text, verdict};

#[test]
fn waiting_spans_a_restart_of_the_engine() {
    let Some(mut engine) = Dockerd::private_or_skip(&[]) else { return };
    engine.stop();
    let waiting = probe().args(["--wait", "60s", "--interval", "50ms", &engine.host()]).start();
    assert_eq!(waiting.exit_status(), None);
    engine.start();
    assert!(waiting.wait_exit(DEADLINE).success());
    waiting.wait_for_log(|line| line.starts_with("healthy"));
}

#[test]
fn waiting_ends_when_its_time_is_over() {
    let silent = RudeEngine::start_tcp();
    for target in ["tcp://127.0.0.1:1".to_owned(), silent.endpoint().to_string()] {
        let begin = Instant::now();
        let said = verdict(probe().args(["--wait", "700ms", "--interval", "50ms", &target]));
        let took = begin.elapsed();
        assert_state(&said, if target.ends_with(":1") { "refused" } else { "timeout" }, "");
        let [least, most] = [600, 1700].map(Duration::from_millis);
        assert!(took >= least && took < most, "{took:?}");
    }
}

/// Those whose turn comes late have what is left, not all of it again.
#[test]
fn waiting_ends_in_time_though_not_all_are_asked_at_once() {
    let silent: Vec<_> = (0..5).map(|_| RudeEngine::start_tcp()).collect();
    let targets = silent.iter().map(|one| one.endpoint().to_string());
    let begin = Instant::now();
    let waiting = probe().args(["--wait", "1s", "--concurrency", "1"]).args(targets);
    let (said, _) = crate::objects(waiting);
    assert!(said.iter().all(|one| one["state"] == "timeout"), "{said:?}");
    assert!(begin.elapsed() < Duration::from_millis(2500), "{:?}", begin.elapsed());
}

#[test]
fn waiting_is_for_all_and_asks_the_healthy_no_more() {
    let folder = tempfile::tempdir().unwrap();
    let late = folder.path().join("late.sock");
    let early = StandIn::start();
    let waiting = probe()
        .args(["--wait", "30s", "--interval", "20ms"])
        .arg(early.socket())
        .arg(&late)
        .start();
    early.wait_requests(2, DEADLINE);
    let _late = StandIn::builder().path(&late).start();
    assert!(waiting.wait_exit(DEADLINE).success());
    assert_eq!(early.requests().len(), 2);
}

#[test]
fn waiting_is_in_vain_for_what_can_not_be_asked() {
    let begin = Instant::now();
    let said = verdict(probe().args(["--wait", "60s", "ssh://host"]));
    assert_state(&said, "unsupported", "");
    assert!(begin.elapsed() < Duration::from_secs(5));
}

#[test]
fn watching_says_each_change_once_and_ends_by_a_signal() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("engine.sock");
    let engine = StandIn::builder().path(&path).start();
    let watching = probe().args(["--watch", "--interval", "10ms"]).arg(&path).start();
    watching.wait_for_log_containing("  healthy ");
    engine.wait_requests(20, DEADLINE);
    engine.kill();
    watching.wait_for_log_containing("  refused ");
    let engine = StandIn::builder().path(&path).start();
    testkit::eventually(DEADLINE, "it is healthy again", || {
        watching.logs().matches("  healthy ").count() == 2
    });
    engine.wait_requests(20, DEADLINE);
    watching.signal(Signal::INT);
    assert_eq!(watching.wait_exit(DEADLINE).code(), Some(0));
    let logs = watching.logs();
    assert_eq!(logs.lines().count(), 3, "{logs}");
    // 2026-01-31T12:00:00Z
    assert!(logs.lines().all(|line| line.as_bytes()[19] == b'Z'), "{logs}");
}

#[test]
fn watching_ends_with_the_health_of_the_last_look() {
    let watching = probe().args(["--watch", "--format", "json", "tcp://127.0.0.1:1"]).start();
    watching.wait_for_log_containing("\"state\":\"refused\"");
    watching.signal(Signal::TERM);
    assert_eq!(watching.wait_exit(DEADLINE).code(), Some(1));
}

#[test]
fn watching_ends_when_nobody_reads_on() {
    let engine = StandIn::start();
    let script = format!(
        "'{}' --watch --format nagios --max-latency 1us --interval 10ms '{}' | true",
        testkit::binary::binary("probe").display(),
        engine.socket().display()
    );
    let output = testkit::Program::new("sh").args(["-c", &script]).run();
    assert!(text(&output).is_empty());
}

#[test]
fn a_signal_ends_a_wait_as_shells_expect() {
    let silent = RudeEngine::start_tcp();
    let waiting = probe().args(["--wait", "60s", &silent.endpoint().to_string()]).start();
    let _asked = silent.accept(DEADLINE);
    waiting.signal(Signal::INT);
    assert_eq!(waiting.wait_exit(DEADLINE).code(), Some(130));
    assert_eq!(waiting.logs(), "");
}
