//! The bridges.

use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, bail};

use super::Site;

/// Open access.
#[expect(clippy::unnecessary_wraps, reason = "others can fail to make their command")]
pub(super) fn open(program: &Path, site: &Site) -> anyhow::Result<Command> {
    Ok(bridge(program, site))
}

/// Guarded access: a role that allows what the tests ask for, and no lines for what it allows.
pub(super) fn guarded(program: &Path, site: &Site) -> anyhow::Result<Command> {
    let check = site
        .command(program)
        .args(["--access", "read-only", "--check"])
        .output()
        .with_context(|| format!("cannot run `{}`", program.display()))?;
    if !check.status.success() {
        let said = String::from_utf8_lossy(&check.stderr);
        bail!("it has no guarded access: {}", said.lines().next().unwrap_or("it said nothing"));
    }
    let policy = site.write("policy.toml", POLICY)?;
    let mut command = bridge(program, site);
    command.args(["--access", "bench", "--log-requests", "denied", "--policy"]).arg(policy);
    Ok(command)
}

/// Mutual TLS.
pub(super) fn tls(program: &Path, site: &Site) -> anyhow::Result<Command> {
    let certificates = site.certificates()?;
    let mut command = bridge(program, site);
    command.arg("--tlscacert").arg(certificates.authority());
    command.arg("--tlscert").arg(certificates.certificate());
    command.arg("--tlskey").arg(certificates.key());
    Ok(command)
}

fn bridge(program: &Path, site: &Site) -> Command {
    let mut command = site.command(program);
    command.args(["--listen", &format!("tcp://{}", site.address())]);
    command.args(["--upstream", &format!("unix://{}", site.upstream.display())]);
    command
}

const POLICY: &str = r#"[roles.bench]
allow = [
  "ContainerExport", "ContainerList", "ContainerLogs", "ExecStart", "ImageBuild",
  "PutContainerArchive",
]
"#;
