//! The synthetic Engine, as a process beside the load.

use std::env;
use std::io::{BufRead as _, BufReader};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::Context as _;

use crate::machine::account::Account;

/// A synthetic Engine that runs. Dropping it stops it.
#[derive(Debug)]
pub(crate) struct Upstream {
    child: Child,
    account: Account,
    socket: PathBuf,
    tcp: SocketAddr,
}

impl Upstream {
    /// Starts this very program as one.
    pub(crate) fn start(folder: &Path) -> anyhow::Result<Self> {
        let socket = folder.join("engine.sock");
        let this = env::current_exe().context("cannot find this program's own file")?;
        let mut child = Command::new(this)
            .arg("upstream")
            .arg(&socket)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .context("cannot start the upstream")?;
        let output = child.stdout.take().context("the upstream has no output")?;
        let mut line = String::new();
        BufReader::new(output).read_line(&mut line).context("cannot read the upstream's port")?;
        let port = line.trim().parse().context("the upstream doesn't tell its port")?;
        let tcp = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        Ok(Self { account: Account::Tree(child.id()), child, socket, tcp })
    }

    /// Its unix socket and its TCP address.
    pub(crate) fn addresses(&self) -> (&Path, SocketAddr) {
        (&self.socket, self.tcp)
    }

    /// What it uses.
    pub(crate) fn account(&self) -> &Account {
        &self.account
    }
}

impl Drop for Upstream {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
