//! A directory of certificates in docker:dind's layout: whose it is, what it wants written, and
//! what can be served from it.

use std::path::{Path, PathBuf};

use rcgen::KeyPair;
use rustls::pki_types::CertificateDer;
use time::{Duration, OffsetDateTime};

use super::authority::{Authority, Issued, SKEW, load_key};
use super::files::{Files, Write};
use super::leaf::Leaf;
use super::material::check_pair;
use super::record::Record;
use super::signature::signed_certificate;
use super::{AuthorityId, Material, Names, PkiError, Random, crl, pem};

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

/// How many days certificates last. None outlives its authority.
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
pub(super) const PATHS: [&str; 13] = [
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
    "tls.crt",
    "tls.key",
    "ca.crt",
];

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
}

impl Kind {
    pub(super) fn of(files: &Files) -> Self {
        let key = files.get("ca/key.pem");
        if files.has("tls.crt") || files.has("tls.key") {
            Self::Kubernetes
        } else if key.is_some_and(|key| !pem::is_encrypted(key)) {
            Self::Ours
        } else if key.is_some()
            || ["ca/cert.pem", "server/cert.pem", "server/key.pem"]
                .map(|p| files.has(p))
                .contains(&true)
        {
            Self::Users
        } else {
            Self::Ours
        }
    }
}

/// What is to be written, in this order: whatever is done of it leaves a directory with which a
/// next start can go on.
#[derive(Debug)]
pub(super) struct Plan {
    /// The content of the directory once all is written.
    pub(super) files: Files,
    pub(super) writes: Vec<Write>,
    /// What is made and why, for the log.
    pub(super) made: Vec<String>,
}

/// When a plan is made, and with whose randomness.
#[derive(Clone, Copy)]
pub(super) struct Moment<'a> {
    pub(super) now: OffsetDateTime,
    pub(super) random: &'a dyn Random,
}

impl Plan {
    pub(super) fn new(files: Files) -> Self {
        Self { files, writes: Vec::new(), made: Vec::new() }
    }

    /// What a server wants written: all that is missing or due. At `start`, names that came don't
    /// wait.
    pub(super) fn for_server(
        files: Files,
        dir: &CertDir,
        names: &Names,
        start: bool,
        moment: Moment<'_>,
    ) -> Result<Self, PkiError> {
        let mut plan = Self::new(files);
        let authority = plan.authority(dir, moment)?;
        let mut record = read_record(&plan.files, Some(&authority))?;
        let client = plan.client(&authority, dir, &mut record, moment)?;
        // The record comes first: what isn't in it can't be revoked.
        plan.record(&authority, &record, moment.now)?;
        if let Some(issued) = client {
            plan.pair("client", &issued, dir.client_key_mode);
        }
        plan.copy_authority("client");
        plan.server(&authority, dir, names, start, moment)?;
        plan.copy_authority("server");
        Ok(plan)
    }

    /// The authority that signs here, which is made if there is none.
    pub(super) fn authority(
        &mut self,
        dir: &CertDir,
        moment: Moment<'_>,
    ) -> Result<Authority, PkiError> {
        if Kind::of(&self.files) != Kind::Ours {
            return Err(PkiError::CannotSign(self.files.path("ca/key.pem")));
        }
        let key_path = self.files.path("ca/key.pem");
        if !self.files.has("ca/key.pem") {
            let key = KeyPair::generate()
                .map_err(|error| PkiError::Make("an authority", error.to_string()))?;
            self.write(Write::secret("ca/key.pem", key.serialize_pem()));
        }
        if !self.files.has("ca/cert.pem") {
            let key = self.files.get("ca/key.pem").unwrap_or_default();
            let pair = load_key(&key_path, key)?;
            let certificate = if let Some(copy) = self.copy_of_authority(&pair) {
                copy
            } else {
                self.made.push("an authority: there was none".into());
                Authority::make(&pair, dir.lives.authority, moment.now, moment.random)?.into()
            };
            self.write(Write::public("ca/cert.pem", certificate));
        }
        self.authority_without_making(moment.now)
    }

    /// The authority that is there.
    pub(super) fn authority_without_making(
        &self,
        now: OffsetDateTime,
    ) -> Result<Authority, PkiError> {
        let [certificate, key] = ["ca/cert.pem", "ca/key.pem"].map(|path| self.files.path(path));
        let content = |path| self.files.get(path).unwrap_or_default();
        Authority::load((&certificate, content("ca/cert.pem")), (&key, content("ca/key.pem")), now)
    }

    /// Writes the record and the revocation list made from it, if they don't say so already.
    pub(super) fn record(
        &mut self,
        authority: &Authority,
        record: &Record,
        now: OffsetDateTime,
    ) -> Result<(), PkiError> {
        self.record_alone(record)?;
        let listed = self.files.get("ca/crl.pem");
        if listed.is_some_and(|list| {
            crl::is_current(list, &authority.certificate, &authority.id, record)
        }) {
            return Ok(());
        }
        if let Some(list) = authority.crl(record, now)? {
            self.write(Write::public("ca/crl.pem", list));
        }
        Ok(())
    }

    /// Writes the record, where no revocation list can be signed.
    pub(super) fn record_alone(&mut self, record: &Record) -> Result<(), PkiError> {
        let json = record.to_json()?;
        if self.files.get("ca/clients.json") != Some(&json) {
            self.write(Write::secret("ca/clients.json", json));
        }
        Ok(())
    }

