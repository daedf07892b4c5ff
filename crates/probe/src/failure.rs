//! What ends the program early, in one line for people and a code for scripts.

use std::fmt;
use std::io::{self, Write as _};
use std::process::ExitCode;

use docker_api_core::exit::Exit;
use docker_api_core::variables::VariableError;

/// An error with the exit code that it deserves.
#[derive(Debug)]
pub(crate) struct Failure {
    exit: Exit,
    message: String,
}

impl Failure {
    /// A setting is at fault: `where_` names its flag, variable or file, `why` says what to write.
    pub(crate) fn setting(where_: impl fmt::Display, why: impl fmt::Display) -> Self {
        Self { exit: Exit::Usage, message: format!("bad setting: {where_}: {why}") }
    }

    /// A variable is at fault, which the error names itself.
    pub(crate) fn variable(error: &VariableError) -> Self {
        Self { exit: Exit::Usage, message: format!("bad setting: {error}") }
    }

    /// The command line can't be read.
    pub(crate) fn command_line(why: impl fmt::Display) -> Self {
        Self { exit: Exit::Usage, message: format!("bad command line: {why}") }
    }

    /// Something else.
    pub(crate) fn other(message: impl Into<String>) -> Self {
        Self { exit: Exit::Failure, message: message.into() }
    }

    /// Prints the one line and gives the code: 3, UNKNOWN, for Nagios, which reads standard output.
    pub(crate) fn report(self, to_nagios: bool) -> ExitCode {
        let line = self.message.replace('\n', " ");
        // Standard error may be closed; the code still says it.
        let _closed: io::Result<()> = writeln!(io::stderr(), "error: {line}");
        if !to_nagios {
            return self.exit.into();
        }
        let line = line.replace('|', "_");
        let _closed: io::Result<()> = writeln!(io::stdout(), "DOCKER UNKNOWN - {line}");
        ExitCode::from(3)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}
