//! A directory of certificates in docker:dind's layout: whose it is, and what is served from it.

use std::path::{Path, PathBuf};

use time::OffsetDateTime;

use super::authority::Authority;
use super::files::Files;
use super::record::Record;
use super::{Material, PkiError, crl, pem};

/// A directory of certificates, and how those are that are made in it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct CertDir {
    /// Where it is; it is made if there is none.
    pub path: PathBuf,
    /// How long what is made lasts.
    pub lives: Lives,
    /// The mode of `client/key.pem`.
    pub client_key_mode: u32,
}

/// How many days certificates last, at least one. None outlives its authority.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Lives {
    /// Of a server.
    pub server: u32,
    /// Of a client.
    pub client: u32,
    /// Of an authority.
    pub authority: u32,
}

impl Default for Lives {
    fn default() -> Self {
        Self { server: 90, client: 365, authority: 3650 }
    }
}

impl CertDir {
    /// A directory with the usual lives and modes.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into(), lives: Lives::default(), client_key_mode: 0o600 }
    }
}

/// All that is read.
pub(super) const PATHS: [&str; 16] = [
    "ca/cert.pem",
    "ca/key.pem",
    "ca/clients.json",
    "ca/crl.pem",
    "server/ca.pem",
    "server/cert.pem",
    "server/key.pem",
    "client/ca.pem",
    "client/cert.pem",
    "client/key.pem",
    KUBERNETES[0],
    KUBERNETES[1],
    KUBERNETES[2],
    KEKRU[0],
    KEKRU[1],
    KEKRU[2],
];

/// A server's certificate, its key and the authority of its clients, in a Kubernetes secret.
const KUBERNETES: [&str; 3] = ["tls.crt", "tls.key", "ca.crt"];

/// The same in the volume of `kekru/docker-remote-api-tls`.
const KEKRU: [&str; 3] = ["server-cert.pem", "server-key.pem", "ca-cert.pem"];

/// Files of a directory that are never ours, whoever has put them there.
pub(crate) fn users_files(directory: &Path) -> impl Iterator<Item = PathBuf> {
    let names = [KUBERNETES, KEKRU].into_iter().flatten();
    names.map(|name| directory.join(name)).filter(|path| path.exists())
}

/// The name of the certificate in `client/`.
pub(super) const OWN_CLIENT: &str = "client";

/// Whose a directory is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Kind {
    /// Its authority signs: what is missing is made, what ends is renewed.
    Ours,
    /// The user's, in the layout of docker:dind.
    Users,
    /// The user's, by the names of a Kubernetes secret.
    Kubernetes,
    /// The user's, by the names of `kekru/docker-remote-api-tls`.
    Kekru,
}

impl Kind {
    pub(super) fn of(files: &Files) -> Self {
        let key = files.get("ca/key.pem");
        let is_served = ["ca/cert.pem", "server/cert.pem", "server/key.pem"];
        let has = |[certificate, key, _]: [&str; 3]| files.has(certificate) || files.has(key);
        if has(KUBERNETES) {
            Self::Kubernetes
        } else if has(KEKRU) {
            Self::Kekru
        } else if key.is_some_and(|key| !pem::is_encrypted(key)) {
            Self::Ours
        } else if key.is_some() || is_served.iter().any(|path| files.has(path)) {
            Self::Users
        } else {
            Self::Ours
        }
    }

    /// The paths of the server's certificate, its key, and the authority of its clients.
    pub(super) fn served(self, files: &Files) -> [&'static str; 3] {
        match self {
            Self::Kubernetes => KUBERNETES,
            Self::Kekru => KEKRU,
            Self::Users if !files.has("ca/cert.pem") => {
                ["server/cert.pem", "server/key.pem", "server/ca.pem"]
            }
            Self::Ours | Self::Users => ["server/cert.pem", "server/key.pem", "ca/cert.pem"],
        }
    }
}

/// What is served from a directory.
pub(super) fn load(
    files: &Files,
    dir: &CertDir,
    now: OffsetDateTime,
) -> Result<Material, PkiError> {
    let kind = Kind::of(files);
    let paths = kind.served(files);
    let hints = [
        "put the server's certificate there",
        "put the key of the server's certificate there",
        "put the certificate of the authority that signs your clients there",
    ];
    let whole = paths.map(|path| files.path(path));
    let file = |at: usize| -> Result<(&Path, &[u8]), PkiError> {
        let missing = || PkiError::Missing { path: whole[at].clone(), hint: hints[at] };
        Ok((whole[at].as_path(), files.get(paths[at]).ok_or_else(missing)?))
    };
    let mut material = Material::read(file(0)?, file(1)?, file(2)?)?;
    material.record = read_record(files, None)?;
    // An authority whose key was put away after it had signed clients is still the directory's.
    let has_signed = material.record.of(&material.authority).next().is_some();
    material.own_authority = kind == Kind::Ours || has_signed;
    if kind != Kind::Ours {
        material.warnings.push(format!(
            "the certificates in {} are served as they are and not renewed: {}",
            dir.path.display(),
            if matches!(kind, Kind::Kubernetes | Kind::Kekru) {
                format!("{} and {} are yours", paths[0], paths[1])
            } else if files.has("ca/key.pem") {
                "the key of their authority, ca/key.pem, is encrypted".into()
            } else {
                "the key of their authority, ca/key.pem, isn't there".into()
            }
        ));
    }
    material.renewed = kind == Kind::Ours;
    material.warn_of_dates(now);
    Ok(material)
}

/// The record of the directory. Given the authority, a record that was lost is found out by the
/// list that was made from it.
pub(super) fn read_record(
    files: &Files,
    authority: Option<&Authority>,
) -> Result<Record, PkiError> {
    let path = files.path("ca/clients.json");
    if let Some(content) = files.get("ca/clients.json") {
        return Record::parse(&path, content);
    }
    let empty = Record::default();
    let (Some(authority), Some(list)) = (authority, files.get("ca/crl.pem")) else {
        return Ok(empty);
    };
    if crl::is_current(list, &authority.certificate, &authority.id, &empty) {
        return Ok(empty);
    }
    let why = "it is missing, and ca/crl.pem says that clients are revoked or is broken itself";
    Err(PkiError::DamagedRecord(path, why.into()))
}
