//! A place for one program to run: its folder, its port, its upstream.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use anyhow::Context as _;

use crate::client::Dialler;
use crate::client::certificates::Certificates;

/// What every command line and every configuration is made from.
#[derive(Debug)]
pub(crate) struct Site {
    /// For its files.
    pub(crate) folder: PathBuf,
    /// Where it is to listen, on 127.0.0.1.
    pub(crate) port: u16,
    /// The upstream's unix socket.
    pub(crate) upstream: PathBuf,
    /// The upstream's TCP address.
    pub(crate) upstream_tcp: SocketAddr,
    /// With TLS, if so.
    pub(crate) certificates: Option<Certificates>,
    /// Whether this run is root's.
    pub(crate) is_root: bool,
}

impl Site {
    /// Finds a port and makes the folder. `taken` is a folder's name that is free in `parent`.
    pub(crate) fn create(
        parent: &Path,
        taken: &str,
        upstream: (&Path, SocketAddr),
        certificates: Option<&Certificates>,
    ) -> anyhow::Result<Self> {
        let folder = parent.join(taken);
        let shown = folder.display();
        fs::create_dir(&folder).with_context(|| format!("cannot create folder `{shown}`"))?;
        // Whoever gives up root still wants to write its pid file.
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o777))
            .with_context(|| format!("cannot change the mode of `{shown}`"))?;
        let listener =
            TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("cannot find a free port")?;
        let port = listener.local_addr().context("cannot find a free port")?.port();
        Ok(Self {
            folder,
            port,
            upstream: upstream.0.to_owned(),
            upstream_tcp: upstream.1,
            certificates: certificates.cloned(),
            is_root: rustix::process::geteuid().is_root(),
        })
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        SocketAddr::from((Ipv4Addr::LOCALHOST, self.port))
    }

    /// Who connects there.
    pub(super) fn dialler(&self) -> Dialler {
        Dialler {
            address: crate::client::Address::Tcp(self.address()),
            tls: self.certificates.as_ref().map(|certificates| Arc::clone(&certificates.client)),
        }
    }

    /// The certificates; a target with TLS has them.
    pub(super) fn certificates(&self) -> anyhow::Result<&Certificates> {
        self.certificates.as_ref().context("no certificates were made")
    }

    /// Writes a file of the program's own.
    pub(super) fn write(&self, name: &str, text: &str) -> anyhow::Result<PathBuf> {
        let path = self.folder.join(name);
        fs::write(&path, text).with_context(|| format!("cannot write `{}`", path.display()))?;
        Ok(path)
    }

    /// A command that sees nothing of the environment but `PATH`.
    pub(super) fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        command.env_clear().env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin").current_dir(&self.folder);
        command
    }
}
