//! What a program under test may know of the test's environment.

use std::env;
use std::process::Command;

/// Takes all variables from a command but the few that programs need to run at all.
///
/// So nothing of the machine (`DOCKER_HOST`, `BRIDGE_…`, `LOG_LEVEL`, `TZ`) changes a result.
pub fn clean_environment(command: &mut Command) -> &mut Command {
    command
        .env_clear()
        .envs(env::vars_os().filter(|(name, _)| KEPT.iter().any(|&kept| name == kept)))
}

const KEPT: [&str; 10] = [
    "ASAN_OPTIONS",
    "HOME",
    "LANG",
    "LD_LIBRARY_PATH",
    "LLVM_PROFILE_FILE",
    "LOGNAME",
    "PATH",
    "RUST_BACKTRACE",
    "TMPDIR",
    "USER",
];
