//! Keeps what a server serves with good: made, renewed, and read again when files change.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::time::Duration as Patience;

use time::{Duration, OffsetDateTime};
use tracing::info;

use super::cert_dir::{self, Kind, Moment, PATHS, Plan};
use super::files::Files;
use super::store::{PATIENCE, Store, as_owner, read_file};
use super::{CertDir, Material, Names, PkiError, Random, crl};

/// Where a server's certificates are.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Source {
    /// In a directory, in which what is missing is made.
    CertDir {
        /// The directory.
        dir: CertDir,
        /// A revocation list to honour too (`--tlscrl`).
        crl: Option<PathBuf>,
    },
    /// In files that the user manages.
    Files(UserFiles),
}

/// Certificates that the user manages: `--tlscert`, `--tlskey`, `--tlscacert`, `--tlscrl`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct UserFiles {
    /// The server's certificate, and those between it and its authority.
    pub certificate: PathBuf,
    /// Its key.
    pub key: PathBuf,
    /// The authorities that sign clients.
    pub authority: PathBuf,
    /// A revocation list to honour.
    pub crl: Option<PathBuf>,
}

/// Keeps a server's material good. Made at start, asked now and then, and on SIGHUP.
#[derive(Debug)]
pub struct Keeper {
    source: Source,
    /// What was in force when last looked at.
    seen: Seen,
    /// The warnings that were given.
    warned: HashSet<String>,
    /// The last error, if the last look was one.
    failed: Option<String>,
}

/// What a material depends on.
#[derive(Debug, Default)]
struct Seen {
    files: Files,
    crl: Option<Vec<u8>>,
    names: Names,
    /// When it was last decided whether something is due.
    decided: Option<OffsetDateTime>,
}

impl Keeper {
    /// Makes what is missing or due and reads it. In a directory that can't be written, what is
    /// there is served. `names` are those wanted now.
    ///
    /// # Errors
    /// When there is nothing to serve with; each error names a file or directory.
    pub fn start(
        source: Source,
        names: &Names,
        now: OffsetDateTime,
        random: &dyn Random,
    ) -> Result<(Self, Material), PkiError> {
        let seen = Seen::default();
        let mut keeper = Self { source, seen, warned: HashSet::new(), failed: None };
        let path = keeper.path().to_owned();
        match keeper.turn(names, PATIENCE, Moment { now, random })? {
            Some(material) => Ok((keeper, material)),
            None => Err(PkiError::Locked { path, seconds: PATIENCE.as_secs() }),
        }
    }

    /// What has changed: None if nothing has, or if what has is written at this moment by others.
    ///
    /// # Errors
    /// As at start; what was given before stays good. An error isn't given twice in a row.
    pub fn look(
        &mut self,
        names: &Names,
        now: OffsetDateTime,
        random: &dyn Random,
    ) -> Result<Option<Material>, PkiError> {
        match self.turn(names, Patience::ZERO, Moment { now, random }) {
            Ok(material) => {
                self.failed = None;
                Ok(material)
            }
            Err(error) => {
                let text = error.to_string();
                if self.failed.as_ref() == Some(&text) {
                    return Ok(None);
                }
                self.failed = Some(text);
                Err(error)
            }
        }
    }

    fn turn(
        &mut self,
        names: &Names,
        patience: Patience,
        moment: Moment<'_>,
    ) -> Result<Option<Material>, PkiError> {
        let source = self.source.clone();
        let mut material = match &source {
            Source::Files(files) => self.files(files, moment.now)?,
            Source::CertDir { dir, crl } => {
                let crl = crl.as_deref();
                as_owner(&dir.path, || self.cert_dir(dir, crl, names, patience, moment))?
            }
        };
        if let Some(material) = &mut material {
            material.warnings.extend(names.warning().map(str::to_owned));
            material.warnings.retain(|warning| self.warned.insert(warning.clone()));
        }
        Ok(material)
    }

