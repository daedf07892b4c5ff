//! Every kind of trouble, before every kind of bridge: nothing that could survive is lost, and what is
//! left behind is nothing.
//!
//! Those that older tests hold are in their files; `docs/reliability.md` lists all of them.

#![expect(clippy::unwrap_used, reason = "to a test a panic is an answer")]

mod clients;
mod crowd;
mod engine;
mod garbage;
mod limits;
mod signals;

use std::time::Duration;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use testkit::skip;

/// True if this process may have so many descriptors; otherwise the test is skipped.
fn raise_descriptors(wanted: u64) -> bool {
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit { current: limit.maximum, maximum: limit.maximum };
    let enough = limit.maximum.is_none_or(|most| most >= wanted)
        && setrlimit(Resource::Nofile, raised).is_ok();
    if !enough {
        skip::skip(&format!("fewer than {wanted} descriptors"));
    }
    enough
}

/// For what takes milliseconds, on a machine that does much else.
const SOON: Duration = Duration::from_secs(3);
const MIB: u64 = 1024 * 1024;
const PING: &str = "GET /_ping HTTP/1.1\r\nHost: docker\r\n\r\n";
const LAST_PING: &str = "GET /_ping HTTP/1.1\r\nHost: docker\r\nConnection: close\r\n\r\n";
