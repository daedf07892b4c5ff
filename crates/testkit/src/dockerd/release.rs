//! Which Engine a dockerd of the tests is.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::str::FromStr;

use crate::{Endpoint, binary};

/// Where its programs come from.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Release {
    /// The one that the machine has in its `PATH`.
    Installed,
    /// The newer one that `cargo xtask setup` unpacks.
    Newer,
}

impl Release {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Installed => "installed",
            Self::Newer => "newer",
        }
    }

    /// `PATH` with its programs first.
    pub(super) fn path(self) -> OsString {
        let machines = env::var_os("PATH").unwrap_or_default();
        let own = match self {
            Self::Installed => Vec::new(),
            Self::Newer => vec![unpacked().join("usr/sbin"), unpacked().join("usr/bin")],
        };
        let folders = own.into_iter().chain(env::split_paths(&machines));
        env::join_paths(folders).expect("folders without colons")
    }

    /// What of it isn't there.
    pub(super) fn missing(self) -> Option<String> {
        let dockerd = unpacked().join("usr/sbin/dockerd");
        (self == Self::Newer && !dockerd.is_file())
            .then(|| format!("no {} (run `cargo xtask setup`)", dockerd.display()))
    }
}

impl FromStr for Release {
    type Err = ();

    fn from_str(name: &str) -> Result<Self, ()> {
        [Self::Installed, Self::Newer].into_iter().find(|it| it.name() == name).ok_or(())
    }
}

/// A docker command of the newer Engine's own CLI, which builds by `docker buildx`; the rest is as
/// with [`docker`](super::docker).
pub fn newer_docker(endpoint: &Endpoint, arguments: &[&str]) -> Command {
    let home = binary::scratch().join("docker-cli-newer");
    fs::create_dir_all(&home).expect("a home for the docker CLI");
    let plugins = unpacked().join("usr/libexec/docker/cli-plugins");
    // Each process writes the same.
    let settings = serde_json::json!({ "cliPluginsExtraDirs": [plugins] });
    let new = home.join(format!("config.{}", std::process::id()));
    fs::write(&new, settings.to_string()).expect("cannot write the CLI's settings");
    fs::rename(new, home.join("config.json")).expect("cannot write the CLI's settings");
    let mut command = endpoint.docker_by(&unpacked().join("usr/bin/docker"), arguments);
    command.env("HOME", &home).env("DOCKER_CONFIG", &home);
    command
}

fn unpacked() -> PathBuf {
    binary::scratch().with_file_name("engines").join("newer/root")
}
