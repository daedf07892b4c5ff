//! Systems that know users by process, and no capabilities: whoever starts it, it stays.

use std::io;

use super::Kept;

pub(crate) fn never_more() {}

pub(crate) fn become_user(_uid: u32, _gid: u32) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

pub(crate) fn keep_capabilities(_wanted: Kept) {}

pub(crate) fn empty_bounding_set() {}

pub(crate) fn hide_memory() {}
