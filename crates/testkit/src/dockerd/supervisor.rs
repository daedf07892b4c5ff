//! What the program `dockerd-supervisor` does; tests have no use for it.

use std::io::{self, Read as _};
use std::path::Path;
use std::time::{Duration, Instant};

use rustix::fs::{FlockOperation, flock};

use super::private::PrivateDockerd;
use super::{Release, cleanup, lease};
use crate::wait;

/// Runs the dockerd that tests share, until nobody has held a lease for a while.
pub fn share(shared: &Path, release: Release) {
    detach();
    let mut dockerd = PrivateDockerd::launch(release, &[]);
    lease::announce(shared, &dockerd);

    let leases = lease::open(shared, lease::LEASE_LOCK);
    let starting = lease::open(shared, lease::START_LOCK);
    let mut last_used = Instant::now();
    while !dockerd.has_ended() {
        wait::pause(Duration::from_millis(500));
        if !take(&leases) {
            last_used = Instant::now();
            continue;
        }
        let_go(&leases);
        if last_used.elapsed() < IDLE || !take(&starting) {
            continue;
        }
        // Nobody can take a lease now; somebody may have, a moment ago.
        if take(&leases) {
            break;
        }
        let_go(&starting);
    }
    lease::withdraw(shared);
    drop(dockerd);
}

/// Waits for the end of standard input, then takes away all that a dockerd has left.
pub fn janitor(folder: &Path, holder: u32) {
    detach();
    let _ignored = io::stdin().read_to_end(&mut Vec::new());
    cleanup::clean(folder, holder);
}

/// Leaves the session of the test, whose end would be ours otherwise.
fn detach() {
    // An error means that we lead a process group, so that nobody will end us with another's.
    let _ignored = rustix::process::setsid();
}

fn take(file: &std::fs::File) -> bool {
    flock(file, FlockOperation::NonBlockingLockExclusive).is_ok()
}

fn let_go(file: &std::fs::File) {
    flock(file, FlockOperation::Unlock).expect("cannot unlock");
}

/// How long it waits for the next test.
const IDLE: Duration = Duration::from_secs(20);
