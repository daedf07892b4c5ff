//! The kernel's table of connections, which Docker loads for loopback too.
//!
//! Each closed connection stays in it for two minutes; once it is full, packets are dropped, and
//! whatever is measured then is that.

use std::fs;
use std::thread;
use std::time::{Duration, Instant};

/// Waits until less than half of the table is used, as long as entries live. Returns whether it is.
pub(crate) fn wait_for_room() -> bool {
    let deadline = Instant::now() + PATIENCE;
    while !has_room(read("count"), read("max")) {
        if Instant::now() > deadline {
            return false;
        }
        thread::sleep(Duration::from_secs(1));
    }
    true
}

fn has_room(count: Option<u64>, max: Option<u64>) -> bool {
    // Where there is no table it can't be full.
    count.zip(max).is_none_or(|(count, max)| count < max / 2)
}

fn read(what: &str) -> Option<u64> {
    let path = format!("/proc/sys/net/netfilter/nf_conntrack_{what}");
    fs::read_to_string(path).ok()?.trim().parse().ok()
}

/// A little more than the two minutes of `TIME_WAIT`.
const PATIENCE: Duration = Duration::from_secs(130);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_has_room_up_to_its_half() {
        assert!(has_room(Some(99), Some(200)));
        assert!(!has_room(Some(100), Some(200)));
        assert!(has_room(None, None));
    }
}
