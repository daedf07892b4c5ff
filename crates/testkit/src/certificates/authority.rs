//! Who signs certificates.

use std::fs;
use std::path::Path;

use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, IsCa, Issuer, KeyPair,
    KeyUsagePurpose,
};
use time::{Duration, OffsetDateTime};

use super::{Issued, Key, Leaf};

/// An authority, at the root or below another.
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    key: String,
    /// What clients trust.
    root: String,
    /// What leaves bring along: the certificates below the root, this one's first.
    chain: String,
}

impl Authority {
    /// One of a name, with a P-256 key, for ten years.
    pub fn new(name: &str) -> Self {
        Self::with_key(name, Key::P256)
    }

    /// The same with another kind of key.
    pub fn with_key(name: &str, key: Key) -> Self {
        let mut params = params(name);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        Self::self_signed(params, key)
    }

    /// One with RSA-4096 and no key usage, as docker:dind makes it. Takes seconds.
    pub fn like_dinds(name: &str) -> Self {
        Self::self_signed(params(name), Key::Rsa4096)
    }

    /// One that is kept in PEM files, such as that of a bridge: `ca/` in its cert dir.
    pub fn load(certificate: &Path, key: &Path) -> Self {
        let root = fs::read_to_string(certificate).expect("a certificate");
        let key = fs::read_to_string(key).expect("a key");
        let pair = KeyPair::from_pem(&key).expect("a key that rcgen reads");
        let issuer = Issuer::from_ca_cert_pem(&root, pair).expect("a certificate to sign with");
        Self { issuer, key, root, chain: String::new() }
    }

    /// One below this.
    pub fn intermediate(&self, name: &str) -> Self {
        let mut params = params(name);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let pair = Key::P256.generate();
        let certificate = params.signed_by(&pair, &self.issuer).expect("a certificate");
        Self {
            key: pair.serialize_pem(),
            issuer: Issuer::new(params, pair),
            root: self.root.clone(),
            chain: certificate.pem() + &self.chain,
        }
    }

    /// The root's certificate, as PEM.
    pub fn pem(&self) -> &str {
        &self.root
    }

    /// The key, as PEM.
    pub fn key_pem(&self) -> &str {
        &self.key
    }

    /// Signs a certificate, and puts it in a folder of its own.
    pub fn issue(&self, leaf: &Leaf) -> Issued {
        let pair = leaf.key.generate();
        let certificate = leaf.params().signed_by(&pair, &self.issuer).expect("a certificate");
        let chain = certificate.pem() + &self.chain;
        Issued::write(&self.root, &chain, &pair.serialize_pem())
    }

    fn self_signed(params: CertificateParams, key: Key) -> Self {
        let pair = key.generate();
        let root = params.self_signed(&pair).expect("a certificate").pem();
        Self {
            key: pair.serialize_pem(),
            issuer: Issuer::new(params, pair),
            root,
            chain: String::new(),
        }
    }
}

fn params(name: &str) -> CertificateParams {
    let now = OffsetDateTime::now_utc();
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    params.not_before = now - Duration::days(1);
    params.not_after = now + Duration::days(3650);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.use_authority_key_identifier_extension = true;
    params
}
