//! The commands: clients are added, listed and revoked, and the authority is shown. They work
//! beside a running server, and in a directory that has never been served.

use std::fmt;
use std::path::Path;

use rustls::pki_types::CertificateDer;
use serde::Serialize;
use sha2::{Digest as _, Sha256};
use time::OffsetDateTime;
use x509_parser::prelude::{FromDer as _, X509Certificate};

use super::cert_dir::{Kind, OWN_CLIENT, PATHS, read_record};
use super::files::{Files, Write};
use super::plan::{Moment, Plan};
use super::record::{Record, Serial, hex, is_word};
use super::store::{self, PATIENCE, Store, work_in, write_into};
use super::{AuthorityId, CertDir, Client, ClientName, PkiError, Random, pem};

/// A client certificate that was just made: three files that make a `DOCKER_CERT_PATH`.
#[derive(Clone)]
pub struct NewClient {
    /// The authority's certificate, in PEM.
    pub ca_pem: String,
    /// Its certificate, in PEM.
    pub cert_pem: String,
    /// Its key, in PEM.
    pub key_pem: String,
    /// The serial number of its certificate.
    pub serial: Serial,
    /// The last second of its certificate.
    pub not_after: OffsetDateTime,
}

/// What there is to know of an authority.
#[derive(Clone, Debug)]
pub struct AuthorityInfo {
    /// Its subject, such as `CN=docker-api authority 1f2e3d4c`.
    pub name: String,
    /// The SHA-256 of its certificate, as openssl writes it: `AA:BB:…`.
    pub fingerprint: String,
    /// Its life begins with this second.
    pub not_before: OffsetDateTime,
    /// Its life ends after this second.
    pub not_after: OffsetDateTime,
    /// Its certificate, in PEM.
    pub pem: String,
}

/// Makes a certificate for a client in `clients/NAME/`, and an authority if there is none. It lasts
/// `days`, or as long as the directory's clients do.
///
/// # Errors
/// When the name is taken, or the directory can't be read, written or sign.
pub fn add_client(
    dir: &CertDir,
    name: &ClientName,
    role: Option<&str>,
    days: Option<u32>,
    now: OffsetDateTime,
    random: &dyn Random,
) -> Result<NewClient, PkiError> {
    let name = name.as_str();
    if name.eq_ignore_ascii_case(OWN_CLIENT) {
        return Err(PkiError::ReservedName(name.into()));
    }
    if let Some(role) = role.filter(|role| role.len() > 59 || !is_word(role)) {
        return Err(PkiError::WrongRole(role.into()));
    }
    let moment = Moment { now, random };
    locked(dir, |store, files| {
        let mut plan = Plan::new(files);
        let authority = plan.authority(dir, moment)?;
        let mut record = read_record(&plan.files, Some(&authority))?;
        let is_alive = |client: &Client| client.revoked.is_none() && client.not_after >= now;
        let taken = record
            .of(&authority.id)
            .find(|client| is_alive(client) && client.name.eq_ignore_ascii_case(name));
        if let Some(taken) = taken {
            return Err(PkiError::NameTaken(taken.name.clone()));
        }
        let days = days.unwrap_or(dir.lives.client);
        let issued = authority.issue_client(name, role, days, now, random)?;
        record.add(issued.client(name, role, authority.id));
        plan.record(&authority, &record, now)?;
        let folder = format!("clients/{name}");
        plan.pair(&folder, &issued, 0o600);
        plan.copy_authority(&folder);
        store.write(&plan.writes)?;
        Ok(NewClient {
            ca_pem: text(&plan.files, "ca/cert.pem"),
            cert_pem: issued.certificate,
            key_pem: issued.key,
            serial: issued.serial,
            not_after: issued.not_after,
        })
    })
}

// No log must hold the key.
impl fmt::Debug for NewClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewClient").field("serial", &self.serial).finish_non_exhaustive()
    }
}

impl NewClient {
    /// Writes `{ca,cert,key}.pem` into a directory, which is made if there is none.
    ///
    /// # Errors
    /// When it can't be written.
    pub fn write_to(&self, directory: &Path) -> Result<(), PkiError> {
        let files = [
            Write::secret("key.pem", self.key_pem.as_str()),
            Write::public("cert.pem", self.cert_pem.as_str()),
            Write::public("ca.pem", self.ca_pem.as_str()),
        ];
        write_into(directory, &files)
    }
}

/// All clients of the directory's present authority, in the order in which they were made.
///
/// # Errors
/// When the directory can't be read.
pub fn list_clients(dir: &CertDir) -> Result<Vec<Client>, PkiError> {
    if !exists(dir)? {
        return Ok(Vec::new());
    }
    locked(dir, |_, files| {
        let record = read_record(&files, None)?;
        let present = authority_of(&files)?;
        Ok(present.map(|id| record.of(&id).cloned().collect()).unwrap_or_default())
    })
}

/// Whether `client/` is what its clients need, as soon as it is served: not among files that the
/// user manages, where nobody makes it. A directory that can't be read has none.
pub fn has_own_client(dir: &CertDir) -> bool {
    let has = |files: Files| match Kind::of(&files) {
        Kind::Ours => true,
        Kind::Users => ["client/cert.pem", "client/key.pem"].iter().all(|path| files.has(path)),
        Kind::Kubernetes | Kind::Kekru => false,
    };
    match exists(dir) {
        Ok(false) => true,
        Ok(true) => locked(dir, |_, files| Ok(has(files))).unwrap_or_default(),
        Err(_) => false,
    }
}

