//! Takes away all that a dockerd of the tests left: processes, cgroups, folder.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

use super::home;
use crate::wait;

/// Stops the dockerd of `folder` and deletes it, with all processes in the network namespace that
/// process `holder` holds.
pub(super) fn clean(folder: &Path, holder: u32) {
    if !home::is_one(folder) {
        return;
    }
    if let Some(pid) = home::pid(folder).filter(|&pid| mentions(pid, folder)) {
        signal(pid, Signal::TERM);
        wait::holds_within(GRACE, || !mentions(pid, folder));
    }
    let namespace = network_of(holder);
    let own = network_of(std::process::id());
    wait::holds_within(GRACE, || {
        let mut left = in_cgroup(&home::cgroup(folder));
        left.extend(processes().into_iter().filter(|&pid| {
            let inside = namespace.is_some() && namespace != own && network_of(pid) == namespace;
            pid != holder && pid != std::process::id() && (inside || mentions(pid, folder))
        }));
        for &pid in &left {
            signal(pid, Signal::KILL);
        }
        left.is_empty()
    });
    if namespace.is_some() && namespace != own {
        signal(holder, Signal::KILL);
        wait::holds_within(GRACE, || network_of(holder).is_none());
    }
    // Its mounts have gone with the mount namespace.
    wait::holds_within(GRACE, || {
        remove_cgroup(&home::cgroup(folder));
        let _ignored = fs::remove_dir_all(folder);
        !folder.exists()
    });
}

/// Waits until no containerd of that dockerd runs; its shims may.
pub(super) fn wait_for_containerd(folder: &Path, deadline: Duration) {
    let config = folder.join("exec/containerd/containerd.toml");
    wait::eventually(deadline, "containerd ends after dockerd", || {
        processes().into_iter().all(|pid| !mentions(pid, &config))
    });
}

fn signal(pid: u32, signal: Signal) {
    if let Some(pid) = i32::try_from(pid).ok().and_then(Pid::from_raw) {
        // It may have ended meanwhile.
        let _ignored = kill_process(pid, signal);
    }
}

fn processes() -> Vec<u32> {
    let entries = fs::read_dir("/proc").expect("no /proc");
    entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok()).collect()
}

/// Whether a process has `path`, or something in it, among its arguments. False for a zombie.
///
/// dockerd's, containerd's and its shims' arguments hold paths in the folder.
fn mentions(pid: u32, path: &Path) -> bool {
    let path = path.as_os_str().as_encoded_bytes();
    let arguments = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    let is_ours = SERVANTS.iter().any(|&servant| {
        let program = arguments.split(|&byte| byte == 0).next().unwrap_or_default();
        program.rsplit(|&byte| byte == b'/').next() == Some(servant)
    });
    is_ours && arguments.windows(path.len()).any(|window| window == path)
}

/// The identity of a process's network namespace. `None` if it is gone.
fn network_of(pid: u32) -> Option<PathBuf> {
    fs::read_link(format!("/proc/{pid}/ns/net")).ok()
}

/// The processes in a cgroup and below it, in each hierarchy.
fn in_cgroup(name: &str) -> Vec<u32> {
    let mut pids = Vec::new();
    for folder in cgroups(name) {
        let list = fs::read_to_string(folder.join("cgroup.procs")).unwrap_or_default();
        pids.extend(list.lines().filter_map(|line| line.parse::<u32>().ok()));
    }
    pids.sort_unstable();
    pids.dedup();
    // 0 stands for a process of another pid namespace.
    pids.retain(|&pid| pid != 0);
    pids
}

fn remove_cgroup(name: &str) {
    // Children before parents.
    for folder in cgroups(name).iter().rev() {
        let _ignored = fs::remove_dir(folder);
    }
}

/// The cgroup's folders: one in version 2, one for each controller in version 1.
fn cgroups(name: &str) -> Vec<PathBuf> {
    let root = Path::new("/sys/fs/cgroup");
    let mut found = vec![root.join(name)];
    found.extend(folders(root).into_iter().map(|controller| controller.join(name)));
    found.retain(|folder| folder.is_dir());
    let mut next = 0;
    while next < found.len() {
        found.extend(folders(&found[next]));
        next += 1;
    }
    found
}

fn folders(parent: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(parent).into_iter().flatten().filter_map(Result::ok);
    entries
        .filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()))
        .map(|entry| entry.path())
        .collect()
}

const GRACE: Duration = Duration::from_secs(20);
/// Other programs that mention the folder, such as a test's, aren't ours to end.
const SERVANTS: [&[u8]; 6] = [
    b"containerd",
    b"containerd-shim",
    b"containerd-shim-runc-v2",
    b"docker-proxy",
    b"dockerd",
    b"nsenter",
];
