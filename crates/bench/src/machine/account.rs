//! Processor time of a program and all that it starts.

use std::time::Duration;

use super::group::Group;
use super::tree;

/// Where a program's processor time is read.
#[derive(Debug)]
pub(crate) enum Account {
    /// From a control group: exact, and whoever ended is in it.
    Group(Group),
    /// From the processes below this one: whoever ended is in it if its parent waited for it, and
    /// in ticks of the kernel (10 ms).
    Tree(u32),
}

impl Account {
    /// What was used so far.
    pub(crate) fn cpu(&self) -> anyhow::Result<Duration> {
        match self {
            Self::Group(group) => group.cpu(),
            Self::Tree(root) => Ok(tree::below(*root)?.iter().map(tree::Process::cpu).sum()),
        }
    }
}
