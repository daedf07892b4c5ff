//! `bridge-tls client`: certificates for clients.

mod add;
mod list;
mod revoke;

use docker_api_core::exit::Exit;
use docker_api_settings::Failure;

use crate::args::Client;

/// Adds, lists or revokes.
///
/// # Errors
/// When the command line is at fault, or the directory of certificates.
pub(crate) fn run(command: &Client) -> Result<Exit, Failure> {
    match command {
        Client::Add(add) => add::run(add),
        Client::List(list) => list::run(list),
        Client::Revoke(revoke) => revoke::run(revoke),
    }
}
