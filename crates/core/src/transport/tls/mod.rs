//! TLS: the only place that names a provider of cryptography.

pub mod client;
mod identity;
mod names;
mod refusal;
mod server;
mod stream;
mod turns;
mod verify;

use std::sync::Arc;

use rustls::crypto::{CryptoProvider, aws_lc_rs};

pub use identity::{Identity, Lapse};
pub use refusal::Refusal;
pub use server::{HANDSHAKE_DEADLINE, Tls, TlsError};
pub use stream::TlsStream;

/// The provider of every configuration of ours, X25519MLKEM768 first among its key exchanges.
///
/// No global default is installed: a dependency that brings in a second provider can't then
/// change which one serves.
pub fn provider() -> Arc<CryptoProvider> {
    Arc::new(aws_lc_rs::default_provider())
}

/// Draws a random number and throws it away: the first one takes some 20 ms, which then is no
/// client's to wait for.
pub fn warm_up() {
    let mut random = [0; 32];
    // Whoever needs randomness later gets the error.
    let _later: Result<(), _> = provider().secure_random.fill(&mut random);
}

#[cfg(test)]
mod tests;
