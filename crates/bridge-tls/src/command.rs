//! What every command about clients and the authority does first.

use docker_api_core::variables::Variables;
use docker_api_settings::Failure;

use crate::args::Directory;
use crate::program::PROGRAM;
use crate::settings::Ours;
use crate::tell;

/// The environment, and what it and the command line say of certificates that we make. Warnings
/// about variables go to standard error.
///
/// # Errors
/// When a setting can't be what it says, or the server's certificates are the user's.
pub(crate) fn prepare(directory: &Directory) -> Result<(Variables, Ours), Failure> {
    let variables = PROGRAM.variables()?;
    for warning in PROGRAM.review(&variables)? {
        tell::warn(warning);
    }
    let is_root = rustix::process::geteuid().is_root();
    let ours = Ours::of_command(directory, &variables, is_root)?;
    Ok((variables, ours))
}
