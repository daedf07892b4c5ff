//! Where serial numbers come from.

use rustls::crypto::SecureRandom;

use super::PkiError;
use crate::transport::tls::provider;

/// A source of random bytes.
pub trait Random: Sync {
    /// Fills `bytes`.
    ///
    /// # Errors
    /// When there is no randomness to be had.
    fn fill(&self, bytes: &mut [u8]) -> Result<(), PkiError>;
}

/// The random generator of the TLS provider.
#[derive(Debug)]
pub struct SystemRandom(&'static dyn SecureRandom);

impl Default for SystemRandom {
    fn default() -> Self {
        Self(provider().secure_random)
    }
}

impl Random for SystemRandom {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), PkiError> {
        self.0.fill(bytes).map_err(|_| PkiError::NoRandomness)
    }
}
