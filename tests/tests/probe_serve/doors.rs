//! `/probe` is no door into the network: what isn't in the list, or allowed, isn't dialled.

use std::thread;

use testkit::{DEADLINE, RudeEngine, StandIn};

use crate::{DEAD, Served, encoded, engine, probe};

fn allowing(allowed: &[&str]) -> Served {
    let flags = allowed.iter().flat_map(|allowed| ["--allow-target", allowed]);
    Served::start(probe().args(flags).arg(DEAD))
}

#[test]
fn what_is_not_in_the_list_is_refused_without_a_connection() {
    let (engine, target) = engine();
    let address = engine.addr();
    let folder = tempfile::tempdir().unwrap();
    let inside = StandIn::builder().path(folder.path().join("x.sock")).start();
    let socket = inside.socket().display().to_string();
    let served = allowing(&["127.9.0.0/16", ".docker.example", "fd00::/8"]);
    let port = address.port();
    for asked in [
        target.clone(),
        address.to_string(),
        format!("http://{address}"),
        format!("https://{address}"),
        format!("tcp://localhost:{port}"),
        format!("tcp://0:{port}"),
        format!("tcp://0x7f000001:{port}"),
        format!("tcp://2130706433:{port}"),
        format!("tcp://[::ffff:127.0.0.1]:{port}"),
        format!("tcp://127.0.0.1.docker.example@127.0.0.1:{port}"),
        format!("tcp://127.9.0.1@127.0.0.1:{port}"),
        format!("tcp://127.0.0.1:{port}/.docker.example"),
        format!("tcp://127.0.0.1:{port}#.docker.example"),
        format!("TCP://127.0.0.1:{port}"),
        socket.clone(),
        format!("unix://{socket}"),
        "context:default".into(),
        "context:other".into(),
        "ssh://127.9.0.1".into(),
        "fd://3".into(),
        "file:///etc/passwd".into(),
        "nonsense".into(),
        "x".repeat(5000),
    ] {
        let answer = served.probe(&asked);
        assert_eq!(answer.status, 403, "{asked}: {}", answer.text());
        assert!(!answer.text().contains("probe_success"), "{asked}");
    }
    assert_eq!((engine.accepted_connections(), inside.accepted_connections()), (0, 0));
}

#[test]
fn what_is_allowed_is_asked_however_it_is_written() {
    let any = ([0, 0, 0, 0], 0).into();
    let engine = StandIn::builder().tcp(any).start();
    let port = engine.addr().port();
    let served = allowing(&["127.9.0.0/16"]);
    for asked in [
        format!("tcp://127.9.0.1:{port}"),
        format!("127.9.200.1:{port}"),
        format!("http://127.9.0.1:{port}"),
        // What a name leads to counts, and these are names to the resolver.
        format!("tcp://0x7f090001:{port}"),
        format!("tcp://[::ffff:127.9.0.1]:{port}"),
    ] {
        let text = served.probe(&asked).text();
        assert!(text.contains("probe_success 1\n"), "{asked}: {text}");
    }
    let by_name = allowing(&["localhost"]);
    let asked = format!("tcp://LocalHost:{port}");
    assert!(by_name.probe(&asked).text().contains("probe_success 1\n"));
    assert_eq!(by_name.probe(&format!("tcp://127.0.0.1:{port}")).status, 403);
    assert_eq!(by_name.probe(&format!("tcp://notlocalhost:{port}")).status, 403);
}

#[test]
fn a_target_of_the_list_may_be_written_in_another_way() {
    let (_engine, target) = engine();
    let folder = tempfile::tempdir().unwrap();
    let other = StandIn::builder().path(folder.path().join("x.sock")).start();
    let socket = other.socket().display().to_string();
    let served = Served::of([&target, &socket]);
    let bare = target.strip_prefix("tcp://").unwrap();
    for asked in [&target, bare, &format!("http://{bare}"), &socket, &format!("unix://{socket}")] {
        let text = served.probe(asked).text();
        assert!(text.contains("probe_success 1\n"), "{asked}: {text}");
    }
    assert_eq!(served.probe(&format!("{socket}/../x.sock")).status, 403);
}

#[test]
fn a_redirect_leads_nowhere() {
    let (engine, inside) = engine();
    let server = RudeEngine::start_tcp();
    let target = server.endpoint().to_string();
    let served = Served::start_unready(probe().args(["--interval", "1h", DEAD, &target]));
    let location = inside.replace("tcp:", "http:");
    let answer =
        format!("HTTP/1.1 302 Found\r\nLocation: {location}/version\r\nContent-Length: 0\r\n\r\n");
    thread::scope(|scope| {
        scope.spawn(|| {
            // The fleet's own check, and the one that is asked for.
            for _ in 0..2 {
                let mut client = server.accept(DEADLINE);
                client.read_head();
                client.send(&answer);
            }
        });
        let text = served.probe(&target).text();
        assert!(text.contains("docker_engine_state{state=\"not-docker\"} 1\n"), "{text}");
    });
    assert_eq!(engine.accepted_connections(), 0);
}

/// A name whose address changes between two questions: only what was compared is dialled.
#[test]
fn a_name_is_looked_up_once() {
    let strace = testkit::requires_tool!("strace");
    let engine = StandIn::builder().tcp(([0, 0, 0, 0], 0).into()).start();
    let folder = tempfile::tempdir().unwrap();
    let trace = folder.path().join("trace");
    let words = ["-D", "-f", "-qq", "-e", "trace=openat", "-o"].map(std::ffi::OsString::from);
    let words = [strace.into_os_string()].into_iter().chain(words).chain([trace.clone().into()]);
    let served = Served::start_unready(
        probe().args(["--allow-target", "127.0.0.0/8", "--interval", "1h", DEAD]).under(words),
    );
    let lookups = || {
        let text = std::fs::read_to_string(&trace).unwrap();
        text.lines().filter(|line| line.contains("\"/etc/hosts\"")).count()
    };
    let before = lookups();
    let asked = format!("tcp://localhost:{}", engine.addr().port());
    let text = served.get(&format!("/probe?target={}", encoded(&asked))).text();
    assert!(text.contains("probe_success 1\n"), "{text}");
    assert_eq!(lookups() - before, 1);
}
