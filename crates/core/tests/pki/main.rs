//! Certificates on disk: made, kept and revoked, before openssl, the docker CLI and hostile disks.

#![expect(clippy::unwrap_used, reason = "to a test a panic is an answer")]

mod clients;
mod common;
mod disk;
mod foreign;
mod openssl;
