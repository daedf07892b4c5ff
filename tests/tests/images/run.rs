//! The images on a real Engine.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use testkit::dockerd::{Dockerd, debian_docker_cli};
use testkit::process::{Process, clean_environment, finish};
use testkit::{DEADLINE, eventually, requires_docker, requires_tool};

use crate::{Images, succeed};

/// A container of one of our images, with the Engine's own socket mounted and port 2375 published
/// on the Engine's loopback.
struct Served<'a> {
    engine: &'a Dockerd,
    id: String,
    port: String,
}

impl<'a> Served<'a> {
    /// `docker run` with these options, for an image with this command behind its name.
    fn start(engine: &'a Dockerd, options: &[&str], image: &str, command: &[&str]) -> Self {
        let mount = format!("{}:/var/run/docker.sock", engine.socket().display());
        let run = ["run", "--detach", "--publish", "127.0.0.1::2375", "--volume", &mount];
        let id = engine.run(&[&run[..], options, &[image], command].concat());
        let published = engine.run(&["port", &id, "2375/tcp"]);
        let port = published.rsplit(':').next().unwrap().to_owned();
        Self { engine, id, port }
    }

    /// A docker command through it.
    fn docker(&self, arguments: &[&str]) -> Command {
        let mut command = self.engine.inside(testkit::dockerd::docker_cli());
        command.args(["--host", &format!("tcp://127.0.0.1:{}", self.port)]).args(arguments);
        command
    }

    fn expect_to_serve(&self) {
        let version = || finish(self.docker(&["version"]), DEADLINE).status.success();
        eventually(DEADLINE, &format!("it serves; it logged\n{}", self.logs()), version);
    }

    fn logs(&self) -> String {
        let output = finish(self.engine.docker(&["logs", &self.id]), DEADLINE);
        String::from_utf8_lossy(&output.stderr).into_owned()
    }
}

impl Drop for Served<'_> {
    fn drop(&mut self) {
        let _ignored = finish(self.engine.docker(&["rm", "--force", &self.id]), DEADLINE * 2);
    }
}

fn load(engine: &Dockerd, images: &Images, image: &str) {
    let path = images.path(&format!("{image}.tar"));
    let said = engine.run(&["load", "--input", path.to_str().unwrap()]);
    assert!(said.contains(&format!("Loaded image: {image}:latest")), "{said}");
}

#[test]
fn docker_loads_and_runs_an_image_whatever_words_stand_behind_its_name() {
    let engine = requires_docker!();
    let images = Images::write(&["docker-api", "socat"]);
    load(&engine, &images, "docker-api");
    load(&engine, &images, "socat");
    let socat = ["tcp-listen:2375,fork,reuseaddr", "unix-connect:/var/run/docker.sock"];
    for (image, command) in [
        ("docker-api", &[][..]),
        ("docker-api", &socat),
        ("docker-api", &["--log-level", "debug"]),
        ("docker-api", &["--listen", "tcp://0.0.0.0:2375", "--shutdown-grace", "1s"]),
        ("socat", &socat),
        ("socat", &["-d", "-d", socat[0], socat[1]]),
    ] {
        Served::start(&engine, &[], image, command).expect_to_serve();
    }
}

#[test]
fn the_probes_image_asks_an_engine_and_a_bridge() {
    let engine = requires_docker!();
    let images = Images::write(&["docker-api", "docker-api-probe"]);
    load(&engine, &images, "docker-api");
    load(&engine, &images, "docker-api-probe");
    let mount = format!("{}:/var/run/docker.sock", engine.socket().display());
    let probe = |options: &[&str], words: &[&str]| {
        let run = [&["run", "--rm"], options, &["docker-api-probe"], words].concat();
        engine.run(&run)
    };
    let said = probe(&["--network=none", "--volume", &mount], &[]);
    assert!(said.contains("healthy"), "{said}");
    let served = Served::start(&engine, &[], "docker-api", &[]);
    let beside = format!("--network=container:{}", served.id);
    let said = probe(&[&beside], &["--wait", "10s", "tcp://localhost:2375"]);
    assert!(said.contains("healthy"), "{said}");
}

