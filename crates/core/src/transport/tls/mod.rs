//! TLS: the only place that names a provider of cryptography.

pub mod client;

use std::sync::Arc;

use rustls::crypto::{CryptoProvider, aws_lc_rs};

/// The provider of every configuration of ours, X25519MLKEM768 first among its key exchanges.
///
/// No global default is installed: a dependency that brings in a second provider can't then
/// change which one serves.
pub fn provider() -> Arc<CryptoProvider> {
    Arc::new(aws_lc_rs::default_provider())
}
