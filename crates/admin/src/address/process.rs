//! What the kernel says of this process.

use std::fs;

use rustix::process::{Resource, getrlimit};

/// Descriptors that are open; none where `/proc` isn't there.
pub(crate) fn open_descriptors() -> Option<u64> {
    // One of them is the reading's own.
    Some(fs::read_dir("/proc/self/fd").ok()?.count().saturating_sub(1) as u64)
}

/// Descriptors that may be open.
pub(crate) fn most_descriptors() -> Option<u64> {
    getrlimit(Resource::Nofile).current
}

/// Bytes of memory that are resident (proc(5), `VmRSS`).
pub(crate) fn resident_memory() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let kilobytes = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kilobytes: u64 = kilobytes.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(kilobytes * 1024)
}
