//! Peers whose whole configuration fits on a line or two: socat, systemd-socket-proxyd, stunnel.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

use anyhow::Context as _;

use super::{Site, find};

/// As everybody runs it, but for the backlog: with its own of 5, sixteen clients wait a second for
/// their SYN to be sent again, and nothing else would be measured.
#[expect(clippy::unnecessary_wraps, reason = "others can fail to make their command")]
pub(super) fn socat(program: &Path, site: &Site) -> anyhow::Result<Command> {
    Ok(socat_with(program, site, &[]))
}

/// As nobody runs it, but should.
#[expect(clippy::unnecessary_wraps, reason = "others can fail to make their command")]
pub(super) fn socat_256k(program: &Path, site: &Site) -> anyhow::Result<Command> {
    Ok(socat_with(program, site, &["-b", "262144"]))
}

fn socat_with(program: &Path, site: &Site, options: &[&str]) -> Command {
    let mut command = site.command(program);
    command.args(options);
    command.arg(format!("TCP-LISTEN:{},bind=127.0.0.1,reuseaddr,backlog=4096,fork", site.port));
    command.arg(format!("UNIX-CONNECT:{}", site.upstream.display()));
    command
}

/// Its listener comes from systemd, or from the program that stands in for it, which becomes the
/// proxy at the first connection.
pub(super) fn socket_proxyd(program: &Path, site: &Site) -> anyhow::Result<Command> {
    let activate =
        find("systemd-socket-activate").context("systemd-socket-activate isn't installed")?;
    let mut command = site.command(&activate);
    command.arg(format!("--listen={}", site.address()));
    command.arg(program).arg("--connections-max=16384").arg(&site.upstream);
    Ok(command)
}

/// Client certificates are a must.
pub(super) fn stunnel(program: &Path, site: &Site) -> anyhow::Result<Command> {
    let certificates = site.certificates()?;
    // It warns of keys that others can read.
    fs::set_permissions(certificates.key(), fs::Permissions::from_mode(0o600))
        .context("cannot change a key's mode")?;
    let config = site.write(
        "stunnel.conf",
        &format!(
            "foreground = yes\npid =\nsyslog = no\ndebug = err\n\
             [docker]\naccept = {}\nconnect = {}\ncert = {}\nkey = {}\nCAfile = {}\n\
             verifyChain = yes\n",
            site.address(),
            site.upstream.display(),
            certificates.certificate().display(),
            certificates.key().display(),
            certificates.authority().display(),
        ),
    )?;
    let mut command = site.command(program);
    command.arg(config);
    Ok(command)
}