    /// Writes a certificate and its key, the key first, and its authority.
    pub(super) fn pair(&mut self, folder: &str, issued: &Issued, key_mode: u32) {
        let key = Write::secret(format!("{folder}/key.pem"), issued.key.as_str());
        self.write(Write { mode: key_mode, ..key });
        self.write(Write::public(format!("{folder}/cert.pem"), issued.certificate.as_str()));
    }

    pub(super) fn copy_authority(&mut self, folder: &str) {
        let path = format!("{folder}/ca.pem");
        let authority = self.files.get("ca/cert.pem").unwrap_or_default();
        if self.files.get(&path) != Some(authority) {
            self.write(Write::public(path, authority));
        }
    }

    fn write(&mut self, write: Write) {
        self.files.apply(&write);
        self.writes.push(write);
    }

    /// A certificate that was lost, and that others still have: what it signed stays good.
    fn copy_of_authority(&self, key: &KeyPair) -> Option<Vec<u8>> {
        let id = {
            use rcgen::PublicKeyData as _;
            AuthorityId::of_key(&key.subject_public_key_info())
        };
        ["server/ca.pem", "client/ca.pem"].iter().find_map(|path| {
            let copy = self.files.get(path)?;
            let first = pem::certificates(Path::new(path), copy).ok()?.swap_remove(0);
            (AuthorityId::of(&first) == Some(id)).then(|| copy.to_vec())
        })
    }

    /// The certificate of `client/`, if it must be made; one that is there is in the record.
    fn client(
        &mut self,
        authority: &Authority,
        dir: &CertDir,
        record: &mut Record,
        Moment { now, random }: Moment<'_>,
    ) -> Result<Option<Issued>, PkiError> {
        let days = dir.lives.client;
        let current = self.current("client", authority, days, now).and_then(|leaf| {
            let revoked = record.is_revoked(&authority.id, leaf.serial.as_bytes());
            if revoked { Err("it was revoked") } else { Ok(leaf) }
        });
        let why = match current {
            Ok(leaf) => {
                if !record.of(&authority.id).any(|client| client.serial == leaf.serial) {
                    record.add(leaf.into_client(OWN_CLIENT, authority.id));
                }
                return Ok(None);
            }
            Err(why) => why,
        };
        let issued = authority.issue_client(OWN_CLIENT, None, days, now, random)?;
        record.add(issued.client(OWN_CLIENT, None, authority.id));
        self.made.push(format!("the certificate in client/: {why}"));
        Ok(Some(issued))
    }

    fn server(
        &mut self,
        authority: &Authority,
        dir: &CertDir,
        names: &Names,
        start: bool,
        Moment { now, random }: Moment<'_>,
    ) -> Result<(), PkiError> {
        let days = dir.lives.server;
        let why = match self.current("server", authority, days, now) {
            Ok(leaf) if !names.came(&leaf.names) => return Ok(()),
            Ok(leaf) if !start && now - (leaf.not_before + SKEW) < BETWEEN_NAMES => return Ok(()),
            Ok(_) => "there are new names",
            Err(why) => why,
        };
        let issued = authority.issue_server(names.as_slice(), days, now, random)?;
        self.made.push(format!("the server's certificate: {why}"));
        self.pair("server", &issued, 0o600);
        Ok(())
    }

    /// The certificate of a folder, or why it must be made anew.
    fn current(
        &self,
        folder: &str,
        authority: &Authority,
        days: u32,
        now: OffsetDateTime,
    ) -> Result<Leaf, &'static str> {
        let (certificate, key) = (format!("{folder}/cert.pem"), format!("{folder}/key.pem"));
        let content = self.files.get(&certificate).ok_or("there was none")?;
        let chain = pem::certificates(Path::new(&certificate), content).map_err(|_| BROKEN)?;
        let content = self.files.get(&key).ok_or("its key is missing")?;
        let key = pem::key(Path::new(&key), content).map_err(|_| "its key is broken")?;
        check_pair(Path::new(""), &chain, Path::new(""), &key)
            .map_err(|_| "its key belongs to another certificate")?;
        let first: &CertificateDer<'_> = chain.first().ok_or(BROKEN)?;
        let leaf = Leaf::parse(first).ok_or(BROKEN)?;
        if !signed_certificate(&authority.certificate, first) {
            return Err("another authority signed it");
        }
        // Near the authority's end, another would last no longer.
        if leaf.is_due(now) && authority.end(now, days) > leaf.not_after {
            return Err("a third of its life is left, or less");
        }
        if now < leaf.not_before {
            return Err("it isn't valid yet");
        }
        Ok(leaf)
    }
}

/// What is served from a directory.
pub(super) fn load(
    files: &Files,
    dir: &CertDir,
    now: OffsetDateTime,
) -> Result<Material, PkiError> {
    let kind = Kind::of(files);
    let paths = match kind {
        Kind::Kubernetes => ["tls.crt", "tls.key", "ca.crt"],
        Kind::Users if !files.has("ca/cert.pem") => {
            ["server/cert.pem", "server/key.pem", "server/ca.pem"]
        }
        Kind::Ours | Kind::Users => ["server/cert.pem", "server/key.pem", "ca/cert.pem"],
    };
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
            if kind == Kind::Kubernetes {
                "tls.crt and tls.key are yours"
            } else if files.has("ca/key.pem") {
                "the key of their authority, ca/key.pem, is encrypted"
            } else {
                "the key of their authority, ca/key.pem, isn't there"
            }
        ));
    }
    material.warn_of_ends(now, kind == Kind::Ours);
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

/// A Docker host makes and drops interfaces with every container.
const BETWEEN_NAMES: Duration = Duration::minutes(1);

const BROKEN: &str = "it is broken";