/// Clients as an array of `name`, `serial`, `role`, `not_before`, `not_after` and `revoked`.
///
/// # Errors
/// When a date can't be written, which is beyond the year 9999.
pub fn clients_to_json(clients: &[Client]) -> Result<String, serde_json::Error> {
    #[derive(Serialize)]
    struct Row<'a> {
        name: &'a str,
        serial: &'a Serial,
        role: Option<&'a str>,
        #[serde(with = "time::serde::rfc3339")]
        not_before: OffsetDateTime,
        #[serde(with = "time::serde::rfc3339")]
        not_after: OffsetDateTime,
        revoked: bool,
    }
    let rows = clients.iter().map(|client| Row {
        name: &client.name,
        serial: &client.serial,
        role: client.role.as_deref(),
        not_before: client.not_before,
        not_after: client.not_after,
        revoked: client.revoked.is_some(),
    });
    serde_json::to_string_pretty(&rows.collect::<Vec<_>>())
}

/// Revokes every certificate of a name, whatever its case, or the one of a serial number, and
/// gives them. Who is revoked already stays so.
///
/// # Errors
/// When there is none, or the directory can't be read or written.
pub fn revoke_client(
    dir: &CertDir,
    name_or_serial: &str,
    now: OffsetDateTime,
) -> Result<Vec<Client>, PkiError> {
    let unknown = || PkiError::UnknownClient(name_or_serial.into());
    if !exists(dir)? {
        return Err(unknown());
    }
    locked(dir, |store, files| {
        let mut record = read_record(&files, None)?;
        let id = authority_of(&files)?.ok_or_else(unknown)?;
        let revoked = revoke(&mut record, &id, name_or_serial, now);
        if revoked.is_empty() {
            return Err(unknown());
        }
        let mut plan = Plan::new(files);
        if Kind::of(&plan.files) == Kind::Ours {
            let authority = plan.authority_without_making(now)?;
            plan.record(&authority, &record, now)?;
        } else {
            plan.record_alone(&record)?;
        }
        store.write(&plan.writes)?;
        Ok(revoked)
    })
}

/// The directory's authority, which is made if there is none.
///
/// # Errors
/// When the directory can't be read or written.
pub fn authority(
    dir: &CertDir,
    now: OffsetDateTime,
    random: &dyn Random,
) -> Result<AuthorityInfo, PkiError> {
    locked(dir, |store, files| {
        let mut plan = Plan::new(files);
        if Kind::of(&plan.files) == Kind::Ours {
            plan.authority(dir, Moment { now, random })?;
            store.write(&plan.writes)?;
        }
        let [_, _, path] = Kind::of(&plan.files).served(&plan.files);
        let content = plan.files.get(path).ok_or_else(|| PkiError::Missing {
            path: plan.files.path(path),
            hint: "put the certificate of the authority that signs your clients there",
        })?;
        let first = pem::certificates(&plan.files.path(path), content)?.swap_remove(0);
        describe(&first, text(&plan.files, path))
            .ok_or_else(|| PkiError::Unusable(plan.files.path(path), "is not a certificate".into()))
    })
}

/// By name first: a name may look like a serial number.
fn revoke(record: &mut Record, id: &AuthorityId, text: &str, now: OffsetDateTime) -> Vec<Client> {
    let named = record.revoke(id, now, |client| client.name.eq_ignore_ascii_case(text));
    match text.parse::<Serial>() {
        Ok(serial) if named.is_empty() => record.revoke(id, now, |client| client.serial == serial),
        _ => named,
    }
}

fn locked<T: Send>(
    dir: &CertDir,
    work: impl FnOnce(&Store<'_>, Files) -> Result<T, PkiError> + Send,
) -> Result<T, PkiError> {
    let done = work_in(&dir.path, PATIENCE, |store| work(store, store.read(&PATHS)?))?;
    done.ok_or_else(|| store::locked(&dir.path))
}

/// Whether there is a directory: to look at one must not make it.
fn exists(dir: &CertDir) -> Result<bool, PkiError> {
    dir.path.try_exists().map_err(|error| PkiError::Read(dir.path.clone(), error))
}

fn authority_of(files: &Files) -> Result<Option<AuthorityId>, PkiError> {
    let [_, _, path] = Kind::of(files).served(files);
    let Some(content) = files.get(path) else { return Ok(None) };
    let certificates = pem::certificates(&files.path(path), content)?;
    Ok(certificates.first().and_then(AuthorityId::of))
}

fn describe(certificate: &CertificateDer<'_>, pem: String) -> Option<AuthorityInfo> {
    let (_, parsed) = X509Certificate::from_der(certificate).ok()?;
    let bytes = Sha256::digest(certificate);
    let pairs: Vec<String> = bytes.iter().map(|byte| hex(&[*byte]).to_uppercase()).collect();
    Some(AuthorityInfo {
        name: parsed.subject().to_string(),
        fingerprint: pairs.join(":"),
        not_before: parsed.validity().not_before.to_datetime(),
        not_after: parsed.validity().not_after.to_datetime(),
        pem,
    })
}

fn text(files: &Files, path: &str) -> String {
    String::from_utf8_lossy(files.get(path).unwrap_or_default()).into_owned()
}
