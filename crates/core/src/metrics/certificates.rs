//! The certificates that a server shows and trusts.

use std::sync::{Arc, Mutex, PoisonError};

use time::OffsetDateTime;

use crate::pki::Serial;

/// The certificates in force.
#[derive(Debug, Default)]
pub struct Certificates(Mutex<Arc<[Certificate]>>);

/// A certificate that somebody should care for.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Certificate {
    /// Whose it is.
    pub owner: Owner,
    /// Its last second.
    pub not_after: OffsetDateTime,
}

/// Whose a certificate is.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Owner {
    /// The authority that clients are signed by.
    Authority,
    /// A client, by the directory's record.
    Client {
        /// Its common name.
        name: String,
        /// Its serial number.
        serial: Serial,
        /// The role that it names.
        role: Option<String>,
        /// By `client revoke`.
        revoked: bool,
    },
    /// The server.
    Server,
}

impl Certificates {
    /// Those that are in force now.
    pub fn read(&self) -> Arc<[Certificate]> {
        Arc::clone(&self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub(crate) fn replace(&self, certificates: Vec<Certificate>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = certificates.into();
    }
}
