//! What is measured: no proxy at all, ours, and the peers.

mod haproxy;
mod nginx;
mod ours;
mod running;
mod site;
mod small;

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

pub(crate) use self::running::Running;
pub(crate) use self::site::Site;
use crate::client::certificates::Key;

/// Something to measure.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Target {
    /// What `--only` and the tables call it.
    pub(crate) name: &'static str,
    /// What it is, in a few words.
    pub(crate) what: &'static str,
    /// With client certificates, whose keys are of this kind.
    pub(crate) tls: Option<Key>,
    kind: Kind,
}

#[derive(Clone, Copy, Debug)]
enum Kind {
    /// The upstream itself, by its unix socket.
    DirectUnix,
    /// The upstream itself, by TCP.
    DirectTcp,
    /// A program of ours.
    Ours(&'static str, MakeCommand),
    /// A program of others.
    Peer(&'static str, MakeCommand),
}

/// The command that serves a site: given is the program's path.
type MakeCommand = fn(&Path, &Site) -> anyhow::Result<Command>;

impl Target {
    const fn plain(name: &'static str, what: &'static str, kind: Kind) -> Self {
        Self { name, what, tls: None, kind }
    }

    const fn tls(name: &'static str, what: &'static str, key: Key, kind: Kind) -> Self {
        Self { name, what, tls: Some(key), kind }
    }

    /// Whether it is of this project.
    pub(crate) fn is_ours(&self) -> bool {
        matches!(self.kind, Kind::Ours(..))
    }

    /// Whether it is another's proxy.
    pub(crate) fn is_peer(&self) -> bool {
        matches!(self.kind, Kind::Peer(..))
    }

    /// Whether there is a proxy.
    pub(crate) fn is_program(&self) -> bool {
        self.is_ours() || self.is_peer()
    }

    /// Where its program is; `ours` is the folder of ours. None: it isn't there, or needs none.
    pub(crate) fn program(&self, ours: &Path) -> Option<PathBuf> {
        match self.kind {
            Kind::DirectUnix | Kind::DirectTcp => None,
            Kind::Ours(name, _) => Some(ours.join(name)).filter(|path| path.is_file()),
            Kind::Peer(name, _) => find(name),
        }
    }
}

/// All of them, in the order in which they are measured.
pub(crate) const ALL: [Target; 20] = [
    Target::plain("direct-unix", "no proxy, the unix socket", Kind::DirectUnix),
    Target::plain("direct-tcp", "no proxy, TCP", Kind::DirectTcp),
    Target::plain("open", "bridge", Kind::Ours("bridge", ours::open)),
    Target::plain(
        "guarded",
        "bridge --access ROLE: each request is judged",
        Kind::Ours("bridge", ours::guarded),
    ),
    Target::plain(
        "socat",
        "socat TCP-LISTEN:…,backlog=4096,fork UNIX-CONNECT:…",
        Kind::Peer("socat", small::socat),
    ),
    Target::plain("socat-256k", "the same with -b 262144", Kind::Peer("socat", small::socat_256k)),
    Target::plain("haproxy-tcp", "haproxy, mode tcp", Kind::Peer("haproxy", haproxy::tcp)),
    Target::plain("haproxy-http", "haproxy, mode http", Kind::Peer("haproxy", haproxy::http)),
    Target::plain(
        "haproxy-tecnativa",
        "haproxy with the rules of tecnativa/docker-socket-proxy",
        Kind::Peer("haproxy", haproxy::tecnativa),
    ),
    Target::plain("nginx-stream", "nginx, stream", Kind::Peer("nginx", nginx::stream)),
    Target::plain("nginx-http", "nginx, http", Kind::Peer("nginx", nginx::http)),
    Target::plain(
        "socket-proxyd",
        "systemd-socket-proxyd",
        Kind::Peer("systemd-socket-proxyd", small::socket_proxyd),
    ),
    Target::tls("tls", "bridge-tls", Key::P256, Kind::Ours("bridge-tls", ours::tls)),
    Target::tls(
        "haproxy-tls",
        "haproxy, mode tcp, ssl",
        Key::P256,
        Kind::Peer("haproxy", haproxy::tls),
    ),
    Target::tls("nginx-tls", "nginx, stream, ssl", Key::P256, Kind::Peer("nginx", nginx::tls)),
    Target::tls("stunnel", "stunnel", Key::P256, Kind::Peer("stunnel", small::stunnel)),
    Target::tls(
        "tls-rsa",
        "bridge-tls, RSA-4096",
        Key::Rsa4096,
        Kind::Ours("bridge-tls", ours::tls),
    ),
    Target::tls(
        "haproxy-tls-rsa",
        "haproxy, mode tcp, ssl, RSA-4096",
        Key::Rsa4096,
        Kind::Peer("haproxy", haproxy::tls),
    ),
    Target::tls(
        "nginx-tls-rsa",
        "nginx, stream, ssl, RSA-4096",
        Key::Rsa4096,
        Kind::Peer("nginx", nginx::tls),
    ),
    Target::tls(
        "stunnel-rsa",
        "stunnel, RSA-4096",
        Key::Rsa4096,
        Kind::Peer("stunnel", small::stunnel),
    ),
];

/// The first program of that name in `PATH`, or where services are kept that no person runs.
fn find(name: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let more = ["/usr/local/sbin", "/usr/sbin", "/usr/lib/systemd", "/lib/systemd"];
    env::split_paths(&path)
        .chain(more.map(PathBuf::from))
        .map(|folder| folder.join(name))
        .find(|path| path.is_file())
}

/// What a program says when it is asked for its version: the first line with a digit in it.
pub(crate) fn version(program: &Path) -> Option<String> {
    let name = program.file_name()?.to_str()?;
    let flag = match name {
        "socat" => "-V",
        "haproxy" | "nginx" => "-v",
        "stunnel" => "-version",
        _ => "--version",
    };
    let output = Command::new(program).arg(flag).output().ok()?;
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said);
    let line = said.lines().find(|line| line.contains(|c: char| c.is_ascii_digit()))?;
    Some(line.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::case::Case;

    #[test]
    fn every_target_has_a_name_of_its_own_which_no_test_has() {
        let mut names: BTreeSet<String> = ALL.iter().map(|target| target.name.to_owned()).collect();
        names.extend(Case::ALL.into_iter().map(Case::name));
        assert_eq!(names.len(), ALL.len() + Case::ALL.len());
    }

    #[test]
    fn the_folder_of_ours_is_where_ours_are_looked_for() {
        let open = ALL.iter().find(|target| target.name == "open").unwrap();
        assert_eq!(open.program(Path::new("/nonexistent")), None);
    }
}
