//! Exit codes: part of the interface, after `sysexits.h`.

use std::process::ExitCode;

/// How a program of ours ends.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Exit {
    /// 0: stopped as asked.
    Ok,
    /// 1: a question (`--health`) is answered with no.
    No,
    /// 64 (`EX_USAGE`): the command line, a variable or a file of settings is at fault, so a
    /// supervisor need not try again.
    Usage,
    /// 69 (`EX_UNAVAILABLE`): an address can't be listened on.
    CannotListen,
    /// 70 (`EX_SOFTWARE`): anything else.
    Failure,
    /// 75 (`EX_TEMPFAIL`): the upstream socket is stale, and a restart would mount the new one.
    StaleSocket,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Ok => 0,
            Exit::No => 1,
            Exit::Usage => 64,
            Exit::CannotListen => 69,
            Exit::Failure => 70,
            Exit::StaleSocket => 75,
        })
    }
}
