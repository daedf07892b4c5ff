//! The guarded gate over HTTP/1, from outside, before Engines that answer or misbehave.

#![expect(clippy::unwrap_used, reason = "to a test a panic is an answer")]

mod common;
mod plain;
