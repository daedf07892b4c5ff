//! Binds unix sockets, in the file system and in the abstract namespace.

use std::fs;
use std::io;
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use rustix::fs::{Gid, Mode, Uid};
use socket2::{Domain, SockAddr, Socket, Type};
use tracing::warn;

use super::bind::{BindError, Bound, ListenSettings, UnixFile};
use crate::address::UnixPath;

/// A socket file that nobody listens on is replaced.
pub(super) fn bind_unix(settings: &ListenSettings, at: &UnixPath) -> Result<Bound, BindError> {
    let fail = |why: String| BindError { address: at.to_string(), why };
    let path = match at {
        UnixPath::Abstract(name) => {
            let socket = listen_unix(format!("\0{name}"), settings.backlog)
                .map_err(|error| fail(error.to_string()))?;
            return Ok(Bound { address: at.to_string(), of: 0, socket, file: None });
        }
        UnixPath::File(path) => path,
    };
    make_room(path).map_err(fail)?;
    // The mode holds from the first moment: there is no time in which others could connect.
    let before = rustix::process::umask(umask(settings.file.mode));
    let listening = listen_unix(path, settings.backlog);
    rustix::process::umask(before);
    let socket = listening.map_err(|error| fail(explain_unix(&error, path)))?;
    own_file(path, &settings.file).map_err(fail)?;
    let inode = fs::symlink_metadata(path).map_err(|error| fail(error.to_string()))?.ino();
    let file = SocketFile { path: path.clone(), inode };
    Ok(Bound { address: at.to_string(), of: 0, socket, file: Some(file) })
}

/// What takes from 0777 all that a mode lacks.
fn umask(mode: u32) -> Mode {
    // A mode has 16 bits on some systems.
    let lacks = |bit: &Mode| u64::from(mode) & u64::from(bit.as_raw_mode()) == 0;
    Mode::from_raw_mode(0o777).iter().filter(lacks).collect()
}

/// The file of a socket that is listened on. Dropping removes it, if it is still ours.
#[derive(Debug)]
pub(super) struct SocketFile {
    path: PathBuf,
    inode: u64,
}

impl Drop for SocketFile {
    fn drop(&mut self) {
        if fs::symlink_metadata(&self.path).is_ok_and(|there| there.ino() == self.inode) {
            // Whoever comes next replaces it anyway.
            let _left_behind: io::Result<()> = fs::remove_file(&self.path);
        }
    }
}

fn listen_unix(at: impl AsRef<Path>, backlog: i32) -> io::Result<Socket> {
    let socket = Socket::new(Domain::UNIX, Type::STREAM, None)?;
    socket.bind(&SockAddr::unix(at)?)?;
    socket.listen(backlog)?;
    Ok(socket)
}

/// Removes a socket that nobody listens on; anything else in its place is an error.
fn make_room(path: &Path) -> Result<(), String> {
    let Ok(there) = fs::symlink_metadata(path) else {
        return Ok(());
    };
    if there.is_dir() {
        let inside = path.join("docker.sock");
        return Err(format!(
            "it is a directory; name a socket in it, such as {}",
            inside.display()
        ));
    }
    if !there.file_type().is_socket() {
        return Err("there is a file that isn't a socket; remove it, or choose another path".into());
    }
    match connect(path) {
        Ok(()) => Err(IN_USE.into()),
        // It has no room for newcomers (unix(7)).
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => Err(IN_USE.into()),
        Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => fs::remove_file(path)
            .map_err(|error| format!("the old socket can't be removed: {error}")),
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
            Err("there is a socket that this user may not open; remove it, or choose another path"
                .into())
        }
        Err(error) => {
            Err(format!("whether the socket there is in use can't be found out: {error}"))
        }
    }
}

/// Without waiting for room in the backlog.
fn connect(path: &Path) -> io::Result<()> {
    let socket = Socket::new(Domain::UNIX, Type::STREAM, None)?;
    socket.set_nonblocking(true)?;
    socket.connect(&SockAddr::unix(path)?)
}

fn own_file(path: &Path, file: &UnixFile) -> Result<(), String> {
    fs::set_permissions(path, fs::Permissions::from_mode(file.mode))
        .map_err(|error| format!("its mode can't be set to {:04o}: {error}", file.mode))?;
    let user = file.user.map(Uid::from_raw);
    let group = file.group.map(Gid::from_raw);
    if user.is_none() && group.is_none() {
        return Ok(());
    }
    match rustix::fs::chown(path, user, group) {
        Err(error) if !file.group_required && user.is_none() => {
            warn!(
                "the group of {} can't be set to the upstream socket's: {error}; --socket-group \
                 names another",
                path.display()
            );
            Ok(())
        }
        result => result.map_err(|error| format!("its owner can't be set: {error}")),
    }
}

fn explain_unix(error: &io::Error, path: &Path) -> String {
    let directory = path.parent().unwrap_or(path).display();
    match error.kind() {
        io::ErrorKind::NotFound => format!("there is no directory {directory}; make it first"),
        io::ErrorKind::PermissionDenied => {
            format!("this user may not write to {directory}; choose another directory")
        }
        _ => error.to_string(),
    }
}

const IN_USE: &str = "another program listens on it; stop it, or choose another path";
