//! What runs again, over TLS and guarded: the tests that say what a faithful bridge must get right.

use std::process::Command;

/// One more run of tests that were written for `bridge` with open access.
pub(crate) struct Again {
    /// What the tests are told by variables.
    pub(crate) variables: &'static [(&'static str, &'static str)],
    /// Files in `tests/tests`.
    files: &'static [&'static [&'static str]],
    /// Parts of the names of tests in those files that are about something else.
    left_out: &'static [&'static str],
}

/// The runs, in order.
pub(crate) const RUNS: [Again; 3] = [
    Again {
        variables: &[("TESTKIT_TRANSPORT", "tls1.3")],
        files: &[RAW, CLIENTS],
        left_out: WITHOUT_TLS,
    },
    Again { variables: &[("TESTKIT_TRANSPORT", "tls1.2")], files: &[RAW], left_out: WITHOUT_TLS },
    Again {
        variables: &[("TESTKIT_ACCESS", "guarded")],
        files: &[RAW, CLIENTS],
        left_out: UNGUARDED,
    },
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

/// What has no TLS.
const WITHOUT_TLS: &[&str] = &["unix_listener", "socat_loses", "over_tcp_the_detach_keys"];

/// What is otherwise where requests are judged: bytes behind the head of an attach wait for the
/// Engine's answer; a preface of HTTP/2 is never passed on unread; paths that could be read in two ways
/// are refused, and clean ones named without asking the Engine. socat knows no access.
const UNGUARDED: &[&str] = &[
    "socat_loses",
    "bytes_right_behind_the_head",
    "what_the_engine_does_with_early_bytes",
    "the_preface_and_all_behind_it",
    "the_engine_sends_clients_to_the_clean_path",
    "a_path_that_is_no_text",
];

impl Again {
    /// Adds to a `cargo test` or `cargo nextest run` which files it is to run.
    pub(crate) fn choose(&self, command: &mut Command) {
        command.envs(self.variables.iter().copied());
        command.args(self.files.concat().iter().flat_map(|file| ["--test", file]));
    }

    /// What the tests themselves, or nextest in their place, must be told, behind `--`.
    pub(crate) fn leave_out(&self) -> impl Iterator<Item = &'static str> {
        self.left_out.iter().flat_map(|name| ["--skip", name])
    }
}

/// All that [`Again`] may tell tests.
pub(crate) const VARIABLES: [&str; 2] = ["TESTKIT_ACCESS", "TESTKIT_TRANSPORT"];

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
        for name in RUNS.iter().flat_map(|run| run.left_out) {
            let is_test = |line: &str| line.starts_with("fn ") && line.contains(name);
            assert!(texts.iter().any(|text| text.lines().any(is_test)), "{name}");
        }
    }

    #[test]
    fn every_variable_is_one_that_other_runs_are_without() {
        for (name, _) in RUNS.iter().flat_map(|run| run.variables) {
            assert!(VARIABLES.contains(name), "{name}");
        }
    }
}
