//! The docker CLIs of this machine.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::binary;
use crate::process::clean_environment;

/// The docker CLI: the first in `PATH`. Panics if there is none; see
/// [`require_tool`](crate::skip::require_tool).
pub fn docker_cli() -> PathBuf {
    binary::in_path("docker").expect("no docker in PATH")
}

/// Debian's own CLI, an old one, if it is installed.
pub fn debian_docker_cli() -> Option<PathBuf> {
    let path = Path::new("/usr/bin/docker");
    path.is_file().then(|| path.to_owned())
}

/// `docker --host HOST ARGUMENTS…`, with [`docker_cli`].
///
/// It knows nothing of the user's settings: no variables, and an empty folder as `HOME` and
/// `DOCKER_CONFIG` that all tests share. A test that logs in or makes contexts sets its own.
pub fn docker(host: &str, arguments: &[&str]) -> Command {
    docker_by(&docker_cli(), host, arguments)
}

/// The same with another CLI, such as [`debian_docker_cli`].
pub fn docker_by(cli: &Path, host: &str, arguments: &[&str]) -> Command {
    let home = binary::scratch().join("docker-cli");
    fs::create_dir_all(&home).expect("a home for the docker CLI");
    let mut command = Command::new(cli);
    clean_environment(&mut command)
        .env("HOME", &home)
        .env("DOCKER_CONFIG", &home)
        .arg("--host")
        .arg(host)
        .args(arguments);
    command
}
