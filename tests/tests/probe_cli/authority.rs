//! An authority and what it makes, all by openssl.

use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;
use testkit::Program;

/// An authority in a folder of its own.
pub(crate) struct Authority {
    folder: TempDir,
    certificate: PathBuf,
}

/// A certificate and its key.
pub(crate) struct Pair {
    pub(crate) certificate: PathBuf,
    pub(crate) key: PathBuf,
}

impl Authority {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("ca.cnf"), SETTINGS).unwrap();
        fs::write(folder.path().join("index.txt"), "").unwrap();
        fs::write(folder.path().join("serial"), "01\n").unwrap();
        let certificate = folder.path().join("ca.pem");
        let this = Self { folder, certificate };
        let own = ["-days", "100", "-subj", "/CN=authority", "-out", "ca.pem"];
        this.openssl(&[&["req", "-x509"][..], &NEW_KEY, &["-keyout", "ca-key.pem"], &own].concat());
        this
    }

    pub(crate) fn certificate(&self) -> &Path {
        &self.certificate
    }

    /// For 127.0.0.1 and localhost, for ten days.
    pub(crate) fn server(&self) -> Pair {
        self.issue("server", SERVER, &["-days", "10"])
    }

    pub(crate) fn server_elsewhere(&self) -> Pair {
        self.issue("elsewhere", "subjectAltName=DNS:elsewhere.example", &["-days", "10"])
    }

    pub(crate) fn client(&self, name: &str) -> Pair {
        self.issue(name, CLIENT, &["-days", "10"])
    }

    pub(crate) fn expired_server(&self) -> Pair {
        self.issue("old-server", SERVER, &PAST)
    }

    pub(crate) fn expired_client(&self) -> Pair {
        self.issue("old-client", CLIENT, &PAST)
    }

    pub(crate) fn future_server(&self) -> Pair {
        self.issue("future-server", SERVER, &FUTURE)
    }

    /// Revokes, and writes the list.
    pub(crate) fn revoke(&self, pair: &Pair) {
        let certificate = pair.certificate.to_str().unwrap();
        self.openssl(&["ca", "-config", "ca.cnf", "-revoke", certificate]);
    }

    /// The list of what is revoked so far.
    pub(crate) fn revocation_list(&self) -> PathBuf {
        self.openssl(&["ca", "-config", "ca.cnf", "-gencrl", "-out", "crl.pem"]);
        self.folder.path().join("crl.pem")
    }

    fn issue(&self, name: &str, extension: &str, dates: &[&str]) -> Pair {
        let [key, request, certificate] =
            ["key.pem", "csr", "pem"].map(|end| format!("{name}.{end}"));
        let subject = format!("/CN={name}");
        let made = ["-keyout", &key, "-out", &request, "-subj", &subject, "-addext", extension];
        self.openssl(&[&["req"][..], &NEW_KEY, &made].concat());
        let files = ["-in", &request, "-out", &certificate];
        let sign = ["ca", "-batch", "-notext", "-config", "ca.cnf"];
        self.openssl(&[&sign[..], &files, dates].concat());
        let path = |file: &str| self.folder.path().join(file);
        Pair { certificate: path(&certificate), key: path(&key) }
    }

    fn openssl(&self, arguments: &[&str]) {
        let mut command = Program::new("openssl").args(arguments).command();
        command.current_dir(self.folder.path());
        let output = testkit::process::finish(command, testkit::DEADLINE);
        assert!(output.status.success(), "{arguments:?}: {output:?}");
    }
}

const NEW_KEY: [&str; 5] = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];
const SERVER: &str = "subjectAltName=IP:127.0.0.1,DNS:localhost";
const CLIENT: &str = "extendedKeyUsage=clientAuth";
const PAST: [&str; 4] = ["-startdate", "20200101000000Z", "-enddate", "20210101000000Z"];
const FUTURE: [&str; 4] = ["-startdate", "21000101000000Z", "-enddate", "21010101000000Z"];
const SETTINGS: &str = "[ca]\n\
    default_ca=authority\n\
    [authority]\n\
    database=index.txt\n\
    serial=serial\n\
    new_certs_dir=.\n\
    certificate=ca.pem\n\
    private_key=ca-key.pem\n\
    default_md=sha256\n\
    default_crl_days=30\n\
    policy=any\n\
    copy_extensions=copy\n\
    unique_subject=no\n\
    [any]\n\
    commonName=supplied\n";
