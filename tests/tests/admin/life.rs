//! The admin address during the life of a bridge, and what systemd is told of it.

use std::os::unix::net::UnixDatagram;
use std::path::Path;

use testkit::{Bridge, DEADLINE, Program, Signal, StandIn, Transport, eventually};

use crate::Watched;

#[test]
fn a_bridge_that_drains_is_alive_and_not_ready() {
    let engine = StandIn::start();
    let watched = Watched::before(&engine);
    assert_eq!(watched.get("/readyz").status, 200);
    let mut stream = watched.bridge.endpoint().connect();
    stream.send("GET /events HTTP/1.1\r\nHost: d\r\n\r\n");
    stream.read_response_head();
    watched.bridge.signal(Signal::TERM);
    eventually(DEADLINE, "it isn't ready", || watched.get("/readyz").status == 503);
    assert_eq!(watched.get("/readyz").text(), "draining\n");
    assert_eq!(watched.get("/healthz").status, 200);
    assert_eq!(watched.status()["connections"]["open"], 1);
    drop(stream);
    assert_eq!(watched.bridge.wait_exit(DEADLINE).code(), Some(0));
    assert!(watched.admin.try_connect().is_err());
}

#[test]
fn readiness_is_the_engines() {
    let folder = tempfile::tempdir().unwrap();
    open_to_all(folder.path());
    let socket = folder.path().join("docker.sock");
    let start = || StandIn::builder().path(&socket).start();
    let engine = start();
    let watched = Watched::start(Bridge::builder().over(Transport::Tcp).upstream(engine.socket()));
    let ready = watched.get("/readyz");
    assert_eq!(ready.status, 200);
    assert!(ready.text().starts_with("healthy: unix://"), "{}", ready.text());
    engine.stop();
    eventually(DEADLINE, "not ready", || watched.get("/readyz").status == 503);
    assert!(watched.get("/readyz").text().starts_with("refused: unix://"));
    assert_eq!(watched.get("/healthz").status, 200);
    let _engine = start();
    eventually(DEADLINE, "ready again", || watched.get("/readyz").status == 200);
}

/// `/_ping` is what readiness is: a proxy in between may keep everything else to itself.
#[test]
fn an_engine_of_which_only_a_ping_is_to_be_had_is_ready() {
    let engine = StandIn::start();
    let folder = tempfile::tempdir().unwrap();
    open_to_all(folder.path());
    let (policy, socket) = (folder.path().join("policy.toml"), folder.path().join("proxy.sock"));
    std::fs::write(&policy, "[roles.ping]\nallow = [\"SystemPing\"]\n").unwrap();
    let words = ["--access", "ping", "--user", "root", "--socket-mode", "0666", "--policy"];
    let _proxy = Bridge::builder()
        .over(Transport::Tcp)
        .listen(format!("unix://{}", socket.display()))
        .upstream(engine.socket())
        .args(words)
        .arg(&policy)
        .start();
    let watched = Watched::start(Bridge::builder().over(Transport::Tcp).upstream(&socket));
    let ready = watched.get("/readyz");
    let told = "healthy: unix://";
    assert!(ready.status == 200 && ready.text().starts_with(told), "{}", ready.text());
    watched.expect_metric("docker_api_engine_up", 1);
    assert_eq!(watched.status()["upstream"]["state"], "denied", "in the probe's words");
    let address = format!("tcp://{}", watched.bridge.addr());
    let health = Program::ours("bridge").args(["--health", "--listen", &address]).run();
    assert!(health.status.success() && health.stdout.starts_with(told.as_bytes()), "{health:?}");
    engine.stop();
    eventually(DEADLINE, "not ready", || watched.get("/readyz").status == 503);
    watched.expect_metric("docker_api_engine_up", 0);
}

/// Whoever may ask here must not be able to keep the Engine busy.
#[test]
fn many_questions_are_few_for_the_engine() {
    let engine = StandIn::start();
    let watched = Watched::before(&engine);
    watched.get("/readyz");
    let before = engine.accepted_connections();
    let begin = std::time::Instant::now();
    for _ in 0..200 {
        watched.get("/readyz");
        watched.get("/metrics");
    }
    let seconds = usize::try_from(begin.elapsed().as_secs()).unwrap() + 1;
    let asked = engine.accepted_connections() - before;
    // A look may take two connections, to find out about HTTP/2.
    assert!(asked <= 2 * 2 * seconds, "{asked} connections in {seconds} s");
}

#[test]
fn systemd_is_told_when_it_is_ready_reloads_and_stops() {
    let engine = StandIn::start();
    let folder = tempfile::tempdir().unwrap();
    let policy = folder.path().join("policy.toml");
    std::fs::write(&policy, "[roles.ci]\n").unwrap();
    let path = folder.path().join("notify.sock");
    let socket = UnixDatagram::bind(&path).unwrap();
    socket.set_read_timeout(Some(DEADLINE)).unwrap();
    open_to_all(folder.path());
    open_to_all(&path);
    let bridge = Program::ours("bridge")
        .args(["--listen", &format!("127.0.0.1:{}", testkit::ports::free_port()), "--upstream"])
        .arg(engine.socket())
        .arg("--policy")
        .arg(&policy)
        .env("NOTIFY_SOCKET", &path)
        .env("WATCHDOG_USEC", "400000")
        .start();
    let next = |wanted: &str| {
        let mut told = [0; 512];
        for _ in 0..50 {
            let length = socket.recv(&mut told).unwrap();
            let told = String::from_utf8_lossy(&told[..length]).into_owned();
            if told.starts_with(wanted) {
                return told;
            }
            assert_eq!(told, "WATCHDOG=1\n", "before {wanted}");
        }
        String::new()
    };
    assert_eq!(next("READY=1"), "READY=1\n");
    assert_eq!(next("WATCHDOG=1"), "WATCHDOG=1\n");
    bridge.signal(Signal::HUP);
    let reloading = next("RELOADING=1");
    assert!(reloading.starts_with("RELOADING=1\nMONOTONIC_USEC="), "{reloading}");
    assert_eq!(next("READY=1"), "READY=1\n");
    bridge.signal(Signal::TERM);
    assert_eq!(next("STOPPING=1"), "STOPPING=1\n");
    assert_eq!(bridge.wait_exit(DEADLINE).code(), Some(0));
}

fn open_to_all(path: &Path) {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o777)).unwrap();
}
