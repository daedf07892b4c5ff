use std::io;

use rustix::fs::{Gid, Uid};
use rustix::process::{DumpableBehavior, set_dumpable_behavior};
use rustix::thread::{
    CapabilitySet, CapabilitySets, capabilities, clear_ambient_capability_set,
    remove_capability_from_bounding_set, set_capabilities, set_no_new_privs, set_thread_groups,
    set_thread_res_gid, set_thread_res_uid,
};

use super::Kept;

/// No program that is started gets more rights than this thread has.
pub(crate) fn never_more() {
    // Only a kernel before 3.5 refuses it.
    let _old_kernel: rustix::io::Result<()> = set_no_new_privs(true);
}

/// Becomes another user, with one group.
pub(crate) fn become_user(uid: u32, gid: u32) -> io::Result<()> {
    let (user, group) = (Uid::from_raw(uid), Gid::from_raw(gid));
    set_thread_groups(&[])?;
    set_thread_res_gid(group, group, group)?;
    // Who leaves user 0 loses all capabilities (capabilities(7)).
    Ok(set_thread_res_uid(user, user, user)?)
}

/// Giving up is never refused; a kernel that knows no capabilities has none to keep.
pub(crate) fn keep_capabilities(wanted: Kept) {
    empty_bounding_set();
    let _unknown: rustix::io::Result<()> = clear_ambient_capability_set();
    let had = capabilities(None).map_or(CapabilitySet::empty(), |had| had.permitted);
    let none = CapabilitySet::empty();
    let kept = match wanted {
        Kept::Nothing => none,
        Kept::AnyFile => CapabilitySet::DAC_OVERRIDE & had,
    };
    let sets = CapabilitySets { effective: kept, permitted: kept, inheritable: none };
    let _unknown: rustix::io::Result<()> = set_capabilities(None, sets);
}

/// So that no program that it could start gets one back. It takes `CAP_SETPCAP`.
pub(crate) fn empty_bounding_set() {
    for capability in CapabilitySet::all().iter() {
        let _not_permitted: rustix::io::Result<()> =
            remove_capability_from_bounding_set(capability);
    }
}

/// Leaves no core file, and lets nobody but root look at this process's memory.
pub(crate) fn hide_memory() {
    // Only a kernel before 2.3.20 refuses it.
    let _old_kernel: rustix::io::Result<()> = set_dumpable_behavior(DumpableBehavior::NotDumpable);
}
