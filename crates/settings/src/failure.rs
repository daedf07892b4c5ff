//! What ends the program early, in one line for people and a code for supervisors.

use std::fmt;
use std::io::{self, Write as _};
use std::process::ExitCode;

use docker_api_core::exit::Exit;
use docker_api_core::pki::PkiError;
use docker_api_core::run::RunError;
use docker_api_core::variables::VariableError;

/// An error with the exit code that it deserves.
#[derive(Debug)]
pub struct Failure {
    exit: Exit,
    message: String,
}

impl Failure {
    /// The command line or a variable is at fault: `where_` names it, `why` says what to write.
    pub fn setting(where_: &str, why: impl fmt::Display) -> Self {
        Self { exit: Exit::Usage, message: format!("bad setting: {where_}: {why}") }
    }

    /// A variable is at fault, which the error names itself.
    pub fn variable(error: &VariableError) -> Self {
        Self { exit: Exit::Usage, message: format!("bad setting: {error}") }
    }

    /// The command line can't be read.
    pub fn usage(message: impl Into<String>) -> Self {
        Self { exit: Exit::Usage, message: message.into() }
    }

    /// Something else.
    pub fn other(message: impl Into<String>) -> Self {
        Self { exit: Exit::Failure, message: message.into() }
    }

    /// Prints the one line and gives the code.
    pub fn report(self) -> ExitCode {
        let line = self.message.replace('\n', " ");
        // Standard error may be closed; the code still says it.
        let _closed: io::Result<()> = writeln!(io::stderr(), "error: {line}");
        self.exit.into()
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl From<RunError> for Failure {
    fn from(error: RunError) -> Self {
        let exit = match error {
            RunError::Bind(_) => Exit::CannotListen,
            RunError::Certificates(error) => return error.into(),
            RunError::Tls(_) => Exit::Usage,
            RunError::StaleSocket(_) => Exit::StaleSocket,
            _ => Exit::Failure,
        };
        Self { exit, message: error.to_string() }
    }
}

impl From<PkiError> for Failure {
    /// What a user has to put right is a setting; the rest is the machine's.
    fn from(error: PkiError) -> Self {
        let exit = match error {
            PkiError::Locked { .. }
            | PkiError::Make(..)
            | PkiError::NoRandomness
            | PkiError::Write(..) => Exit::Failure,
            _ => Exit::Usage,
        };
        Self { exit, message: error.to_string() }
    }
}
