//! A thousand targets.

use std::fmt::Write as _;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::Value;
use testkit::process::{clean_environment, finish};
use testkit::{DEADLINE, StandIn, binary, ports};

#[test]
fn a_thousand_targets_end_in_time_and_order_and_little_memory() {
    testkit::requires_tool!("python3");
    let any = Ipv4Addr::UNSPECIFIED;
    let address = |port| SocketAddr::from((any, port));
    let [alive, silent, dead] = [(); 3].map(|()| ports::free_port_on(any.into()));
    let _engine = StandIn::builder().tcp(address(alive)).start();
    // Its backlog takes connections, and nobody them.
    let _silent = TcpListener::bind(address(silent)).unwrap();

    let mut list = String::from("# a thousand\n");
    let mut expected = Vec::new();
    for number in 0..1000 {
        let (port, state) = match number % 10 {
            3 => (silent, "timeout"),
            7 => (dead, "refused"),
            _ => (alive, "healthy"),
        };
        let target = format!("tcp://127.1.{}.{}:{port}", number / 250, number % 250 + 1);
        writeln!(list, "{target}").unwrap();
        expected.push((target, state));
    }
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("hosts.txt");
    std::fs::write(&file, list).unwrap();

    let script = "import subprocess, resource, sys, time\n\
        begin = time.monotonic()\n\
        done = subprocess.run(sys.argv[1:], stdout=subprocess.PIPE)\n\
        took = time.monotonic() - begin\n\
        most = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss\n\
        sys.stderr.write(f'{took} {most}')\n\
        sys.stdout.buffer.write(done.stdout)\n\
        sys.exit(done.returncode)";
    let mut command = Command::new("python3");
    clean_environment(&mut command)
        .args(["-c", script])
        .arg(binary::binary("probe"))
        .args(["--format", "json", "--timeout", "3s", "--targets"])
        .arg(&file);
    let output = finish(command, DEADLINE * 3);

    let stdout = String::from_utf8(output.stdout).unwrap();
    let found: Vec<(String, String)> = stdout
        .lines()
        .map(|line| {
            let object: Value = serde_json::from_str(line).unwrap();
            let text = |key: &str| object[key].as_str().unwrap().to_owned();
            (text("target"), text("state"))
        })
        .collect();
    let expected: Vec<_> = expected.into_iter().map(|(t, state)| (t, state.to_owned())).collect();
    assert_eq!(found, expected);
    assert_eq!(output.status.code(), Some(1));
    let told = String::from_utf8(output.stderr).unwrap();
    let (took, most) = told.split_once(' ').unwrap();
    assert!(took.parse::<f64>().unwrap() < 4.0, "{took} s");
    assert!(most.parse::<u64>().unwrap() < 50 * 1024, "{most} KiB");
}

#[test]
fn concurrency_is_how_many_are_asked_at_a_time() {
    let silent = TcpListener::bind((Ipv4Addr::UNSPECIFIED, 0)).unwrap();
    let port = silent.local_addr().unwrap().port();
    let targets = (1..=6).map(|number| format!("tcp://127.2.0.{number}:{port}"));
    let begin = Instant::now();
    let output = crate::probe()
        .args(["--timeout", "200ms", "--concurrency", "2", "--quiet"])
        .args(targets)
        .run();
    let took = begin.elapsed();
    assert_eq!(output.status.code(), Some(1));
    assert!(took >= Duration::from_millis(600) && took < Duration::from_secs(3), "{took:?}");
}
