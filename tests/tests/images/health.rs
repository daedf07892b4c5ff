//! The images' HEALTHCHECK on a real Engine, and what becomes of a stale socket.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::time::Duration;

use testkit::dockerd::Dockerd;
use testkit::process::finish;
use testkit::{DEADLINE, StandIn, eventually, requires_docker};

use crate::Images;

/// A container of `docker-api` that is asked for its health each second.
struct Checked<'a> {
    engine: &'a Dockerd,
    id: String,
    shown: String,
}

impl<'a> Checked<'a> {
    fn start(engine: &'a Dockerd, options: &[&str], command: &[&str]) -> Self {
        let often = ["--health-interval=1s", "--health-retries=1", "--health-start-period=0s"];
        let run = ["run", "--detach"];
        let id = engine.run(&[&run[..], &often, options, &["docker-api"], command].concat());
        Self { engine, id, shown: format!("{options:?} {command:?}") }
    }

    fn becomes(&self, health: &str) {
        let is_so = || self.inspect("{{.State.Health.Status}}") == health;
        let found = testkit::wait::holds_within(SOON, is_so);
        let last = self.inspect("{{range .State.Health.Log}}{{.Output}}{{end}}");
        assert!(found, "not {health}: {}: {last}", self.shown);
    }

    fn inspect(&self, format: &str) -> String {
        self.engine.run(&["inspect", "--format", format, &self.id])
    }
}

impl Drop for Checked<'_> {
    fn drop(&mut self) {
        let _ignored = finish(self.engine.docker(&["rm", "--force", &self.id]), DEADLINE * 2);
    }
}

fn load(engine: &Dockerd) {
    let images = Images::write(&["docker-api"]);
    engine.run(&["load", "--input", images.path("docker-api.tar").to_str().unwrap()]);
}

#[test]
fn a_containers_health_is_that_of_the_engine_behind_whatever_it_was_started_with() {
    let engine = requires_docker!();
    load(&engine);
    let folder = tempfile::tempdir_in(engine.folder()).unwrap();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let socket = folder.path().join("docker.sock");
    let behind = StandIn::builder().path(&socket).start();

    let volume = format!("--volume={}:/run/engine", folder.path().display());
    let upstream = "--env=BRIDGE_UPSTREAM=unix:///run/engine/docker.sock";
    let alone = [volume.as_str(), upstream, "--network=none"];
    let hosts = [volume.as_str(), upstream, "--network=host", "--pid=host"];
    let socat = ["TCP-LISTEN:4243,fork", "UNIX-CONNECT:/run/engine/docker.sock"];
    let containers = [
        Checked::start(&engine, &alone, &socat),
        Checked::start(&engine, &[&alone[..], &["--init"]].concat(), &socat),
        Checked::start(&engine, &[&alone[..], &["--user=1234:0"]].concat(), &socat),
        Checked::start(&engine, &alone, &["--listen", "tcp://127.0.0.1:9", "--allow-from", "::"]),
        Checked::start(&engine, &[&alone[..], &["--pid=host"]].concat(), &socat),
        Checked::start(&engine, &hosts, &["--listen", "tcp://127.0.0.1:4245"]),
        Checked::start(&engine, &hosts, &["--listen", "tcp://127.0.0.1:4246"]),
    ];
    let become_ = |health| containers.iter().for_each(|container| container.becomes(health));
    become_("healthy");
    behind.stop();
    become_("unhealthy");
    let _behind = StandIn::builder().path(&socket).start();
    become_("healthy");
}

/// Old Engines don't go on with health checks behind such a restart, so somebody else asks.
#[test]
fn a_container_is_started_anew_when_an_engine_that_keeps_it_alive_has_made_a_new_socket() {
    let Some(mut engine) = Dockerd::private_or_skip(&["--live-restore"]) else { return };
    load(&engine);
    let mount = format!("--volume={}:/var/run/docker.sock", engine.socket().display());
    let run = ["run", "--detach", "--network=none", "--restart=unless-stopped", &mount];
    let id = engine.run(&[&run[..], &["docker-api"]].concat());
    let inspect =
        |engine: &Dockerd, format: &str| engine.run(&["inspect", "--format", format, &id]);
    let ask = |engine: &Dockerd| {
        let output = finish(engine.docker(&["exec", &id, "/bridge", "--health"]), DEADLINE);
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    eventually(SOON, "it is well", || ask(&engine).starts_with("healthy: "));
    let started = inspect(&engine, "{{.State.StartedAt}}");

    engine.restart();
    assert!(ask(&engine).starts_with("stale-socket: "), "{}", engine.run(&["logs", &id]));
    let anew = || inspect(&engine, "{{.State.StartedAt}}") != started;
    eventually(SOON, "it is started anew", anew);
    eventually(SOON, "it is well", || ask(&engine).starts_with("healthy: "));
    let logs = finish(engine.docker(&["logs", &id]), DEADLINE);
    let logs = String::from_utf8_lossy(&logs.stderr);
    assert!(logs.contains("error: the upstream socket is stale"), "{logs}");
}

const SOON: Duration = Duration::from_secs(30);
