//! The files of `docker/`, each judged by the tool of its kind.

#![expect(clippy::unwrap_used, reason = "to a test a panic is an answer")]

use std::fs;
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use testkit::process::{Process, clean_environment, finish};
use testkit::{DEADLINE, Program, Signal, StandIn, binary, ports, requires_tool, stream, tls};

fn deployment(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../docker").join(name)
}

fn run(program: &Path, arguments: &[&str], file: &Path) -> Output {
    let mut command = Command::new(program);
    clean_environment(&mut command).args(arguments).arg(file);
    finish(command, DEADLINE * 3)
}

/// Asserts that a tool accepts a file and has nothing to remark.
fn accepts(program: &Path, arguments: &[&str], file: &Path) {
    let output = run(program, arguments, file);
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said);
    assert!(output.status.success() && said.is_empty(), "{}: {said}", file.display());
}

#[test]
fn hadolint_has_no_remark_on_the_dockerfile() {
    accepts(&requires_tool!("hadolint"), &[], &deployment("Dockerfile"));
}

#[test]
fn kubernetes_knows_every_field_of_the_manifest() {
    let tool = requires_tool!("kubernetes-validate");
    let output = run(&tool, &["--strict"], &deployment("docker-api-tls.kubernetes.yaml"));
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said);
    assert!(output.status.success(), "{said}");
    for kind in ["namespace", "daemonset", "service", "networkpolicy"] {
        assert!(said.contains(&format!("passed for resource {kind}/docker-api")), "{kind}: {said}");
    }
}

/// Its units, in a folder of their own, with programs that exist on this machine.
fn units() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let program = binary::binary("bridge").display().to_string();
    for name in UNITS {
        let unit = fs::read_to_string(deployment(name)).unwrap();
        let unit = unit
            .replace("ExecStart=/usr/local/bin/bridge-tls", &format!("ExecStart={program}"))
            .replace("ExecStart=/usr/local/bin/bridge", &format!("ExecStart={program}"));
        fs::write(folder.path().join(name), unit).unwrap();
    }
    folder
}

/// It exits 0 on keys that it doesn't know, and remarks on them.
#[test]
fn systemd_has_no_remark_on_the_units() {
    let tool = requires_tool!("systemd-analyze");
    let units = units();
    for name in UNITS {
        accepts(&tool, &["verify", "--man=no"], &units.path().join(name));
    }
}

/// 15 stands for an exposure of 1.5, of 10, as the units and docs/ways.md state it.
#[test]
fn systemd_finds_the_services_hardened() {
    let tool = requires_tool!("systemd-analyze");
    let units = units();
    for name in UNITS.iter().filter(|name| name.ends_with(".service")) {
        let security = ["security", "--offline=true", "--threshold=15", "--no-pager"];
        let output = run(&tool, &security, &units.path().join(name));
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success(), "{name}: {}", said.lines().last().unwrap_or_default());
    }
}

/// The value of a key of a unit.
fn value(unit: &str, key: &str) -> Option<String> {
    let text = fs::read_to_string(deployment(unit)).unwrap();
    let found = text.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix('='));
    found.map(str::to_owned)
}

/// What systemd makes of a pair of units, by its own tool for that, on another port.
struct Activated {
    process: Process,
    address: SocketAddr,
    /// systemd's `/var/lib`.
    state: tempfile::TempDir,
    _engine: StandIn,
}

impl Activated {
    fn start(name: &str) -> Self {
        let engine = StandIn::start();
        let state = tempfile::tempdir().unwrap();
        let (service, socket) = (format!("{name}.service"), format!("{name}.socket"));
        let listen = value(&socket, "ListenStream").unwrap();
        let host = listen.rsplit_once(':').map_or("[::]", |(host, _)| host);
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, ports::free_port()));
        let descriptor = value(&socket, "FileDescriptorName").unwrap_or(socket);
        let start = value(&service, "ExecStart").unwrap();
        let words: Vec<_> = start.split(' ').collect();
        let (program, words) = words.split_first().unwrap();
        let program = binary::binary(program.strip_prefix("/usr/local/bin/").unwrap());
        let mut activate = Program::new("systemd-socket-activate")
            .arg(format!("--listen={host}:{}", address.port()))
            .arg(format!("--fdname={descriptor}"))
            .arg(format!("--setenv=BRIDGE_UPSTREAM=unix://{}", engine.socket().display()));
        if let Some(directory) = value(&service, "StateDirectory") {
            let directory = state.path().join(directory);
            fs::create_dir(&directory).unwrap();
            activate = activate.arg(format!("--setenv=STATE_DIRECTORY={}", directory.display()));
        }
        let process = activate.arg(program).args(words).start();
        process.wait_for_log_containing("Listening on");
        Self { process, address, state, _engine: engine }
    }

    /// It ends in order, and systemd's listener is what it served.
    fn stop(self) {
        self.process.wait_for_log_containing(" INFO listening on tcp://");
        self.process.signal(Signal::TERM);
        assert_eq!(self.process.wait_exit(DEADLINE).code(), Some(0), "{}", self.process.logs());
    }
}

#[test]
fn the_units_serve_the_first_client_that_comes() {
    requires_tool!("systemd-socket-activate");
    let started = Activated::start("docker-api");
    assert_eq!(stream::get(&started.address.into(), "/_ping").text(), "OK");
    started.stop();
}

#[test]
fn the_units_with_tls_serve_the_client_that_is_added_in_their_state_directory() {
    requires_tool!("systemd-socket-activate");
    let started = Activated::start("docker-api-tls");
    // The first who comes starts it, which makes all certificates.
    let certificates = started.state.path().join("docker-api/certs");
    drop(TcpStream::connect(started.address).unwrap());
    started.process.wait_for_log_containing(" INFO listening on tcp://");
    let added = started.state.path().join("added");
    let add = Program::ours("bridge-tls")
        .args(["client", "add", "me", "--host", "localhost", "--out"])
        .arg(&added)
        .arg("--cert-dir")
        .arg(&certificates);
    assert!(add.run().status.success());
    let endpoint = tls::Client::from_folder(&added).at(started.address);
    assert_eq!(stream::get(&endpoint, "/_ping").text(), "OK");
    started.stop();
}

const UNITS: [&str; 4] =
    ["docker-api-tls.service", "docker-api-tls.socket", "docker-api.service", "docker-api.socket"];
