//! What the kernel knows of a process.

use std::fs;
use std::path::Path;
use std::time::Duration;

/// Memory of a process in bytes, from `/proc/PID/smaps_rollup`.
#[derive(Clone, Copy, Debug)]
pub struct Memory {
    /// All pages in memory, those of the program's file included.
    pub rss: u64,
    /// Its share: pages that others have too are divided among them.
    pub pss: u64,
    /// Pages that it wrote itself: heap, stacks, changed data.
    pub anonymous: u64,
    /// Pages that nobody else has, which its end would free.
    pub private: u64,
}

pub(super) fn memory(pid: u32) -> Memory {
    let text = read(pid, "smaps_rollup");
    let sum = |names: &[&str]| {
        let kilobytes: u64 = text
            .lines()
            .filter_map(|line| line.split_once(':'))
            .filter(|(name, _)| names.contains(name))
            .filter_map(|(_, value)| value.trim().trim_end_matches(" kB").parse::<u64>().ok())
            .sum();
        kilobytes * 1024
    };
    Memory {
        rss: sum(&["Rss"]),
        pss: sum(&["Pss"]),
        anonymous: sum(&["Anonymous"]),
        private: sum(&["Private_Clean", "Private_Dirty"]),
    }
}

pub(super) fn fd_count(pid: u32) -> usize {
    fs::read_dir(format!("/proc/{pid}/fd")).expect("the process is gone").count()
}

pub(super) fn cpu_time(pid: u32) -> Duration {
    let stat = read(pid, "stat");
    // The name, in parentheses, may hold anything; user and system time are fields 14 and 15.
    let (_, rest) = stat.rsplit_once(')').expect("a name in parentheses");
    let ticks: u64 = rest
        .split_whitespace()
        .skip(11)
        .take(2)
        .filter_map(|field| field.parse::<u64>().ok())
        .sum();
    Duration::from_millis(ticks * 1000 / rustix::param::clock_ticks_per_second())
}

/// Whether a TCP port is listened on where the process lives, on any address.
///
/// Unlike a connection, this leaves no trace behind the listener.
pub(super) fn listens_on_port(pid: u32, port: u16) -> bool {
    let local = format!(":{port:04X}");
    ["net/tcp", "net/tcp6"].iter().any(|table| {
        try_read(pid, table).lines().any(|line| {
            let mut fields = line.split_whitespace().skip(1);
            fields.next().is_some_and(|address| address.ends_with(&local))
                && fields.nth(1) == Some(LISTEN)
        })
    })
}

/// The same for the path of a unix socket.
pub(super) fn listens_on_path(pid: u32, path: &Path) -> bool {
    let path = path.to_string_lossy();
    try_read(pid, "net/unix").lines().any(|line| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        fields.get(3) == Some(&ACCEPTING) && fields.get(7) == Some(&path.as_ref())
    })
}

/// Whether it has a handler for SIGTERM, so that the signal would be heard.
pub(super) fn handles_sigterm(pid: u32) -> bool {
    let status = try_read(pid, "status");
    let caught = status.lines().find_map(|line| line.strip_prefix("SigCgt:"));
    let mask = caught.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    mask.is_some_and(|mask| mask & (1 << (super::Signal::TERM.as_raw() - 1)) != 0)
}

fn read(pid: u32, what: &str) -> String {
    fs::read_to_string(format!("/proc/{pid}/{what}"))
        .unwrap_or_else(|error| panic!("cannot read /proc/{pid}/{what}: {error}"))
}

/// Empty if the process is gone.
fn try_read(pid: u32, what: &str) -> String {
    fs::read_to_string(format!("/proc/{pid}/{what}")).unwrap_or_default()
}

/// `TCP_LISTEN` in `/proc/net/tcp`.
const LISTEN: &str = "0A";
/// `__SO_ACCEPTCON` in `/proc/net/unix`.
const ACCEPTING: &str = "00010000";

#[cfg(test)]
mod tests {
    use std::net::TcpListener;
    use std::os::unix::net::UnixListener;
    use std::process;

    use super::*;

    #[test]
    fn listeners_are_seen_without_touching_them() {
        let pid = process::id();
        let tcp = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = tcp.local_addr().unwrap().port();
        assert!(listens_on_port(pid, port));
        drop(tcp);
        assert!(!listens_on_port(pid, port));

        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("s");
        assert!(!listens_on_path(pid, &path));
        let unix = UnixListener::bind(&path).unwrap();
        assert!(listens_on_path(pid, &path));
        drop(unix);
    }
}
