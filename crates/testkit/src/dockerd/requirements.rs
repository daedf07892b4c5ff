//! What a dockerd of the tests' own needs.

use std::process::Command;

use crate::process::finish;
use crate::{DEADLINE, binary, image};

/// What is missing; `None`: nothing.
pub(super) fn missing() -> Option<String> {
    if !rustix::process::geteuid().is_root() {
        return Some("no dockerd without root".to_owned());
    }
    let absent = TOOLS.into_iter().find(|&(tool, _)| binary::in_path(tool).is_none());
    if let Some((tool, package)) = absent {
        return Some(format!("no {tool} in PATH (apt: {package})"));
    }
    if let Err(why) = image::static_busybox() {
        return Some(why);
    }
    let mut unshare = Command::new("unshare");
    unshare.args(["--net", "--mount", "true"]);
    let output = finish(unshare, DEADLINE);
    if !output.status.success() {
        let why = String::from_utf8_lossy(&output.stderr);
        return Some(format!("no namespaces for dockerd: {}", why.trim()));
    }
    None
}

/// Each with its Debian package.
const TOOLS: [(&str, &str); 7] = [
    ("containerd", "containerd"),
    ("docker", "docker.io"),
    ("dockerd", "docker.io"),
    ("ip", "iproute2"),
    ("nsenter", "util-linux"),
    ("runc", "runc"),
    ("unshare", "util-linux"),
];