    fn files(
        &mut self,
        from: &UserFiles,
        now: OffsetDateTime,
    ) -> Result<Option<Material>, PkiError> {
        let read = |path: &Path, hint| {
            read_file(path)?.ok_or_else(|| PkiError::Missing { path: path.into(), hint })
        };
        let mut files = Files::new(Path::new(""));
        let certificate = read(&from.certificate, "--tlscert names the server's certificate")?;
        let key = read(&from.key, "--tlskey names the key of the server's certificate")?;
        let authority = read(&from.authority, "--tlscacert names the authority of the clients")?;
        let crl = from.crl.as_deref().map(read_crl).transpose()?;
        files.insert("certificate", certificate.clone());
        files.insert("key", key.clone());
        files.insert("authority", authority.clone());
        if files == self.seen.files && crl == self.seen.crl {
            return Ok(None);
        }
        let mut material = Material::read(
            (&from.certificate, &certificate),
            (&from.key, &key),
            (&from.authority, &authority),
        )?;
        if let (Some(path), Some(content)) = (&from.crl, &crl) {
            material.crls = crl::read(path, content, &material.authorities)?;
        }
        material.warn_of_ends(now, false);
        self.seen.files = files;
        self.seen.crl = crl;
        Ok(Some(material))
    }

    fn cert_dir(
        &mut self,
        dir: &CertDir,
        crl: Option<&Path>,
        names: &Names,
        patience: Patience,
        moment: Moment<'_>,
    ) -> Result<Option<Material>, PkiError> {
        let Some(store) = Store::lock(&dir.path, patience)? else { return Ok(None) };
        let start = self.seen.decided.is_none();
        if start {
            store.clean();
        }
        let mut files = store.read(&PATHS)?;
        let list = crl.map(read_crl).transpose()?;
        let now = moment.now;
        let recently = self
            .seen
            .decided
            .is_some_and(|then| (Duration::ZERO..RECENTLY).contains(&(now - then)));
        let same = files == self.seen.files && list == self.seen.crl;
        if same && recently && *names == self.seen.names {
            return Ok(None);
        }
        let mut failure = None;
        if Kind::of(&files) == Kind::Ours {
            let plan = Plan::for_server(files.clone(), dir, names, start, moment)?;
            match store.write(&plan.writes) {
                Ok(()) => {
                    files = plan.files;
                    plan.made.iter().for_each(|made| info!("made {made}"));
                }
                Err(error) => {
                    // Some of them may have been written.
                    files = store.read(&PATHS)?;
                    failure = Some(error);
                }
            }
        }
        if !start && failure.is_none() && files == self.seen.files && list == self.seen.crl {
            self.seen.names = names.clone();
            self.seen.decided = Some(now);
            return Ok(None);
        }
        let loaded = cert_dir::load(&files, dir, now).and_then(|mut material| {
            if let (Some(path), Some(content)) = (crl, &list) {
                material.crls = crl::read(path, content, &material.authorities)?;
            }
            Ok(material)
        });
        let mut material = match (loaded, failure) {
            (Ok(material), None) => material,
            (Err(_), Some(failure)) => return Err(failure),
            (Err(error), None) => return Err(error),
            (Ok(_), Some(failure))
                if !start && files == self.seen.files && list == self.seen.crl =>
            {
                return Err(failure);
            }
            (Ok(mut material), Some(failure)) => {
                material.warnings.push(format!("{failure}; what is there is served"));
                material
            }
        };
        material.warnings.retain(|warning| !warning.is_empty());
        self.seen = Seen { files, crl: list, names: names.clone(), decided: Some(now) };
        Ok(Some(material))
    }

    fn path(&self) -> &Path {
        match &self.source {
            Source::CertDir { dir, .. } => &dir.path,
            Source::Files(files) => &files.certificate,
        }
    }
}

fn read_crl(path: &Path) -> Result<Vec<u8>, PkiError> {
    let hint = "--tlscrl names a revocation list, PEM or DER";
    read_file(path)?.ok_or_else(|| PkiError::Missing { path: path.into(), hint })
}

/// How long nothing is due by the clock alone.
const RECENTLY: Duration = Duration::minutes(1);
