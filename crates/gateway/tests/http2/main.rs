//! Guarded access over HTTP/2, through the gate itself.

#![expect(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "to a test, a panic in a helper is an answer"
)]

mod engines;
mod hostile;
mod streams;
mod support;
mod verdicts;