#[test]
fn podman_loads_an_image_too() {
    let podman = requires_tool!("podman");
    let images = Images::write(&["docker-api", "--repository", "localhost"]);
    let podman = |words: &[&str]| {
        let mut command = Command::new(&podman);
        clean_environment(&mut command).arg("--storage-driver=vfs");
        for (flag, folder) in [("--root", "root"), ("--runroot", "run"), ("--tmpdir", "tmp")] {
            command.arg(flag).arg(images.path(folder));
        }
        command.args(words);
        succeed(command)
    };
    let said = podman(&["load", "--input", images.path("docker-api.tar").to_str().unwrap()]);
    assert!(said.contains("Loaded image: localhost/docker-api:latest"), "{said}");
    let format = ["--format", "{{.Config.Entrypoint}} {{.Config.Cmd}}"];
    let said = podman(&[&["image", "inspect"], &format[..], &["docker-api"]].concat());
    let words = "[TCP-LISTEN:2375,fork UNIX-CONNECT:/var/run/docker.sock]";
    assert_eq!(said.trim(), format!("[/bridge] {words}"));
}

#[test]
fn the_oldest_docker_cli_loads_an_image_too() {
    let engine = requires_docker!();
    let Some(cli) = debian_docker_cli() else {
        testkit::skip::skip("no /usr/bin/docker (apt: docker.io)");
        return;
    };
    let images = Images::write(&["docker-api", "--tag", "old"]);
    let mut command = Command::new(cli);
    clean_environment(&mut command).args(["--host", &engine.host(), "load", "--input"]);
    command.arg(images.path("docker-api.tar"));
    assert_eq!(succeed(command).trim(), "Loaded image: docker-api:old");
}

#[test]
fn an_index_loads_as_this_machines_image() {
    let engine = requires_docker!();
    let target = format!("{}-unknown-linux-gnu", std::env::consts::ARCH);
    let images = Images::write(&["docker-api", "--tag", "index", "--target", &target]);
    let path = images.path("docker-api.tar");
    engine.run(&["load", "--input", path.to_str().unwrap()]);
    Served::start(&engine, &[], "docker-api:index", &[]).expect_to_serve();
}

#[test]
fn a_container_needs_neither_a_writable_root_nor_capabilities() {
    let engine = requires_docker!();
    Images::write_with(&["docker-api", "--load"], &[("DOCKER_HOST", &engine.host())]);
    let hardened = ["--read-only", "--cap-drop=ALL", "--security-opt=no-new-privileges"];
    Served::start(&engine, &hardened, "docker-api", &[]).expect_to_serve();
}

#[test]
fn a_container_stops_within_its_grace_though_a_client_listens() {
    let engine = requires_docker!();
    load(&engine, &Images::write(&["docker-api"]), "docker-api");
    let served = Served::start(&engine, &[], "docker-api", &[]);
    served.expect_to_serve();
    let events = Process::spawn(served.docker(&["events"]));
    eventually(DEADLINE, "the events are asked for", || established(&engine, &served.port));
    // As people type it, with Docker's own ten seconds.
    engine.run(&["stop", &served.id]);
    let state = engine.run(&["inspect", "--format", "{{.State.ExitCode}}", &served.id]);
    assert_eq!(state, "0", "killed after its grace: {}", served.logs());
    events.wait_exit(Duration::from_secs(5));
}

/// Whether somebody is connected to the port, inside of the Engine's namespace.
fn established(engine: &Dockerd, port: &str) -> bool {
    let mut cat = engine.inside("cat");
    cat.arg(Path::new("/proc/net/tcp"));
    let port: u16 = port.parse().unwrap();
    let wanted = format!(":{port:04X} 01 ");
    // Columns: number, local address, remote address, state (01: established).
    succeed(cat).lines().any(|line| {
        let words: Vec<_> = line.split_whitespace().collect();
        words.len() > 3 && format!("{} {} ", words[2], words[3]).ends_with(&wanted)
    })
}
