//! A directory under a lock: read whole, written file by file.
//!
//! A file is written to a temporary one beside it, synced and renamed, so that it is whole or not
//! there whatever happens. Directories are never renamed: a mount point can't be.

use std::fs::{self, File};
use std::io::{self, Read as _, Write as _};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, PermissionsExt as _};
use std::panic;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use rustix::fs::{AtFlags, CWD, Dir, FlockOperation, Mode, OFlags};
use rustix::io::Errno;
use tracing::debug;

use super::PkiError;
use super::files::{Files, Write};
use crate::credentials::become_user;

/// A directory that nobody else changes while this lives: an exclusive flock(2).
#[derive(Debug)]
pub(super) struct Store<'a> {
    root: &'a Path,
    directory: OwnedFd,
}

/// Works in a directory under its lock, and makes it if there is none. None: others have the lock,
/// and there is no `patience` for them.
///
/// Root works as the directory's owner: it must not read or write for somebody what that somebody
/// couldn't. The directory itself is opened before: the owner may not get through those above it.
pub(super) fn work_in<T: Send>(
    root: &Path,
    patience: Duration,
    work: impl FnOnce(&Store<'_>) -> Result<T, PkiError> + Send,
) -> Result<Option<T>, PkiError> {
    make_root(root)?;
    let directory = open_root(root)?;
    let owner = owner(root, &directory).map_err(|error| PkiError::Read(root.into(), error))?;
    let store = Store { root, directory };
    as_user(owner, || if store.lock(patience)? { work(&store).map(Some) } else { Ok(None) })
}

impl Store<'_> {
    /// Reads those of `paths` that are there.
    pub(super) fn read(&self, paths: &[&str]) -> Result<Files, PkiError> {
        let mut files = Files::new(self.root);
        for path in paths {
            let content = open_to_read(&self.directory, Path::new(path)).and_then(read_open);
            let content = content.map_err(|error| PkiError::Read(self.root.join(path), error))?;
            if let Some(content) = content {
                files.insert(path, content);
            }
        }
        Ok(files)
    }

    /// Writes each file whole, in this order; stops at the first that fails.
    pub(super) fn write(&self, writes: &[Write]) -> Result<(), PkiError> {
        writes.iter().try_for_each(|write| {
            self.write_one(write)
                .map_err(|error| PkiError::Write(self.root.join(&write.path), error))
        })
    }

    /// Removes what a process that was killed while writing has left.
    pub(super) fn clean(&self) {
        let clients = self.folder("clients", Missing::Fails).and_then(|at| Ok(Dir::new(at)?));
        let clients = clients.into_iter().flatten().flatten();
        let clients =
            clients.filter_map(|entry| entry.file_name().to_str().ok().map(str::to_owned));
        let clients = clients.filter(|name| !name.starts_with('.'));
        let folders = ["ca", "server", "client"].map(str::to_owned).into_iter();
        for folder in folders.chain(clients.map(|name| format!("clients/{name}"))) {
            let Ok(folder) = self.folder(&folder, Missing::Fails) else { continue };
            for name in ["ca.pem", "cert.pem", "clients.json", "crl.pem", "key.pem"] {
                // Mostly there is none; where it can't be removed nothing can be written either.
                let _not_there = rustix::fs::unlinkat(&folder, temporary(name), AtFlags::empty());
            }
        }
    }

    /// Whether the lock was to be had.
    fn lock(&self, patience: Duration) -> Result<bool, PkiError> {
        let begin = Instant::now();
        loop {
            match rustix::fs::flock(&self.directory, FlockOperation::NonBlockingLockExclusive) {
                Ok(()) => return Ok(true),
                Err(Errno::INTR) => {}
                Err(Errno::WOULDBLOCK) if begin.elapsed() < patience => {
                    thread::sleep(Duration::from_millis(20));
                }
                Err(Errno::WOULDBLOCK) => return Ok(false),
                Err(error) => return Err(PkiError::Read(self.root.into(), error.into())),
            }
        }
    }

    fn write_one(&self, write: &Write) -> io::Result<()> {
        if write.content.len() as u64 > LARGEST {
            return Err(io::Error::other("it would be larger than 4 MiB, and never read again"));
        }
        let (folder, name) = split(&write.path);
        let directory = self.folder(folder, Missing::IsMade)?;
        let temporary = temporary(name);
        let _not_there = rustix::fs::unlinkat(&directory, &temporary, AtFlags::empty());
        let flags = OFlags::CREATE | OFlags::EXCL | OFlags::WRONLY | OFlags::CLOEXEC;
        let secret = Mode::from_raw_mode(0o600);
        let written = rustix::fs::openat(&directory, &temporary, flags, secret)
            .map_err(io::Error::from)
            .and_then(|file| {
                let mut file = File::from(file);
                file.write_all(&write.content)?;
                file.set_permissions(fs::Permissions::from_mode(write.mode))?;
                file.sync_all()
            })
            .and_then(|()| Ok(rustix::fs::renameat(&directory, &temporary, &directory, name)?))
            .and_then(|()| Ok(rustix::fs::fsync(&directory)?));
        if written.is_err() {
            let _gone_already = rustix::fs::unlinkat(&directory, &temporary, AtFlags::empty());
        }
        written
    }

    /// Opens a directory in this one, through no link.
    fn folder(&self, path: &str, missing: Missing) -> io::Result<OwnedFd> {
        let mut folder = self.directory.try_clone()?;
        for part in path.split('/').filter(|part| !part.is_empty()) {
            folder = match open_directory(&folder, part, OFlags::NOFOLLOW) {
                Err(Errno::NOENT) if missing == Missing::IsMade => make_directory(&folder, part)?,
                opened => opened?,
            };
        }
        Ok(folder)
    }
}

