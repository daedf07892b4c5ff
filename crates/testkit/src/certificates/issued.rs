//! A certificate in a folder of its own.

use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::peers::openssl;
use crate::tls;

/// A folder with `ca.pem`, `cert.pem` and `key.pem`, as `DOCKER_CERT_PATH` names one. It goes when
/// it is dropped.
#[derive(Debug)]
pub struct Issued {
    folder: TempDir,
}

/// How a private key can be written, beside PKCS#8.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum KeyForm {
    /// PKCS#1 for RSA, SEC1 for ECDSA.
    Traditional,
    /// SEC1 behind `EC PARAMETERS`, as `openssl ecparam -genkey` writes it.
    WithParameters,
    /// PKCS#8, encrypted.
    Encrypted,
    /// The traditional form, encrypted by its header (RFC 1421).
    TraditionalEncrypted,
}

impl Issued {
    pub(super) fn write(authority: &str, chain: &str, key: &str) -> Self {
        let issued = Self { folder: tempfile::tempdir().expect("a folder for a certificate") };
        for (path, pem) in
            [(issued.ca(), authority), (issued.certificate(), chain), (issued.key(), key)]
        {
            fs::write(path, pem).expect("a file for PEM");
        }
        issued
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// The authority that its holder trusts.
    pub fn ca(&self) -> PathBuf {
        self.path().join("ca.pem")
    }

    /// The certificate, and those between it and the root.
    pub fn certificate(&self) -> PathBuf {
        self.path().join("cert.pem")
    }

    /// The private key: PKCS#8 unless [`Issued::key_as`] says otherwise.
    pub fn key(&self) -> PathBuf {
        self.path().join("key.pem")
    }

    /// The same without its certificate and key: a client that has none to show.
    pub fn anonymous(self) -> Self {
        for path in [self.certificate(), self.key()] {
            fs::remove_file(path).expect("a file that was there");
        }
        self
    }

    /// The same whose holder trusts another authority than the one that signed it, so that a server
    /// can refuse it before it refuses the server.
    pub fn trusting(self, authority: &Path) -> Self {
        fs::copy(authority, self.ca()).expect("the certificate of an authority");
        self
    }

    /// The same with its key written otherwise. Ask
    /// [`require_tool`](crate::skip::require_tool) for `openssl` before.
    pub fn key_as(self, form: KeyForm) -> Self {
        let words: &[&str] = match form {
            KeyForm::Traditional | KeyForm::WithParameters => &["-traditional"],
            KeyForm::Encrypted => &["-aes128", "-passout", "pass:secret"],
            KeyForm::TraditionalEncrypted => {
                &["-traditional", "-aes128", "-passout", "pass:secret"]
            }
        };
        let key = self.key();
        let mut pem = openssl(&[&["pkey", "-in", &key.to_string_lossy()], words].concat());
        if form == KeyForm::WithParameters {
            pem.insert_str(0, &openssl(&["ecparam", "-name", "prime256v1"]));
        }
        fs::write(self.key(), pem).expect("a file for a key");
        self
    }

    /// The client that shows it, or nothing if it is [`anonymous`](Self::anonymous).
    pub fn client(&self) -> tls::Client {
        let client = tls::Client::from_folder(self.path());
        if self.certificate().exists() { client } else { client.anonymous() }
    }
}
