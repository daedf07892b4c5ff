//! Keeps what a server serves with good: made, renewed, and read again when files change.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::time::Duration as Patience;

use rustls::pki_types::CertificateRevocationListDer;
use time::{Duration, OffsetDateTime};
use tracing::info;

use super::cert_dir::{self, Kind, PATHS};
use super::files::Files;
use super::plan::{Moment, Plan};
use super::store::{PATIENCE, Store, locked, read_file, there_is, work_in};
use super::{CertDir, Material, Names, PkiError, Random, crl, pem};

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
///
/// Both read and write files, so a runtime asks on a thread where that is allowed.
#[derive(Debug)]
pub struct Keeper {
    source: Source,
    /// What the material that was given last was made from.
    seen: Option<Seen>,
    /// The warnings that were given.
    warned: HashSet<String>,
    /// The last error, until all is well again.
    failed: Option<String>,
}

#[derive(Debug)]
struct Seen {
    files: Files,
    list: Option<List>,
    names: Names,
    /// When it was last decided whether something is due.
    decided: OffsetDateTime,
}

/// A revocation list of the user's.
#[derive(Debug, Eq, PartialEq)]
struct List {
    path: PathBuf,
    content: Vec<u8>,
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
        let mut keeper = Self::of(source);
        match keeper.turn(names, PATIENCE, Moment { now, random })? {
            Turn::New(material) => Ok((keeper, *material)),
            Turn::Same | Turn::NotDecided => Err(locked(keeper.path())),
        }
    }

    /// What has changed: None if nothing has, or if others are changing it at this moment.
    ///
    /// # Errors
    /// As at start; what was given before stays good. An error isn't given twice in a row.
    pub fn look(
        &mut self,
        names: &Names,
        now: OffsetDateTime,
        random: &dyn Random,
    ) -> Result<Option<Material>, PkiError> {
        self.found(names, Patience::ZERO, Moment { now, random })
    }

    /// The same for somebody who waits for an answer: those who are changing it are waited for,
    /// and an error that was given is given again.
    ///
    /// # Errors
    /// As [`look`](Self::look).
    pub fn reload(
        &mut self,
        names: &Names,
        now: OffsetDateTime,
        random: &dyn Random,
    ) -> Result<Option<Material>, PkiError> {
        self.failed = None;
        self.found(names, PATIENCE, Moment { now, random })
    }

    /// Whether the last look found something wrong, which wasn't mended since.
    pub fn is_amiss(&self) -> bool {
        self.failed.is_some()
    }

    /// Reads what is there as a start would, and makes nothing.
    ///
    /// # Errors
    /// As a start; what is made at a start is not missed.
    pub fn check(source: &Source, now: OffsetDateTime) -> Result<(), PkiError> {
        match source {
            Source::Files(files) => Self::of(source.clone()).files(files, now).map(drop),
            Source::CertDir { dir, .. } if !there_is(&dir.path)? => Ok(()),
            Source::CertDir { dir, crl } => {
                let list = crl.as_deref().map(List::read).transpose()?;
                let checked = work_in(&dir.path, PATIENCE, |store| {
                    check_dir(store.read(&PATHS)?, dir, list.as_ref(), now)
                })?;
                checked.ok_or_else(|| locked(&dir.path))
            }
        }
    }

    fn of(source: Source) -> Self {
        Self { source, seen: None, warned: HashSet::new(), failed: None }
    }

    fn found(
        &mut self,
        names: &Names,
        patience: Patience,
        moment: Moment<'_>,
    ) -> Result<Option<Material>, PkiError> {
        match self.turn(names, patience, moment) {
            Ok(Turn::NotDecided) => Ok(None),
            Ok(Turn::Same) => {
                self.failed = None;
                Ok(None)
            }
            Ok(Turn::New(material)) => Ok(Some(*material)),
            Err(error) => {
                let text = error.to_string();
                let known = self.failed.as_ref() == Some(&text);
                self.failed = Some(text);
                if known { Ok(None) } else { Err(error) }
            }
        }
    }

    fn turn(
        &mut self,
        names: &Names,
        patience: Patience,
        moment: Moment<'_>,
    ) -> Result<Turn, PkiError> {
        let turn = match self.source.clone() {
            Source::Files(files) => self.files(&files, moment.now)?,
            Source::CertDir { dir, crl } => {
                // As the caller, whose the list is.
                let list = crl.as_deref().map(List::read).transpose()?;
                let turn = |store: &Store<'_>| self.cert_dir(store, &dir, list, names, moment);
                work_in(&dir.path, patience, turn)?.unwrap_or(Turn::NotDecided)
            }
        };
        let Turn::New(mut material) = turn else { return Ok(turn) };
        material.warnings.extend(names.warning().map(str::to_owned));
        material.warnings.retain(|warning| self.warned.insert(warning.clone()));
        Ok(Turn::New(material))
    }

    fn files(&mut self, from: &UserFiles, now: OffsetDateTime) -> Result<Turn, PkiError> {
        let mut files = Files::new(Path::new(""));
        for (name, path, hint) in [
            ("certificate", &from.certificate, "--tlscert names the server's certificate"),
            ("key", &from.key, "--tlskey names the key of the server's certificate"),
            ("authority", &from.authority, "--tlscacert names the authority of the clients"),
        ] {
            files.insert(name, read_named(path, hint)?);
        }
        let list = from.crl.as_deref().map(List::read).transpose()?;
        if self.seen.as_ref().is_some_and(|seen| seen.has(&files, list.as_ref())) {
            return Ok(Turn::Same);
        }
        let file = |path, name| (path, files.get(name).unwrap_or_default());
        let mut material = Material::read(
            file(from.certificate.as_path(), "certificate"),
            file(from.key.as_path(), "key"),
            file(from.authority.as_path(), "authority"),
        )?;
        material.crls = read_list(list.as_ref(), &material)?;
        material.warn_of_dates(now);
        self.failed = None;
        self.seen = Some(Seen { files, list, names: Names::default(), decided: now });
        Ok(Turn::New(Box::new(material)))
    }

    fn cert_dir(
        &mut self,
        store: &Store<'_>,
        dir: &CertDir,
        list: Option<List>,
        names: &Names,
        moment: Moment<'_>,
    ) -> Result<Turn, PkiError> {
        let now = moment.now;
        let start = self.seen.is_none();
        if start {
            store.clean();
        }
        let files = store.read(&PATHS)?;
        if self.seen.as_ref().is_some_and(|seen| {
            seen.has(&files, list.as_ref()) && seen.names == *names && seen.is_recent(now)
        }) {
            return Ok(Turn::NotDecided);
        }
        if !start && files.is_empty() {
            // As where a disk was unmounted: a new authority would lock every client out.
            let hint = "put the directory's files back, or start again for a new authority";
            return Err(PkiError::Missing { path: files.path("ca/cert.pem"), hint });
        }
        let Mended { files, failure, names_wait } = mend(store, files, dir, names, start, moment)?;
        // While they wait they count as new, so that the next look decides again.
        let names = if names_wait { Names::default() } else { names.clone() };
        if let Some(seen) = self.seen.as_mut().filter(|seen| seen.has(&files, list.as_ref())) {
            (seen.names, seen.decided) = (names, now);
            return failure.map_or(Ok(Turn::Same), Err);
        }
        let loaded = cert_dir::load(&files, dir, now).and_then(|mut material| {
            material.crls = read_list(list.as_ref(), &material)?;
            Ok(material)
        });
        // What can't be written is why there is nothing to read.
        let mut material = match (loaded, &failure) {
            (Ok(material), _) => material,
            (Err(error), None) => return Err(error),
            (Err(_), Some(_)) => return failure.map_or(Ok(Turn::NotDecided), Err),
        };
        self.failed = failure.as_ref().map(PkiError::to_string);
        material.warnings.extend(failure.map(|why| format!("{why}; what is there is served")));
        self.seen = Some(Seen { files, list, names, decided: now });
        Ok(Turn::New(Box::new(material)))
    }

    fn path(&self) -> &Path {
        match &self.source {
            Source::CertDir { dir, .. } => &dir.path,
            Source::Files(files) => &files.certificate,
        }
    }
}

