//! Bad input gets one line.

use std::net::TcpListener;

use testkit::stream::get;
use testkit::{DEADLINE, Endpoint, Signal, eventually};

use crate::{DEAD, probe};

#[test]
fn bad_flags_are_told_in_one_line_with_what_to_write() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = taken.local_addr().unwrap().to_string();
    for (words, code, part) in [
        (&["--serve", "9375"][..], 64, "--serve: `9375` is neither"),
        (&["--serve", ":9375", "--watch"], 64, "--serve and --watch"),
        (&["--serve", ":9375", "--format", "json"], 64, "--serve and --format"),
        (&["--serve", ":9375", "--wait", "1s"], 64, "--serve and --wait"),
        (&["--serve", ":9375", "--allow-target", "*"], 64, "(write 10.0.0.0/8"),
        (&["--serve", ":9375", "--allow-host", "a/b"], 64, "--allow-host"),
        (&["--allow-target", "10.0.0.0/8"], 64, "means nothing without --serve"),
        (&["--serve", &taken], 69, "something already listens on port"),
    ] {
        let output = probe().args(words).arg(DEAD).run();
        let told = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(code), "{words:?}: {told}");
        assert!(told.starts_with("error: ") && told.contains(part), "{words:?}: {told}");
        assert_eq!(told.lines().count(), 1, "{told}");
    }
}

#[test]
fn variables_and_a_unix_socket_will_do() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("probe.sock");
    let process = probe()
        .env("PROBE_SERVE", format!("unix://{}", path.display()))
        .env("PROBE_ALLOW_TARGET", "127.9.0.0/16 .docker.example")
        .env("PROBE_INTERVAL", "100ms")
        .env("DOCKER_HOST", DEAD)
        .start();
    process.wait_for_log_containing("listening on unix://");
    let endpoint = Endpoint::Unix(path.clone());
    eventually(DEADLINE, "it is asked", || get(&endpoint, "/readyz").status == 200);
    let status = get(&endpoint, "/status.json").json();
    assert_eq!((&status[0]["target"], &status[0]["source"]), (&DEAD.into(), &"DOCKER_HOST".into()));
    assert_eq!(get(&endpoint, "/probe?target=127.9.0.1:1").status, 200);
    process.signal(Signal::INT);
    assert_eq!(process.wait_exit(DEADLINE).code(), Some(0));
    assert!(!path.exists());
}
