//! Every call that the compiler can't check, each with the reason why it is sound.

#![expect(unsafe_code, reason = "here, so that it is nowhere else")]

mod room;

use std::io;
use std::os::fd::{FromRawFd as _, OwnedFd};

use tokio::io::unix::AsyncFd;

pub use self::room::Lodged;

/// Makes a descriptor of the number that systemd passed in `LISTEN_FDS` (`sd_listen_fds(3)`).
///
/// It is for that alone, and for each number once.
pub(crate) fn passed_descriptor(number: i32) -> OwnedFd {
    // SAFETY: systemd passes these descriptors to this process alone (LISTEN_PID is checked by
    // sd_notify), they are open, and `listen::inherited` asks once, so nothing else owns them.
    unsafe { OwnedFd::from_raw_fd(number) }
}

/// Hands a descriptor to the runtime that calls, which tells when it is ready.
///
/// # Errors
/// When the runtime can't watch it.
pub(crate) fn watched(descriptor: OwnedFd) -> io::Result<AsyncFd<OwnedFd>> {
    // SAFETY: an OwnedFd has one descriptor, which is open until it is dropped, and nobody takes it out
    // of what this gives: `listen::accept` only borrows it.
    Ok(unsafe { AsyncFd::register(descriptor) }?)
}

/// Has blocks of more than a relay's buffer come from the system and go back to it when they are freed
/// (`mallopt(3)`); by itself glibc raises that bound as it goes, and then keeps them.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
pub(crate) fn keep_no_large_blocks() {
    // SAFETY: it takes two numbers and locks the heap while it writes them; `run::prepare` asks
    // before there are other threads.
    unsafe { libc::mallopt(libc::M_MMAP_THRESHOLD, 384 * 1024) };
}

/// Other allocators know no such bound.
#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
pub(crate) fn keep_no_large_blocks() {}

/// Gives free pages of all heaps back to the system (`malloc_trim(3)`).
#[cfg(all(target_os = "linux", target_env = "gnu"))]
pub(crate) fn trim_heaps() {
    // SAFETY: it takes no pointer, locks each heap while it works on it, and touches only what is
    // free (MT-Safe in its manual).
    unsafe { libc::malloc_trim(0) };
}

/// Other allocators give pages back by themselves.
#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
pub(crate) fn trim_heaps() {}
