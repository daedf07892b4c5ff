//! The guarded gate over HTTP/1, from outside, before Engines that answer or misbehave.

#![expect(clippy::unwrap_used, reason = "to a test a panic is an answer")]

mod answers;
mod browser;
mod common;
mod docker;
mod framing;
mod life;
mod plain;
mod streams;
