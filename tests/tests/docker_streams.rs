//! `docker logs -f`, `events`, `stats` and `wait` give what comes when it comes, however long
//! nothing did, and end in the Engine when their client does.

use std::process::Stdio;
use std::thread;
use std::time::{Duration, Instant};

use testkit::process::{Process, finish};
use testkit::{Bridge, DEADLINE, Signal, eventually, requires_docker, subject};

/// Longer than what proxies with an idle limit of ten seconds bear.
const QUIET: Duration = Duration::from_secs(13);

/// Each line is written when the test says so, and looked for at the Engine's own socket first: what
/// is left to wait for is the bridge's.
#[test]
fn a_log_line_comes_no_later_than_without_a_bridge() {
    let engine = requires_docker!();
    let container = engine.interactive_container(&["cat"]);
    let [direct, bridge] = subject::direct_and_bridge(engine.socket());
    let [first, second] = [&direct, &bridge]
        .map(|subject| Process::spawn(subject.docker(&["logs", "-f", container.id()])));
    let mut writer = direct.connect();
    writer.exchange(format!(
        "POST /containers/{}/attach?stream=1&stdin=1 HTTP/1.1\r\nHost: docker\r\n\
         Connection: Upgrade\r\nUpgrade: tcp\r\nContent-Length: 0\r\n\r\n",
        container.id()
    ));
    // Both followers are there once they have shown it.
    writer.send("begin\n");
    first.wait_for_log_containing("begin");
    second.wait_for_log_containing("begin");
    let mut late: Vec<_> = (0..20)
        .map(|i| {
            let line = format!("line {i} ");
            writer.send(format!("{line}\n"));
            first.wait_for_log_containing(&line);
            let since = Instant::now();
            second.wait_for_log_containing(&line);
            since.elapsed()
        })
        .collect();
    late.sort_unstable();
    assert!(late[10] < Duration::from_millis(200), "{late:?}");
    assert!(late[19] < Duration::from_secs(2), "{late:?}");
}

#[test]
fn log_lines_come_as_they_are_written_and_silence_cuts_nothing() {
    let engine = requires_docker!();
    let subjects = subject::direct_and_bridge(engine.socket());
    thread::scope(|scope| {
        for subject in &subjects {
            let engine = &engine;
            scope.spawn(move || {
                let script = format!(
                    "i=0; while [ $i -lt 5 ]; do echo line $i; i=$((i+1)); sleep 1; done; \
                     sleep {}; echo behind the silence",
                    QUIET.as_secs()
                );
                let container = engine.container(&[], &["sh", "-c", &script]);
                let logs = Process::spawn(subject.docker(&["logs", "-f", container.id()]));
                for i in 0..5 {
                    let since = Instant::now();
                    logs.wait_for_log_containing(&format!("line {i}"));
                    let late = since.elapsed();
                    assert!(late < Duration::from_secs(4), "{subject}: line {i} after {late:?}");
                }
                eventually(QUIET + DEADLINE, "the line behind the silence", || {
                    logs.logs().contains("behind the silence")
                });
                assert!(logs.wait_exit(DEADLINE).success(), "{subject}");
            });
        }
    });
}

#[test]
fn events_come_as_they_happen_and_silence_cuts_nothing() {
    let engine = requires_docker!();
    let label = format!("docker-api-events-{}", std::process::id());
    let filter = format!("label={label}");
    let subjects = subject::direct_and_bridge(engine.socket());
    let watching: Vec<_> = subjects
        .iter()
        .map(|subject| {
            Process::spawn(subject.docker(&[
                "events",
                "--filter",
                &filter,
                "--format",
                "{{.Action}}",
            ]))
        })
        .collect();
    // An event that was missed, for the CLI was not yet there, is made again.
    let labels = ["--label", label.as_str()];
    eventually(DEADLINE * 2, "a first event at both", || {
        drop(engine.container(&labels, &["true"]));
        watching.iter().all(|events| events.logs().contains("start"))
    });
    testkit::wait::pause(QUIET);
    let container = engine.container(&labels, &["sleep", "600"]);
    engine.run(&["pause", container.id()]);
    // The direct one comes first: what is left to wait for is the bridge's.
    watching[0].wait_for_log_containing("pause");
    let since = Instant::now();
    watching[1].wait_for_log_containing("pause");
    let late = since.elapsed();
    assert!(late < Duration::from_secs(2), "{late:?} behind the direct one");
    engine.run(&["unpause", container.id()]);
}

#[test]
fn stats_go_on_for_as_long_as_one_looks() {
    let engine = requires_docker!();
    let container = engine.container(&[], &["sleep", "600"]);
    let name = format!("{}=", container.id());
    let format = format!("{name}{{{{.MemUsage}}}}");
    for subject in subject::direct_and_bridge(engine.socket()) {
        let command = ["stats", "--no-trunc", "--format", &format, container.id()];
        let stats = Process::spawn(subject.docker(&command));
        eventually(DEADLINE * 2, &format!("{subject}: five readings"), || {
            stats.logs().matches(&name).count() >= 5
        });
        let once = ["stats", "--no-stream", "--format", &format, container.id()];
        let output = finish(subject.docker(&once), DEADLINE);
        assert!(String::from_utf8_lossy(&output.stdout).starts_with(&name), "{subject}");
    }
}

#[test]
fn a_killed_client_of_a_stream_frees_the_engines_side_at_once() {
    let engine = requires_docker!();
    let bridge = Bridge::start(engine.socket());
    let container = engine.container(&[], &["sleep", "600"]);
    let at_rest = bridge.fd_count();
    for arguments in [
        &["events"][..],
        &["logs", "-f", container.id()],
        &["stats", container.id()],
        &["wait", container.id()],
    ] {
        let mut command = bridge.endpoint().docker(arguments);
        command.stdin(Stdio::null());
        let client = Process::spawn(command);
        // Its stream, on two descriptors, beside what it keeps alive for other requests.
        eventually(DEADLINE, "a stream through the bridge", || bridge.fd_count() >= at_rest + 2);
        client.signal(Signal::KILL);
        client.wait_exit(DEADLINE);
        let since = Instant::now();
        eventually(DEADLINE, "the end of the stream", || bridge.fd_count() <= at_rest);
        let late = since.elapsed();
        assert!(late < Duration::from_secs(5), "{arguments:?}: {late:?}");
    }
}

#[test]
fn wait_ends_with_the_container_and_prints_its_exit_code() {
    let engine = requires_docker!();
    let code = subject::same(engine.socket(), |subject| {
        let container = engine.container(&[], &["sh", "-c", "sleep 2; exit 9"]);
        let output = finish(subject.docker(&["wait", container.id()]), DEADLINE * 2);
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    });
    assert_eq!(code, "9");
}
