//! What runs again over TLS: the tests that say what a faithful bridge must get right.

use std::process::Command;

/// One more run of tests that were written for `bridge`.
pub(crate) struct Again {
    /// What `TESTKIT_TRANSPORT` is.
    pub(crate) transport: &'static str,
    /// Files in `tests/tests`.
    files: &'static [&'static [&'static str]],
}

/// The runs, in order.
pub(crate) const RUNS: [Again; 2] = [
    Again { transport: "tls1.3", files: &[RAW, CLIENTS] },
    Again { transport: "tls1.2", files: &[RAW] },
];

/// Those where the test itself speaks, and so chooses the version of TLS.
const RAW: &[&str] = &[
    "back_pressure",
    "dead_clients",
    "dialling",
    "drain",
    "early_answers",
    "half_close",
    "hijack",
    "http2",
    "http_bodies",
    "http_heads",
];

/// Those where docker or an SDK speaks, or where the version of TLS makes no difference.
const CLIENTS: &[&str] = &[
    "docker_attach",
    "docker_bulk",
    "docker_run_exec",
    "docker_streams",
    "docker_terminal",
    "engine_restart",
    "idle_connections",
    "sdk_clients",
];

/// Parts of the names of tests in those files that are about what has no TLS.
const PLAIN: &[&str] = &["unix_listener", "socat_loses", "over_tcp_the_detach_keys"];

impl Again {
    /// Adds to a `cargo test` or `cargo nextest run` which files it is to run.
    pub(crate) fn choose(&self, command: &mut Command) {
        command.env("TESTKIT_TRANSPORT", self.transport);
        command.args(self.files.concat().iter().flat_map(|file| ["--test", file]));
    }

    /// What the tests themselves, or nextest in their place, must be told, behind `--`.
    pub(crate) fn leave_out() -> impl Iterator<Item = &'static str> {
        PLAIN.iter().flat_map(|name| ["--skip", name])
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::workspace;

    #[test]
    fn every_file_is_there() {
        for file in RUNS.iter().flat_map(|run| run.files.concat()) {
            let path = workspace::root().join(format!("tests/tests/{file}.rs"));
            assert!(path.is_file(), "{}", path.display());
        }
    }

    #[test]
    fn every_name_that_is_left_out_is_that_of_a_test() {
        let texts: Vec<String> = [RAW, CLIENTS]
            .concat()
            .iter()
            .map(|file| {
                fs::read_to_string(workspace::root().join(format!("tests/tests/{file}.rs")))
                    .unwrap()
            })
            .collect();
        for name in PLAIN {
            let is_test = |line: &str| line.starts_with("fn ") && line.contains(name);
            assert!(texts.iter().any(|text| text.lines().any(is_test)), "{name}");
        }
    }
}
