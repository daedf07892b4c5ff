//! Certificates: whom to trust, and what to show.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use docker_api_core::pki::pem;
use docker_api_core::transport::tls::client::{self, Identity};
use rustls::{ClientConfig, RootCertStore};

/// Files for TLS.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Material {
    pub(crate) trust: Trust,
    /// A certificate and its key; `None`: nothing to show.
    pub(crate) identity: Option<(PathBuf, PathBuf)>,
}

/// Whose certificates are good.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Trust {
    /// Those of the authorities in a file.
    Authority(PathBuf),
    /// Everyone's.
    Anyone,
    /// Those of the authorities that the system trusts; a file named by `SSL_CERT_FILE` instead.
    System(Option<PathBuf>),
}

impl Material {
    /// Reads the files. An error names the one that is at fault.
    pub(crate) fn config(&self) -> Result<Arc<ClientConfig>, String> {
        let identity = self.identity()?;
        let made = match &self.trust {
            Trust::Anyone => client::dangerously_trusting_anyone(identity),
            Trust::Authority(file) => client::verifying(roots(file)?, identity),
            Trust::System(file) => client::verifying(system_roots(file.as_deref()), identity),
        };
        made.map_err(|error| match &self.identity {
            Some((certificate, key)) => format!(
                "{} and {}: {error}; do they belong together?",
                certificate.display(),
                key.display()
            ),
            None => error.to_string(),
        })
    }

    fn identity(&self) -> Result<Option<Identity>, String> {
        let Some((certificate, key)) = &self.identity else { return Ok(None) };
        let chain = pem::read_certificates(certificate).map_err(|error| error.to_string())?;
        let key = pem::read_key(key).map_err(|error| error.to_string())?;
        Ok(Some((chain, key)))
    }
}

fn roots(file: &Path) -> Result<RootCertStore, String> {
    let mut roots = RootCertStore::empty();
    for certificate in pem::read_certificates(file).map_err(|error| error.to_string())? {
        roots.add(certificate).map_err(|error| format!("{}: {error}", file.display()))?;
    }
    Ok(roots)
}

/// Empty where there are none, as in an image made from nothing: then nobody is trusted.
fn system_roots(file: Option<&Path>) -> RootCertStore {
    let mut roots = RootCertStore::empty();
    let files = match file {
        Some(file) => vec![file],
        None => SYSTEM.iter().map(Path::new).collect(),
    };
    if let Some(certificates) = files.into_iter().find_map(|file| pem::read_certificates(file).ok())
    {
        roots.add_parsable_certificates(certificates);
    }
    roots
}

/// Debian's and Alpine's, Fedora's, OpenSSL's own.
const SYSTEM: [&str; 3] =
    ["/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem"];
