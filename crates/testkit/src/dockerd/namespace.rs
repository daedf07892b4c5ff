//! Namespaces that outlive the dockerd in them, so that it can be started anew in the same ones.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

/// A process that does nothing but hold a network and a mount namespace.
pub(super) fn hold() -> Child {
    let mut holder = Command::new("unshare")
        .args([
            "--net",
            "--mount",
            "sh",
            "-c",
            "ip link set lo up && echo up && exec sleep infinity",
        ])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .expect("cannot start unshare");
    let mut line = String::new();
    let stdout = holder.stdout.take().expect("piped");
    BufReader::new(stdout).read_line(&mut line).expect("cannot read from unshare");
    assert_eq!(line, "up\n", "no namespaces, or no loopback in them");
    holder
}

/// `nsenter`, to be completed by a program and its arguments.
pub(super) fn enter(holder: u32) -> Command {
    let mut command = Command::new("nsenter");
    command.args([format!("--target={holder}").as_str(), "--net", "--mount", "--"]);
    command
}
