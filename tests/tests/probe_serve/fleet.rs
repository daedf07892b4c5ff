//! Many targets, asked again and again.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::time::{Duration, Instant};

use testkit::{DEADLINE, StandIn, eventually, ports};

use crate::{DEAD, Served, engine, probe};

#[test]
fn what_happens_to_a_target_is_seen_and_since_when() {
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("engine.sock");
    let start = || StandIn::builder().path(&socket).start();
    let target = format!("unix://{}", socket.display());
    let engine = start();
    let served = Served::of([&target]);
    let first = served.status(&target);
    assert_eq!((&first["state"], &first["healthy"]), (&"healthy".into(), &true.into()));
    assert_eq!(first["engine"]["version"], "28.5.2");
    let since = |status: &serde_json::Value| status["since"].as_str().unwrap().to_owned();
    assert!(since(&first).ends_with('Z') && since(&first).starts_with("20"), "{first}");
    engine.stop();
    eventually(DEADLINE, "it is gone", || served.status(&target)["state"] == "refused");
    let gone = served.status(&target);
    assert!(since(&gone) >= since(&first), "{first} {gone}");
    assert_eq!(gone["containers"], serde_json::Value::Null);
    let latencies = gone["latencies_ms"].as_array().unwrap().clone();
    assert!(latencies[0].is_number() && latencies.last().unwrap().is_null(), "{gone}");
    let _engine = start();
    eventually(DEADLINE, "it is back", || served.status(&target)["state"] == "healthy");
}

#[test]
fn checks_are_remembered_to_a_bound() {
    let served = Served::start_unready(probe().args(["--interval", "5ms", DEAD]));
    let length = || served.status(DEAD)["latencies_ms"].as_array().map_or(0, Vec::len);
    eventually(DEADLINE, "forty are remembered", || length() == 40);
    let (engine, target) = engine();
    drop(engine);
    assert_eq!(served.probe(&target).status, 403, "asking doesn't make it a target");
    assert_eq!(served.get("/status.json").json().as_array().unwrap().len(), 1);
    assert_eq!(length(), 40);
}

/// Stalled targets hold up nobody: each is asked at its own times.
#[test]
fn a_thousand_targets_are_asked_and_shown_in_little_time_and_memory() {
    let any = Ipv4Addr::UNSPECIFIED;
    let address = |port| SocketAddr::from((any, port));
    let [alive, silent, dead] = [(); 3].map(|()| ports::free_port_on(any.into()));
    let engine = StandIn::builder().tcp(address(alive)).start();
    let _silent = TcpListener::bind(address(silent)).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let list = folder.path().join("hosts.txt");
    let targets = (0..1000).map(|number| {
        let port = match number % 10 {
            3 => silent,
            7 => dead,
            _ => alive,
        };
        format!("tcp://127.4.{}.{}:{port}\n", number / 250, number % 250 + 1)
    });
    std::fs::write(&list, targets.collect::<String>()).unwrap();
    let program = probe().args(["--timeout", "3s", "--interval", "3s", "--targets"]).arg(&list);
    let served = Served::start_unready(program);
    eventually(DEADLINE, "all are asked", || served.get("/readyz").status == 200);
    let begin = Instant::now();
    let all = served.get("/status.json").json();
    let page = served.get("/").text();
    let took = begin.elapsed();
    assert!(took < Duration::from_secs(2), "{took:?}");
    let count = |state: &str| {
        let all = all.as_array().unwrap();
        all.iter().filter(|one| one["state"] == state).count()
    };
    assert_eq!((count("healthy"), count("timeout"), count("refused")), (800, 100, 100));
    assert_eq!(page.matches("<tr><td class=\"state\">").count(), 1000);
    // Two requests for the health of each, two for its containers.
    let first = engine.requests().len();
    eventually(DEADLINE, "all are asked again", || engine.requests().len() > first + 4 * 800);
    let memory = served.process.memory().rss;
    assert!(memory < 60 * 1024 * 1024, "{memory}");
}
