//! What bridges tell people and monitors about themselves.
//!
//! [`health`] is what `--health` asks, [`words`] what old health checks type; [`run`] serves a bridge with all of it beside.

pub mod health;
pub mod words;

use docker_api_core::run::{Prepared, RunError};
use tracing::warn;

/// Serves a bridge that can be asked for its health.
///
/// # Errors
/// As [`Prepared::run`].
pub fn run(prepared: Prepared) -> Result<(), RunError> {
    // Before the runtime, so that whoever sees the bridge serve finds it.
    let server = health::Server::bind(prepared.upstream(), prepared.listeners());
    prepared.run(async move {
        let served = match server {
            Ok(server) => server.run().await,
            Err(error) => Err(error),
        };
        if let Err(error) = served {
            warn!("--health will not find this bridge: its private socket: {error}");
        }
    })
}