#[derive(Clone, Copy, Eq, PartialEq)]
enum Missing {
    IsMade,
    Fails,
}

/// Makes the directory, as the owner of the nearest one above it.
fn make_root(root: &Path) -> Result<(), PkiError> {
    if there_is(root)? {
        return Ok(());
    }
    let above = root.ancestors().skip(1).find_map(|path| {
        fs::metadata(if path.as_os_str().is_empty() { Path::new(".") } else { path }).ok()
    });
    let owner = above.map_or(Owner { uid: 0, gid: 0 }, |above| Owner::of(&above));
    // Not the last one alone: who could enter one above could wait for what comes.
    as_user(owner, || make_private(root)).map_err(|error| PkiError::Write(root.into(), error))
}

fn make_private(root: &Path) -> io::Result<()> {
    fs::DirBuilder::new().recursive(true).mode(0o700).create(root)
}

pub(super) fn there_is(root: &Path) -> Result<bool, PkiError> {
    root.try_exists().map_err(|error| PkiError::Read(root.into(), error))
}

fn open_root(root: &Path) -> Result<OwnedFd, PkiError> {
    open_directory(CWD, root, OFlags::empty())
        .map_err(|error| PkiError::Read(root.into(), error.into()))
}

/// Whose an opened directory is: a link's owner, if the link isn't root's.
fn owner(root: &Path, directory: &OwnedFd) -> io::Result<Owner> {
    let link = Owner::of(&fs::symlink_metadata(root)?);
    if link.uid != 0 {
        return Ok(link);
    }
    let directory = rustix::fs::fstat(directory)?;
    Ok(Owner { uid: directory.st_uid, gid: directory.st_gid })
}

#[derive(Clone, Copy, Debug)]
struct Owner {
    uid: u32,
    gid: u32,
}

impl Owner {
    fn of(metadata: &fs::Metadata) -> Self {
        Self { uid: metadata.uid(), gid: metadata.gid() }
    }
}

