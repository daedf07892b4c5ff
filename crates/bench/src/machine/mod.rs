//! The machine: processor time, memory, and who else is at work on it.

pub(crate) mod account;
pub(crate) mod conntrack;
pub(crate) mod describe;
pub(crate) mod group;
pub(crate) mod memory;
pub(crate) mod noise;
pub(crate) mod tree;
