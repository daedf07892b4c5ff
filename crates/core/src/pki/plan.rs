//! What a directory wants written: an authority, certificates that are missing or due, the record.

use std::path::Path;

use rcgen::{KeyPair, PublicKeyData as _};
use rustls::pki_types::CertificateDer;
use time::{Duration, OffsetDateTime};

use super::authority::{Authority, Issued, SKEW, load_key};
use super::cert_dir::{Kind, OWN_CLIENT, read_record};
use super::files::{Files, Write};
use super::leaf::Leaf;
use super::material::check_pair;
use super::record::Record;
use super::signature::signed_certificate;
use super::{AuthorityId, CertDir, Names, PkiError, Random, crl, pem};

/// What is to be written, in this order: whatever is done of it leaves a directory with which a
/// next start can go on.
#[derive(Debug)]
pub(super) struct Plan {
    /// The content of the directory once all is written.
    pub(super) files: Files,
    pub(super) writes: Vec<Write>,
    /// What is made and why, for the log.
    pub(super) made: Vec<String>,
    /// Whether names came and wait for the server's certificate to be a minute old.
    pub(super) names_wait: bool,
}

/// When a plan is made, and with whose randomness.
#[derive(Clone, Copy)]
pub(super) struct Moment<'a> {
    pub(super) now: OffsetDateTime,
    pub(super) random: &'a dyn Random,
}

impl Plan {
    pub(super) fn new(files: Files) -> Self {
        Self { files, writes: Vec::new(), made: Vec::new(), names_wait: false }
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
        let is_current =
            |list| crl::is_current(list, &authority.certificate, &authority.id, record);
        if listed.is_some_and(is_current) {
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

    /// Writes a certificate and its key, the key first.
    pub(super) fn pair(&mut self, folder: &str, issued: &Issued, key_mode: u32) {
        let key = Write::secret(format!("{folder}/key.pem"), issued.key.as_str());
        self.write(Write { mode: key_mode, ..key });
        self.write(Write::public(format!("{folder}/cert.pem"), issued.certificate.as_str()));
    }

    /// Writes the authority's certificate beside one that it signed.
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
        let id = AuthorityId::of_key(&key.subject_public_key_info());
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
        let current = self.current("client", authority, now).and_then(|leaf| {
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
        let why = match self.current("server", authority, now) {
            Ok(leaf) if !names.came(&leaf.names) => return Ok(()),
            Ok(leaf) if !start && now - (leaf.not_before + SKEW) < BETWEEN_NAMES => {
                self.names_wait = true;
                return Ok(());
            }
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
        if now < leaf.not_before {
            return Err("it isn't valid yet");
        }
        // Near the authority's end, another would last no longer.
        if leaf.is_due(now) && leaf.not_after < authority.not_after {
            return Err("a third of its life is left, or less");
        }
        Ok(leaf)
    }
}

/// A Docker host makes and drops interfaces with every container.
const BETWEEN_NAMES: Duration = Duration::minutes(1);

const BROKEN: &str = "it is broken";
