//! Who a thread is and what it may do. Linux keeps both by thread, and lets root give them up.

#[cfg(not(target_os = "linux"))]
mod elsewhere;
#[cfg(target_os = "linux")]
mod linux;

#[cfg(not(target_os = "linux"))]
pub(crate) use self::elsewhere::{
    become_user, empty_bounding_set, hide_memory, keep_capabilities, never_more,
};
#[cfg(target_os = "linux")]
pub(crate) use self::linux::{
    become_user, empty_bounding_set, hide_memory, keep_capabilities, never_more,
};

/// Which of root's capabilities are kept.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Kept {
    /// None.
    Nothing,
    /// To open any file (`CAP_DAC_OVERRIDE`).
    AnyFile,
}
