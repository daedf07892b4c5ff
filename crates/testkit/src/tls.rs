//! Who speaks TLS to a bridge: whom it trusts, what it shows, what it offers.

use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore, SupportedProtocolVersion};

use crate::{DEADLINE, Endpoint};

/// Which alert a server sent (RFC 8446 section 6).
pub use rustls::AlertDescription as Alert;

/// A version of TLS.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Version {
    /// RFC 5246.
    V1_2,
    /// RFC 8446.
    V1_3,
}

/// A client of TLS, which offers 1.2 and 1.3, no ALPN, and no session of before.
///
/// Files are read at each connection, so that one that was made anew counts from the next on.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Client {
    authority: PathBuf,
    identity: Option<(PathBuf, PathBuf)>,
    server_name: Option<String>,
    version: Option<Version>,
    alpn: Vec<Vec<u8>>,
}

impl Client {
    /// Shows `cert.pem` of a folder and trusts its `ca.pem`, as `DOCKER_CERT_PATH` does.
    pub fn from_folder(folder: impl AsRef<Path>) -> Self {
        let folder = folder.as_ref();
        Self::trusting(folder.join("ca.pem"))
            .showing(folder.join("cert.pem"), folder.join("key.pem"))
    }

    /// Trusts the authorities of a file, and has no certificate.
    pub fn trusting(authority: impl AsRef<Path>) -> Self {
        Self {
            authority: authority.as_ref().to_owned(),
            identity: None,
            server_name: None,
            version: None,
            alpn: Vec::new(),
        }
    }

    /// The same with this certificate, or chain, and key.
    pub fn showing(mut self, certificate: impl AsRef<Path>, key: impl AsRef<Path>) -> Self {
        self.identity = Some((certificate.as_ref().to_owned(), key.as_ref().to_owned()));
        self
    }

    /// The same without a certificate.
    pub fn anonymous(mut self) -> Self {
        self.identity = None;
        self
    }

    /// The same that asks for this name, by SNI if it is one. Default: the address dialled.
    pub fn server_name(mut self, name: &str) -> Self {
        self.server_name = Some(name.to_owned());
        self
    }

    /// The same that speaks one version only.
    pub fn version(mut self, version: Version) -> Self {
        self.version = Some(version);
        self
    }

    /// The same that offers these protocols, such as `h2` and `http/1.1`.
    pub fn alpn(mut self, protocols: &[&str]) -> Self {
        self.alpn = protocols.iter().map(|protocol| protocol.as_bytes().to_vec()).collect();
        self
    }

    /// This client and where it connects.
    pub fn at(self, address: SocketAddr) -> Endpoint {
        Endpoint::Tls(address, self)
    }

    /// What `DOCKER_CERT_PATH` must be for docker to be this client: the folder of
    /// [`Client::from_folder`].
    pub(crate) fn folder(&self) -> &Path {
        self.authority.parent().expect("a file is in a folder")
    }

    pub(crate) fn server_name_at(&self, address: SocketAddr) -> ServerName<'static> {
        match &self.server_name {
            Some(name) => ServerName::try_from(name.clone()).expect("a name of a server"),
            None => ServerName::from(address.ip()),
        }
    }

    pub(crate) fn config(&self) -> Arc<ClientConfig> {
        let mut roots = RootCertStore::empty();
        for certificate in certificates(&self.authority) {
            roots.add(certificate).expect("a certificate of an authority");
        }
        let builder = ClientConfig::builder_with_provider(provider())
            .with_protocol_versions(self.versions())
            .expect("versions that the provider has")
            .with_root_certificates(roots);
        let mut config = match &self.identity {
            None => builder.with_no_client_auth(),
            Some((chain, key)) => {
                let shown = key.display();
                let key = PrivateKeyDer::from_pem_file(key)
                    .unwrap_or_else(|error| panic!("{shown}: {error}"));
                builder
                    .with_client_auth_cert(certificates(chain), key)
                    .unwrap_or_else(|error| panic!("{shown}: {error}"))
            }
        };
        config.alpn_protocols.clone_from(&self.alpn);
        Arc::new(config)
    }

    fn versions(&self) -> &'static [&'static SupportedProtocolVersion] {
        match self.version {
            None => rustls::ALL_VERSIONS,
            Some(Version::V1_2) => V1_2,
            Some(Version::V1_3) => V1_3,
        }
    }
}

/// The alert that an error of a connection stands for, if the server sent one.
pub fn alert(error: &io::Error) -> Option<Alert> {
    match error.get_ref()?.downcast_ref()? {
        rustls::Error::AlertReceived(alert) => Some(*alert),
        _ => None,
    }
}

/// The alert by which a server refuses a client: in the handshake, or with TLS 1.3, where a
/// client is done before the server has seen its certificate, on the first read.
///
/// Panics if it is let in, or if it is refused without one.
pub fn refusal(endpoint: &Endpoint) -> Alert {
    match endpoint.try_connect() {
        Ok(mut stream) => stream.expect_alert(DEADLINE),
        Err(error) => alert(&error).unwrap_or_else(|| panic!("no alert, but: {error}")),
    }
}

fn certificates(path: &Path) -> Vec<CertificateDer<'static>> {
    let read = CertificateDer::pem_file_iter(path).and_then(Iterator::collect);
    read.unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Named here as well as in the bridge: tests are a peer, and bring their own.
fn provider() -> Arc<CryptoProvider> {
    Arc::new(aws_lc_rs::default_provider())
}

const V1_2: &[&SupportedProtocolVersion] = &[&rustls::version::TLS12];
const V1_3: &[&SupportedProtocolVersion] = &[&rustls::version::TLS13];
