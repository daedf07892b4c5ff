//! An authority, a server's and a client's certificate, for one run.

use std::fs;
use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context as _;
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, PKCS_RSA_SHA256, RsaKeySize, SanType,
};
use rustls::client::Resumption;
use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, RootCertStore};
use time::{Duration, OffsetDateTime};

/// The kind of every key of a run.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) enum Key {
    /// What bridge-tls makes.
    P256,
    /// What Docker's own guide makes.
    Rsa4096,
}

/// A folder of PEM files, and a client that uses them.
#[derive(Clone, Debug)]
pub(crate) struct Certificates {
    folder: PathBuf,
    /// TLS 1.3 with AES-128-GCM, what Go's clients offer first; no resumption, since ours has none.
    pub(crate) client: Arc<ClientConfig>,
}

impl Certificates {
    /// Makes them in a new folder.
    pub(crate) fn create(folder: PathBuf, kind: Key, now: OffsetDateTime) -> anyhow::Result<Self> {
        fs::create_dir(&folder)
            .with_context(|| format!("cannot create folder `{}`", folder.display()))?;
        let mut params = params("bench authority", now);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let key = kind.generate()?;
        let authority = params.self_signed(&key).context("cannot sign the authority")?.pem();
        let issuer = Issuer::new(params, key);
        let (server, server_key) =
            leaf("server", ExtendedKeyUsagePurpose::ServerAuth, kind, &issuer, now)?;
        let (client, client_key) =
            leaf("client", ExtendedKeyUsagePurpose::ClientAuth, kind, &issuer, now)?;

        // haproxy wants the last.
        let both = format!("{server}{server_key}");
        let files = [("ca.pem", &authority), ("cert.pem", &server), ("key.pem", &server_key)];
        for (name, pem) in files.into_iter().chain([("both.pem", &both)]) {
            let path = folder.join(name);
            fs::write(&path, pem).with_context(|| format!("cannot write `{}`", path.display()))?;
        }
        let client = config(&authority, &client, &client_key).context("cannot make a client")?;
        Ok(Self { folder, client: Arc::new(client) })
    }

    /// The authority's certificate.
    pub(crate) fn authority(&self) -> PathBuf {
        self.folder.join("ca.pem")
    }

    /// The server's certificate.
    pub(crate) fn certificate(&self) -> PathBuf {
        self.folder.join("cert.pem")
    }

    /// The server's key.
    pub(crate) fn key(&self) -> PathBuf {
        self.folder.join("key.pem")
    }

    /// The server's certificate and key in one file.
    pub(crate) fn both(&self) -> PathBuf {
        self.folder.join("both.pem")
    }
}

impl Key {
    fn generate(self) -> anyhow::Result<KeyPair> {
        match self {
            Self::P256 => KeyPair::generate(),
            Self::Rsa4096 => KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_4096),
        }
        .context("cannot make a key")
    }
}

fn params(name: &str, now: OffsetDateTime) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    params.not_before = now - Duration::days(1);
    params.not_after = now + Duration::days(30);
    params
}

/// A certificate and its key, as PEM.
fn leaf(
    name: &str,
    usage: ExtendedKeyUsagePurpose,
    kind: Key,
    issuer: &Issuer<'_, KeyPair>,
    now: OffsetDateTime,
) -> anyhow::Result<(String, String)> {
    let mut params = params(name, now);
    params.subject_alt_names = vec![SanType::IpAddress(IpAddr::V4(Ipv4Addr::LOCALHOST))];
    params.extended_key_usages = vec![usage];
    params.use_authority_key_identifier_extension = true;
    let key = kind.generate()?;
    let certificate = params.signed_by(&key, issuer).context("cannot sign a certificate")?;
    Ok((certificate.pem(), key.serialize_pem()))
}

fn config(authority: &str, certificate: &str, key: &str) -> anyhow::Result<ClientConfig> {
    let mut provider = aws_lc_rs::default_provider();
    provider.cipher_suites = vec![aws_lc_rs::cipher_suite::TLS13_AES_128_GCM_SHA256];
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(authority.as_bytes())?)?;
    let provider: Arc<CryptoProvider> = Arc::new(provider);
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13])?
        .with_root_certificates(roots)
        .with_client_auth_cert(
            vec![CertificateDer::from_pem_slice(certificate.as_bytes())?],
            PrivateKeyDer::from_pem_slice(key.as_bytes())?,
        )?;
    config.resumption = Resumption::disabled();
    Ok(config)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_has_all_that_a_server_with_client_certificates_needs() {
        let folder = tempfile::tempdir().unwrap();
        let made =
            Certificates::create(folder.path().join("p256"), Key::P256, OffsetDateTime::now_utc())
                .unwrap();
        let both = fs::read_to_string(made.both()).unwrap();
        assert!(both.contains("BEGIN CERTIFICATE") && both.contains("PRIVATE KEY"));
        for path in [made.authority(), made.certificate(), made.key()] {
            assert!(path.is_file(), "{}", path.display());
        }
    }
}
