//! Names of the private sockets: who listens, and in which PID namespace.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt as _;

/// The name of this process's socket, without the NUL in front of it.
pub(super) fn own() -> io::Result<String> {
    Ok(of(pid_namespace()?, std::process::id()))
}

/// Process ids of the bridges in this network namespace and this PID namespace, in their order.
pub(super) fn bridges_here() -> io::Result<Vec<(u32, String)>> {
    // Others name their sockets as they like, in bytes that are no text too.
    let sockets = fs::read("/proc/self/net/unix")?;
    Ok(bridges_in(&String::from_utf8_lossy(&sockets), pid_namespace()?))
}

/// A process id means something only in its namespace, and containers may share a network.
fn of(namespace: u64, pid: u32) -> String {
    format!("{}{pid}", prefix(namespace))
}

fn prefix(namespace: u64) -> String {
    format!("docker-api/health/{namespace}/")
}

fn pid_namespace() -> io::Result<u64> {
    Ok(fs::metadata("/proc/self/ns/pid")?.ino())
}

/// Of the lines of `/proc/net/unix`, where `@` stands for the NUL of an abstract name.
fn bridges_in(sockets: &str, namespace: u64) -> Vec<(u32, String)> {
    let prefix = format!("@{}", prefix(namespace));
    let listening = sockets.lines().filter_map(|line| {
        let mut fields = line.split_whitespace().skip(3);
        (fields.next() == Some(ACCEPTING)).then(|| fields.nth(3)).flatten()
    });
    let mut pids: Vec<u32> =
        listening.filter_map(|name| name.strip_prefix(&prefix)?.parse().ok()).collect();
    pids.sort_unstable();
    pids.into_iter().map(|pid| (pid, of(namespace, pid))).collect()
}

/// `__SO_ACCEPTCON` among the flags of a socket.
const ACCEPTING: &str = "00010000";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn those_who_listen_in_the_same_pid_namespace_are_found() {
        let sockets = "\
Num       RefCount Protocol Flags    Type St Inode Path
0000000000000000: 00000002 00000000 00010000 0001 01 33 @docker-api/health/402/12
0000000000000000: 00000003 00000000 00000000 0001 03 34 @docker-api/health/402/12
0000000000000000: 00000002 00000000 00010000 0001 01 35 @docker-api/health/402/7
0000000000000000: 00000002 00000000 00010000 0001 01 36 @docker-api/health/403/1
0000000000000000: 00000002 00000000 00010000 0001 01 37 /docker-api/health/402/9
0000000000000000: 00000002 00000000 00010000 0001 01 38
";
        let found = bridges_in(sockets, 402);
        assert_eq!(found, [(7, of(402, 7)), (12, of(402, 12))]);
    }
}
