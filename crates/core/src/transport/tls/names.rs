//! The names that clients ask for, and whether the certificate has them.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use rustls::crypto::CryptoProvider;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ParsedCertificate, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls::{Error, pki_types};
use tracing::warn;

/// Names asked for that a certificate lacked: each is logged once.
#[derive(Debug, Default)]
pub(super) struct Asked(Mutex<HashSet<String>>);

/// The one certificate, whatever name is asked for.
#[derive(Debug)]
struct Resolver {
    certified: Arc<CertifiedKey>,
    asked: Arc<Asked>,
}

impl Asked {
    /// # Errors
    /// When the key can't be used or doesn't belong to the certificate.
    pub(super) fn resolver(
        asked: &Arc<Self>,
        chain: Vec<CertificateDer<'static>>,
        key: PrivateKeyDer<'static>,
        provider: &CryptoProvider,
    ) -> Result<Arc<dyn ResolvesServerCert>, Error> {
        let certified = Arc::new(CertifiedKey::from_der(chain, key, provider)?);
        Ok(Arc::new(Resolver { certified, asked: Arc::clone(asked) }))
    }

    fn is_new(&self, name: &str) -> bool {
        let mut names = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        names.len() < MOST && names.insert(name.to_owned())
    }
}

impl Resolver {
    fn has(&self, name: &str) -> bool {
        let leaf = self.certified.end_entity_cert().and_then(ParsedCertificate::try_from);
        let name = pki_types::ServerName::try_from(name);
        match (leaf, name) {
            (Ok(leaf), Ok(name)) => rustls::client::verify_server_name(&leaf, &name).is_ok(),
            _ => false,
        }
    }
}

impl ResolvesServerCert for Resolver {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        if let Some(name) = hello.server_name()
            && !self.has(name)
            && self.asked.is_new(name)
        {
            warn!(
                "a client asks for the name {name}, which the certificate lacks: it will refuse \
                 this server; --san {name} adds it"
            );
        }
        Some(Arc::clone(&self.certified))
    }
}

/// Strangers can ask for any name, before they show a certificate.
const MOST: usize = 100;
