//! Tests that need what the machine lacks.
//!
//! Such a test prints `SKIPPED TEST: WHY`, adds the line to the file that `TESTKIT_SKIPPED` names,
//! and returns. `cargo xtask test` counts those lines. With `REQUIRE_DOCKER=1` it fails instead.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::PathBuf;
use std::{env, thread};

use crate::{Access, Transport, binary};

/// Gives up the running test: the caller returns next. Panics with `REQUIRE_DOCKER=1`.
pub fn skip(why: &str) {
    let required = env::var_os("REQUIRE_DOCKER").is_some_and(|value| value == "1");
    assert!(!required, "REQUIRE_DOCKER=1, and this is missing: {why}");
    let over = match (Transport::from_environment(), Access::from_environment()) {
        (Transport::Tcp, Access::Open) => String::new(),
        (tls, Access::Open) => format!(" ({tls})"),
        (transport, guarded) => format!(" ({transport}, {guarded})"),
    };
    let line = format!("SKIPPED {}{over}: {}\n", test_name(), why.replace('\n', " "));
    eprint!("{line}");
    if let Some(path) = env::var_os("TESTKIT_SKIPPED") {
        // One write, so that tests side by side don't tear each other's lines.
        let file = File::options().create(true).append(true).open(path);
        file.and_then(|mut file| file.write_all(line.as_bytes()))
            .expect("the list of skipped tests");
    }
}

/// The path of a tool in `PATH`, such as `socat`; without it the test is skipped.
///
/// ```no_run
/// let Some(chromium) = testkit::skip::require_tool("chromium") else { return };
/// ```
#[must_use = "without the tool the test must return"]
pub fn require_tool(name: &str) -> Option<PathBuf> {
    let path = binary::in_path(name);
    if path.is_none() {
        skip(&format!("no {name} in PATH"));
    }
    path
}

/// True for root; otherwise the test is skipped.
#[must_use = "without root the test must return"]
pub fn require_root() -> bool {
    let root = rustix::process::geteuid().is_root();
    if !root {
        skip("not root");
    }
    root
}

/// True if the kernel shows this test a process's descriptors and memory; otherwise the test is
/// skipped. `bridge-tls`, which holds keys, shows them to root alone.
#[must_use = "without seeing it the test must return"]
pub fn require_sight(pid: u32) -> bool {
    let seen = fs::read_dir(format!("/proc/{pid}/fd")).is_ok();
    if !seen {
        skip("not root, to whom alone bridge-tls shows its descriptors and memory");
    }
    seen
}

/// True if there is IPv6; otherwise the test is skipped.
#[must_use = "without IPv6 the test must return"]
pub fn require_ipv6() -> bool {
    let has = crate::net::has_ipv6();
    if !has {
        skip("no IPv6");
    }
    has
}

/// A [`Lease`](crate::dockerd::Lease) of the shared dockerd; without one the test returns, skipped.
#[macro_export]
macro_rules! requires_docker {
    () => {
        match $crate::Dockerd::lease_or_skip() {
            ::std::option::Option::Some(lease) => lease,
            ::std::option::Option::None => return,
        }
    };
}

/// A [`Lease`](crate::dockerd::Lease) of the shared newer dockerd; without one the test returns,
/// skipped.
#[macro_export]
macro_rules! requires_newer_docker {
    () => {
        match $crate::Dockerd::newer_or_skip() {
            ::std::option::Option::Some(lease) => lease,
            ::std::option::Option::None => return,
        }
    };
}

/// The path of a tool; without it the test returns, skipped.
#[macro_export]
macro_rules! requires_tool {
    ($name:expr) => {
        match $crate::skip::require_tool($name) {
            ::std::option::Option::Some(path) => path,
            ::std::option::Option::None => return,
        }
    };
}

/// Without sight of a process's descriptors and memory the test returns, skipped.
#[macro_export]
macro_rules! requires_sight {
    ($process:expr) => {
        if !$crate::skip::require_sight($process.pid()) {
            return;
        }
    };
}

/// Without root the test returns, skipped.
#[macro_export]
macro_rules! requires_root {
    () => {
        if !$crate::skip::require_root() {
            return;
        }
    };
}

/// `binary::module::test`, as far as it can be known.
fn test_name() -> String {
    let thread = thread::current().name().filter(|&name| name != "main").map(str::to_owned);
    let test = thread
        .or_else(|| env::var("NEXTEST_TEST_NAME").ok())
        .or_else(|| env::args().skip(1).find(|argument| !argument.starts_with('-')))
        .unwrap_or_else(|| "a test".to_owned());
    let program = env::current_exe().expect("the path of the test");
    let stem = program.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let crate_name = stem.rsplit_once('-').map_or(stem.as_str(), |(name, _hash)| name);
    format!("{crate_name}::{test}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_test_knows_its_name() {
        assert_eq!(test_name(), "testkit::skip::tests::a_test_knows_its_name");
    }

    #[test]
    fn a_tool_that_is_there_is_found() {
        assert!(require_tool("sh").is_some());
    }
}
