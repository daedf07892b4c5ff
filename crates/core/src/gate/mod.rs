//! Decides what may pass, and drives the rest of a connection's road.

mod open;

pub use open::{Open, Served};