/// Does `work` as another user. Whoever isn't root, and root without the right to change users,
/// stays who it is.
fn as_user<T: Send>(user: Owner, work: impl FnOnce() -> T + Send) -> T {
    if user.uid == 0 || !rustix::process::geteuid().is_root() {
        return work();
    }
    thread::scope(|scope| {
        // Linux keeps users by thread, and this one ends with its work.
        let done = scope.spawn(|| {
            if let Err(error) = become_user(user.uid, user.gid) {
                debug!(uid = user.uid, %error, "can't become the owner of the directory");
            }
            work()
        });
        done.join().unwrap_or_else(|panic| panic::resume_unwind(panic))
    })
}

/// The content of a file of the user's. None: there is none.
pub(super) fn read_file(path: &Path) -> Result<Option<Vec<u8>>, PkiError> {
    let content = open_to_read(CWD, path).and_then(read_open);
    content.map_err(|error| PkiError::Read(path.into(), error))
}

/// Writes files into a directory of the caller's choice, which is made if there is none. All of it
/// is the caller's, whoever the directory belongs to.
pub(super) fn write_into(root: &Path, writes: &[Write]) -> Result<(), PkiError> {
    if !there_is(root)? {
        make_private(root).map_err(|error| PkiError::Write(root.into(), error))?;
    }
    let store = Store { root, directory: open_root(root)? };
    if store.lock(PATIENCE)? { store.write(writes) } else { Err(locked(root)) }
}

/// The error of those who had patience.
pub(super) fn locked(root: &Path) -> PkiError {
    PkiError::Locked { path: root.into(), seconds: PATIENCE.as_secs() }
}

/// Links are followed: Kubernetes mounts secrets by them. A FIFO must not hold up the server.
fn open_to_read(at: impl AsFd, path: &Path) -> io::Result<Option<File>> {
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::CLOEXEC;
    match rustix::fs::openat(at, path, flags, Mode::empty()) {
        Ok(file) => Ok(Some(file.into())),
        Err(Errno::NOENT) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

fn read_open(file: Option<File>) -> io::Result<Option<Vec<u8>>> {
    let Some(file) = file else { return Ok(None) };
    let metadata = file.metadata()?;
    if metadata.is_dir() {
        return Err(io::Error::other("it is a directory, where a file is wanted"));
    }
    if !metadata.is_file() || metadata.len() > LARGEST {
        return Err(io::Error::other("it is no file of at most 4 MiB"));
    }
    let mut content = Vec::new();
    file.take(LARGEST).read_to_end(&mut content)?;
    Ok(Some(content))
}

/// How long commands and a start wait for others, who hold the lock for milliseconds.
pub(super) const PATIENCE: Duration = Duration::from_secs(10);

/// More than any record or revocation list; what is larger is something else.
const LARGEST: u64 = 4 << 20;

fn open_directory(
    at: impl AsFd,
    path: impl rustix::path::Arg,
    flags: OFlags,
) -> rustix::io::Result<OwnedFd> {
    let flags = flags | OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    rustix::fs::openat(at, path, flags, Mode::empty())
}

/// `client/` alone is for others to mount.
fn make_directory(parent: &OwnedFd, name: &str) -> io::Result<OwnedFd> {
    let mode = Mode::from_raw_mode(if name == "client" { 0o755 } else { 0o700 });
    rustix::fs::mkdirat(parent, name, mode)?;
    let made = open_directory(parent, name, OFlags::NOFOLLOW)?;
    // Whatever the umask says.
    rustix::fs::fchmod(&made, mode)?;
    rustix::fs::fsync(parent)?;
    Ok(made)
}

fn split(path: &str) -> (&str, &str) {
    path.rsplit_once('/').unwrap_or(("", path))
}

/// Under the lock there is one writer, so that one name is enough.
fn temporary(name: &str) -> PathBuf {
    PathBuf::from(format!(".{name}.new"))
}
