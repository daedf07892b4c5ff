//! Certificates and private keys as PEM files hold them (RFC 7468).

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

/// Why a file doesn't give what it should. Each error names the file.
#[derive(Debug, thiserror::Error)]
pub enum PemError {
    /// It can't be read.
    #[error("{path}: {why}", path = .0.display(), why = .1)]
    Read(PathBuf, #[source] io::Error),
    /// It holds no certificate.
    #[error("{}: holds no certificate (a PEM file has -----BEGIN CERTIFICATE-----)", .0.display())]
    NoCertificate(PathBuf),
    /// It holds no private key.
    #[error("{}: holds no private key (write PKCS#8, PKCS#1 or SEC1 as PEM)", .0.display())]
    NoKey(PathBuf),
    /// Its key is encrypted, and nobody is there to type a password.
    #[error(
        "{}: the private key is encrypted; write it without a password: \
         openssl pkey -in KEY -out NEW_KEY", .0.display()
    )]
    EncryptedKey(PathBuf),
    /// It isn't PEM.
    #[error("{path}: is not PEM: {why}", path = .0.display(), why = .1)]
    Malformed(PathBuf, String),
}

/// All certificates of a file, in its order: a chain begins with its leaf.
///
/// # Errors
/// When the file can't be read, isn't PEM or holds no certificate.
pub fn read_certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, PemError> {
    certificates(path, &read(path)?)
}

/// The first private key of a file: PKCS#8, PKCS#1 or SEC1, `EC PARAMETERS` in front or not.
///
/// # Errors
/// When the file can't be read, isn't PEM, holds no key or an encrypted one.
pub fn read_key(path: &Path) -> Result<PrivateKeyDer<'static>, PemError> {
    key(path, &read(path)?)
}

/// What [`read_certificates`] makes of the content of `path`.
///
/// # Errors
/// When it isn't PEM or holds no certificate.
pub fn certificates(path: &Path, bytes: &[u8]) -> Result<Vec<CertificateDer<'static>>, PemError> {
    let certificates = CertificateDer::pem_slice_iter(bytes)
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| PemError::Malformed(path.into(), error.to_string()))?;
    if certificates.is_empty() {
        return Err(PemError::NoCertificate(path.into()));
    }
    Ok(certificates)
}

/// What [`read_key`] makes of the content of `path`.
///
/// # Errors
/// When it isn't PEM, holds no key or an encrypted one.
pub fn key(path: &Path, bytes: &[u8]) -> Result<PrivateKeyDer<'static>, PemError> {
    if is_encrypted(bytes) {
        return Err(PemError::EncryptedKey(path.into()));
    }
    match PrivateKeyDer::from_pem_slice(bytes) {
        Ok(key) => Ok(key),
        Err(rustls::pki_types::pem::Error::NoItemsFound) => Err(PemError::NoKey(path.into())),
        Err(error) => Err(PemError::Malformed(path.into(), error.to_string())),
    }
}

/// PKCS#8 says it in its label (RFC 7468 section 11), the older forms in a header (RFC 1421).
pub(super) fn is_encrypted(bytes: &[u8]) -> bool {
    let has = |text: &[u8]| bytes.windows(text.len()).any(|window| window == text);
    has(b"-----BEGIN ENCRYPTED PRIVATE KEY-----") || has(b"Proc-Type: 4,ENCRYPTED")
}

fn read(path: &Path) -> Result<Vec<u8>, PemError> {
    fs::read(path).map_err(|error| PemError::Read(path.into(), error))
}
