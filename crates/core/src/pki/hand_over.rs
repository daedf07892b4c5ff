//! Gives a directory of certificates to the user that serves from it.

use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;

use rustix::fs::{AtFlags, CWD, Dir, Gid, Mode, OFlags, Uid, chownat, openat, statat};
use rustix::io::Errno;

use super::record::ClientName;

/// Makes `directory`, and what this program writes in it, `uid`'s and `gid`'s. No link is
/// followed, and nothing else is touched. The directory itself comes last, so that who was
/// interrupted begins again.
///
/// # Errors
/// When this process may not, as without `CAP_CHOWN` or on a read-only mount.
pub fn hand_over(directory: &Path, uid: u32, gid: u32) -> io::Result<()> {
    let owner = Owner(Uid::from_raw(uid), Gid::from_raw(gid));
    let root = open(CWD, directory, OFlags::empty())?;
    for (folder, files) in FILES {
        owner.take_folder(&root, folder, files)?;
    }
    if let Some(clients) = inside(&root, "clients")? {
        for name in Dir::read_from(&clients)? {
            let name = name?;
            let Ok(name) = name.file_name().to_str() else { continue };
            if name.parse::<ClientName>().is_ok() {
                owner.take_folder(&clients, name, &CLIENT)?;
            }
        }
        owner.take(&root, "clients")?;
    }
    Ok(rustix::fs::fchown(&root, Some(owner.0), Some(owner.1))?)
}

const CLIENT: [&str; 3] = ["ca.pem", "cert.pem", "key.pem"];

const FILES: [(&str, &[&str]); 3] = [
    ("ca", &["cert.pem", "key.pem", "crl.pem", "clients.json"]),
    ("server", &CLIENT),
    ("client", &CLIENT),
];

struct Owner(Uid, Gid);

impl Owner {
    fn take_folder(&self, parent: &OwnedFd, folder: &str, files: &[&str]) -> io::Result<()> {
        let Some(opened) = inside(parent, folder)? else { return Ok(()) };
        for file in files {
            self.take(&opened, file)?;
        }
        self.take(parent, folder)
    }

    fn take(&self, parent: &OwnedFd, name: &str) -> io::Result<()> {
        match chownat(parent, name, Some(self.0), Some(self.1), AtFlags::SYMLINK_NOFOLLOW) {
            Err(Errno::NOENT) => Ok(()),
            // As a secret of a swarm, which is mounted read-only.
            Err(_) if self.has(parent, name) => Ok(()),
            taken => Ok(taken?),
        }
    }

    fn has(&self, parent: &OwnedFd, name: &str) -> bool {
        let found = statat(parent, name, AtFlags::SYMLINK_NOFOLLOW);
        found.is_ok_and(|file| file.st_uid == self.0.as_raw())
    }
}

/// None: there is no such directory, or a link is in its place.
fn inside(parent: &OwnedFd, name: &str) -> io::Result<Option<OwnedFd>> {
    match open(parent, name, OFlags::NOFOLLOW) {
        Ok(folder) => Ok(Some(folder)),
        Err(Errno::NOENT | Errno::LOOP | Errno::NOTDIR) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

fn open(at: impl AsFd, path: impl rustix::path::Arg, flags: OFlags) -> rustix::io::Result<OwnedFd> {
    openat(at, path, flags | OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())
}
