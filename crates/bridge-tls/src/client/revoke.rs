//! `bridge-tls client revoke`.

use docker_api_core::exit::Exit;
use docker_api_core::pki::clients::revoke_client;
use docker_api_settings::{Failure, check};
use time::OffsetDateTime;

use crate::args::Revoke;
use crate::command::prepare;

/// Revokes every certificate of a name, or the one of a serial number.
///
/// # Errors
/// When there is none, or the directory can't be written.
pub(super) fn run(revoke: &Revoke) -> Result<Exit, Failure> {
    let (_, ours) = prepare(&revoke.directory)?;
    let revoked = revoke_client(&ours.dir, &revoke.client, OffsetDateTime::now_utc())?;
    let lines =
        revoked.iter().map(|client| format!("revoked {}, serial {}", client.name, client.serial));
    check::print(&lines.collect::<Vec<_>>().join("\n"))
}
