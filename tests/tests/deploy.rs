//! The files of `docker/`, each judged by the tool of its kind.

#![expect(clippy::unwrap_used, reason = "to a test a panic is an answer")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use testkit::process::{clean_environment, finish};
use testkit::{DEADLINE, binary, requires_tool};

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

/// 15 stands for an exposure of 1.5, of 10.
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

const UNITS: [&str; 4] =
    ["docker-api-tls.service", "docker-api-tls.socket", "docker-api.service", "docker-api.socket"];
