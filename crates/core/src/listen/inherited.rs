//! Listeners that systemd has opened and passes on (`sd_listen_fds(3)`).

use std::io;
use std::os::fd::{FromRawFd as _, OwnedFd};

use crate::address::Inherited;

/// One descriptor that was passed, with its number and its `FileDescriptorName=`.
#[derive(Debug)]
pub(super) struct Passed {
    pub(super) number: i32,
    name: String,
    pub(super) socket: socket2::Socket,
}

/// Takes all descriptors that were passed to this process. Called once: they are owned from here.
pub(super) fn passed() -> io::Result<Vec<Passed>> {
    let named = sd_notify::listen_fds_with_names()?;
    Ok(named.map(|(number, name)| Passed { number, name, socket: own(number).into() }).collect())
}

/// Those of `passed` that an address names, taken out of it.
pub(super) fn select(which: &Inherited, passed: &mut Vec<Passed>) -> Vec<Passed> {
    let mut rest = Vec::new();
    let mut taken = Vec::new();
    for one in passed.drain(..) {
        let wanted = match which {
            Inherited::All => true,
            Inherited::Descriptor(number) => one.number == *number,
            Inherited::Named(name) => one.name == *name,
        };
        if wanted { taken.push(one) } else { rest.push(one) }
    }
    *passed = rest;
    taken
}

#[expect(unsafe_code, reason = "a number of the environment becomes a descriptor only so")]
fn own(number: i32) -> OwnedFd {
    // SAFETY: systemd passes these descriptors to this process alone (LISTEN_PID is checked by
    // sd_notify), they are open, and `passed` runs once, so nothing else owns them.
    unsafe { OwnedFd::from_raw_fd(number) }
}
