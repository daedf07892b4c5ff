//! Decides what may pass, and drives the rest of a connection's road.

mod open;

pub(crate) use open::end;
pub use open::{Open, Served};