/// What came of looking.
#[derive(Debug)]
enum Turn {
    New(Box<Material>),
    /// All is well as it is.
    Same,
    /// Nobody looked closely: it was done a moment ago, or others have the lock.
    NotDecided,
}

impl Seen {
    fn has(&self, files: &Files, list: Option<&List>) -> bool {
        self.files == *files && self.list.as_ref() == list
    }

    /// Whether so little time has gone by that nothing is due by the clock.
    fn is_recent(&self, now: OffsetDateTime) -> bool {
        (Duration::ZERO..Duration::minutes(1)).contains(&(now - self.decided))
    }
}

impl List {
    fn read(path: &Path) -> Result<Self, PkiError> {
        let content = read_named(path, "--tlscrl names a revocation list, PEM or DER")?;
        Ok(Self { path: path.into(), content })
    }
}

/// A directory after what it wants was written.
struct Mended {
    files: Files,
    /// Why not all was written.
    failure: Option<PkiError>,
    names_wait: bool,
}

fn mend(
    store: &Store<'_>,
    files: Files,
    dir: &CertDir,
    names: &Names,
    start: bool,
    moment: Moment<'_>,
) -> Result<Mended, PkiError> {
    if Kind::of(&files) != Kind::Ours {
        return Ok(Mended { files, failure: None, names_wait: false });
    }
    let plan = Plan::for_server(files, dir, names, start, moment)?;
    let names_wait = plan.names_wait;
    match store.write(&plan.writes) {
        Ok(()) => {
            plan.made.iter().for_each(|made| info!("made {made}"));
            Ok(Mended { files: plan.files, failure: None, names_wait })
        }
        // Some may have been written.
        Err(failure) => {
            Ok(Mended { files: store.read(&PATHS)?, failure: Some(failure), names_wait })
        }
    }
}

fn check_dir(
    files: Files,
    dir: &CertDir,
    list: Option<&List>,
    now: OffsetDateTime,
) -> Result<(), PkiError> {
    if Kind::of(&files) != Kind::Ours {
        return read_list(list, &cert_dir::load(&files, dir, now)?).map(drop);
    }
    let (true, Some(authority)) = (files.has("ca/key.pem"), files.get("ca/cert.pem")) else {
        return Ok(());
    };
    let trusted = pem::certificates(&files.path("ca/cert.pem"), authority)?;
    let plan = Plan::new(files);
    cert_dir::read_record(&plan.files, Some(&plan.authority_without_making(now)?))?;
    list.map(|list| crl::read(&list.path, &list.content, &trusted)).transpose().map(drop)
}

fn read_list(
    list: Option<&List>,
    material: &Material,
) -> Result<Vec<CertificateRevocationListDer<'static>>, PkiError> {
    let read = list.map(|list| crl::read(&list.path, &list.content, &material.authorities));
    Ok(read.transpose()?.unwrap_or_default())
}

fn read_named(path: &Path, hint: &'static str) -> Result<Vec<u8>, PkiError> {
    read_file(path)?.ok_or_else(|| PkiError::Missing { path: path.into(), hint })
}
