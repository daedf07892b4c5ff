//! A directory under a lock: read whole, written file by file.
//!
//! A file is written to a temporary one beside it, synced and renamed, so that it is whole or not
//! there whatever happens. Directories are never renamed: a mount point can't be.

use std::fs::{self, File};
use std::io::{self, Read as _, Write as _};
use std::os::fd::OwnedFd;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::panic;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use rustix::fs::{AtFlags, CWD, FlockOperation, Gid, Mode, OFlags, Uid};
use rustix::io::Errno;

use super::PkiError;
use super::files::{Files, Write};

/// A directory that nobody else changes while this lives: an exclusive flock(2).
#[derive(Debug)]
pub(super) struct Store<'a> {
    root: &'a Path,
    directory: OwnedFd,
}

impl<'a> Store<'a> {
    /// Makes the directory if there is none, and waits for the lock. None: others have it and
    /// there is no `patience` for them.
    pub(super) fn lock(root: &'a Path, patience: Duration) -> Result<Option<Self>, PkiError> {
        let mut builder = fs::DirBuilder::new();
        // Not only the last: who could enter one above could wait for what comes.
        builder
            .recursive(true)
            .mode(0o700)
            .create(root)
            .map_err(|error| PkiError::Write(root.into(), error))?;
        let directory = open_directory(CWD, root, OFlags::empty())
            .map_err(|error| PkiError::Read(root.into(), error.into()))?;
        let begin = Instant::now();
        loop {
            match rustix::fs::flock(&directory, FlockOperation::NonBlockingLockExclusive) {
                Ok(()) => return Ok(Some(Self { root, directory })),
                Err(Errno::INTR) => {}
                Err(Errno::WOULDBLOCK) if begin.elapsed() < patience => {
                    thread::sleep(Duration::from_millis(20));
                }
                Err(Errno::WOULDBLOCK) => return Ok(None),
                Err(error) => return Err(PkiError::Read(root.into(), error.into())),
            }
        }
    }

    /// Reads those of `paths` that are there.
    pub(super) fn read(&self, paths: &[&str]) -> Result<Files, PkiError> {
        let mut files = Files::new(self.root);
        for path in paths {
            if let Some(content) = read_file(&self.root.join(path))? {
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
        let clients = fs::read_dir(self.root.join("clients")).into_iter().flatten().flatten();
        let clients = clients.filter_map(|entry| entry.file_name().into_string().ok());
        let folders = ["ca", "server", "client"].map(str::to_owned).into_iter();
        for folder in folders.chain(clients.map(|name| format!("clients/{name}"))) {
            let Ok(folder) = self.folder(&folder, Missing::Fails) else { continue };
            for name in ["ca.pem", "cert.pem", "clients.json", "crl.pem", "key.pem"] {
                // Mostly there is none; where it can't be removed nothing can be written either.
                let _not_there = rustix::fs::unlinkat(&folder, temporary(name), AtFlags::empty());
            }
        }
    }

    fn write_one(&self, write: &Write) -> io::Result<()> {
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
                rustix::fs::fchmod(&file, Mode::from_raw_mode(write.mode))?;
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

/// Does `work` as the owner of `path`, or of the nearest directory above it that is there: root
/// must not read or write for somebody what that somebody couldn't. Whoever isn't root, and root
/// without the right to change users, stays who it is.
pub(super) fn as_owner<T: Send>(path: &Path, work: impl FnOnce() -> T + Send) -> T {
    let owner = path.ancestors().find_map(|path| {
        let path = if path.as_os_str().is_empty() { Path::new(".") } else { path };
        fs::metadata(path).ok()
    });
    let owner = owner.filter(|owner| owner.uid() != 0 && rustix::process::geteuid().is_root());
    let Some(owner) = owner else { return work() };
    thread::scope(|scope| {
        // Linux keeps users by thread, and this one ends with its work.
        let done = scope.spawn(|| {
            if become_user(owner.uid(), owner.gid()).is_err() {
                tracing::debug!(uid = owner.uid(), "can't become the owner of the directory");
            }
            work()
        });
        done.join().unwrap_or_else(|panic| panic::resume_unwind(panic))
    })
}

fn become_user(uid: u32, gid: u32) -> rustix::io::Result<()> {
    let (uid, gid) = (Uid::from_raw(uid), Gid::from_raw(gid));
    rustix::thread::set_thread_groups(&[])?;
    rustix::thread::set_thread_res_gid(gid, gid, gid)?;
    rustix::thread::set_thread_res_uid(uid, uid, uid)
}

/// None: there is none. Links are followed: Kubernetes mounts secrets by them.
pub(super) fn read_file(path: &Path) -> Result<Option<Vec<u8>>, PkiError> {
    let read = || -> io::Result<Option<Vec<u8>>> {
        // A FIFO in its place must not hold up the server.
        let nonblocking = OFlags::NONBLOCK.bits().cast_signed();
        let file = match File::options().read(true).custom_flags(nonblocking).open(path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
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
    };
    read().map_err(|error| PkiError::Read(path.into(), error))
}

/// Writes files into a directory of the caller's choice, which is made if there is none.
pub(super) fn write_into(root: &Path, writes: &[Write]) -> Result<(), PkiError> {
    let seconds = PATIENCE.as_secs();
    let store = Store::lock(root, PATIENCE)?;
    store.ok_or_else(|| PkiError::Locked { path: root.into(), seconds })?.write(writes)
}

/// How long commands and a start wait for others, who hold the lock for milliseconds.
pub(super) const PATIENCE: Duration = Duration::from_secs(10);

/// More than any record or revocation list; what is larger is something else.
const LARGEST: u64 = 4 << 20;

fn open_directory(
    at: impl std::os::fd::AsFd,
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
