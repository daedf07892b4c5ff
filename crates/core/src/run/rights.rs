//! Gives up the rights that only the start needs.
//!
//! It runs on the process's one thread, before a runtime exists: on Linux, users and capabilities
//! belong to threads, and those that come later inherit them.

use std::cell::Cell;
use std::fs::File;
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::panic;
use std::path::{Path, PathBuf};
use std::thread;

use rustix::fs::Access;
use socket2::{Domain, SockAddr, Socket, Type};

use super::Settings;
use crate::address::{UnixPath, UpstreamAddress};
use crate::credentials::{Kept, become_user, empty_bounding_set, keep_capabilities, never_more};
use crate::pki::{Source, UserFiles, hand_over, users_files};

/// Whom to become after start (`--user`).
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum User {
    /// [`NONROOT`] with the group of the upstream socket, if that reaches it.
    #[default]
    Nonroot,
    /// As named; without a group, with the one of the upstream socket.
    Named(u32, Option<u32>),
    /// Root, with all its rights.
    Root,
}

/// `nonroot`, as distroless images number it.
pub const NONROOT: u32 = 65532;

/// What the bridge goes on needing.
#[derive(Debug)]
pub(super) struct Needs<'a> {
    /// The upstream socket, if it is a file.
    pub(super) socket: Option<&'a Path>,
    /// A directory in which it makes certificates.
    pub(super) directory: Option<&'a Path>,
    /// Files of the user's that it reads again on a reload, those in the directory aside.
    pub(super) files: Vec<PathBuf>,
    /// Files of the user's in the directory.
    pub(super) in_directory: Vec<PathBuf>,
    /// Whether the Engine has taken a connection in a trial: nobody need greet it then.
    pub(super) engine_answered: Cell<bool>,
    /// Whether the directory may be given to another user unasked: a container's is nobody
    /// else's.
    pub(super) in_container: bool,
}

impl<'a> Needs<'a> {
    pub(super) fn of(settings: &'a Settings, certificates: Option<&'a Source>) -> Self {
        let socket = match &settings.upstream.address {
            UpstreamAddress::Unix(UnixPath::File(path)) => Some(path.as_path()),
            UpstreamAddress::Unix(UnixPath::Abstract(_)) | UpstreamAddress::Tcp(_) => None,
        };
        let (directory, files) = match certificates {
            None => (None, Vec::new()),
            Some(Source::CertDir { dir, crl }) => {
                (Some(dir.path.as_path()), crl.iter().cloned().collect())
            }
            Some(Source::Files(UserFiles { certificate, key, authority, crl })) => {
                let files = [certificate, key, authority].into_iter().chain(crl);
                (None, files.cloned().collect())
            }
        };
        let policy = settings.policy.iter().map(|policy| policy.path.clone());
        Self {
            socket,
            directory,
            files: files.into_iter().chain(policy).collect(),
            in_directory: directory.into_iter().flat_map(users_files).collect(),
            engine_answered: Cell::new(false),
            in_container: settings.in_container,
        }
    }
}

/// Becomes `user`, and gives what a person should know of it, a line each.
///
/// Whether a user reaches the Engine is found out by trying: mode bits lie behind a private
/// directory or in a user namespace.
pub(super) fn give_up(user: User, needs: &Needs<'_>) -> Vec<String> {
    never_more();
    if !rustix::process::geteuid().is_root() {
        keep_capabilities(Kept::Nothing);
        return Vec::new();
    }
    match user {
        User::Root => Vec::new(),
        User::Named(uid, gid) => become_named(uid, gid, needs),
        User::Nonroot => become_nonroot(needs),
    }
}

fn become_nonroot(needs: &Needs<'_>) -> Vec<String> {
    let gid = match needs.socket.map(Path::metadata) {
        None => NONROOT,
        Some(Ok(socket)) => socket.gid(),
        Some(Err(error)) => {
            return stay(needs, &format!("the upstream socket can't be looked at: {error}"));
        }
    };
    let owner = needs.directory.and_then(|directory| directory.metadata().ok());
    let uid = match owner.map_or(NONROOT, |owner| owner.uid()) {
        0 => NONROOT,
        uid => uid,
    };
    match needs.try_to_dial(uid, gid) {
        Trial::Passed => {}
        Trial::Refused => {
            let why = format!("user {uid} with group {gid} can't open the upstream socket");
            return stay(needs, &why);
        }
        Trial::StaysRoot(error) => return stay(needs, &users_are_fixed(&error)),
    }
    if let Some(directory) = needs.directory
        && owner_is_root(directory)
    {
        if !needs.in_container {
            // On a host it may be anybody's, and its renewal takes its owner.
            return keep_what_the_socket_takes(needs);
        }
        let given = match trial(|| set_user(uid, gid), || directory.metadata()) {
            Trial::Refused => Err(io::ErrorKind::PermissionDenied.into()),
            _ => give(directory, uid, gid, &needs.in_directory),
        };
        if let Err(error) = given {
            let why = format!("{} can't be given to {uid}: {error}", directory.display());
            return stay(needs, &why);
        }
    }
    match set_user(uid, gid) {
        Ok(()) => unreadable(uid, needs),
        Err(error) => stay(needs, &users_are_fixed(&error)),
    }
}

fn become_named(uid: u32, gid: Option<u32>, needs: &Needs<'_>) -> Vec<String> {
    let socket = needs.socket.and_then(|socket| socket.metadata().ok());
    let gid = gid.or_else(|| socket.map(|socket| socket.gid())).unwrap_or(uid);
    if uid == 0 {
        // Another group is all that was asked for.
        return match set_user(0, gid) {
            Ok(()) => Vec::new(),
            Err(error) => stay(needs, &users_are_fixed(&error)),
        };
    }
    let mut lines = Vec::new();
    if let Trial::Refused = needs.try_to_dial(uid, gid) {
        lines.push(format!(
            "user {uid} with group {gid}, as --user says, can't open the upstream socket: write \
             --user {uid}:GROUP with a group that can"
        ));
    }
    if let Some(directory) = needs.directory
        && owner_is_root(directory)
        && let Err(error) = give(directory, uid, gid, &needs.in_directory)
    {
        lines.push(format!("{} can't be given to {uid}: {error}", directory.display()));
    }
    match set_user(uid, gid) {
        Ok(()) => lines.extend(unreadable(uid, needs)),
        Err(error) => lines.extend(stay(needs, &users_are_fixed(&error))),
    }
    lines
}

/// Goes on as root, and says why.
fn stay(needs: &Needs<'_>, why: &str) -> Vec<String> {
    let line = format!(
        "this process stays root, without the capabilities that it doesn't need: {why}; --user \
         UID:GID names whom to become, --user root says that this is meant"
    );
    [vec![line], keep_what_the_socket_takes(needs)].concat()
}

/// Goes on as root, without the capabilities that the upstream socket doesn't take. Gives a line
/// for each file that only these had opened.
fn keep_what_the_socket_takes(needs: &Needs<'_>) -> Vec<String> {
    keep_capabilities(match needs.socket {
        Some(socket) if is_writable_by_override_alone(socket) => Kept::AnyFile,
        _ => Kept::Nothing,
    });
    unreadable(0, needs)
}

/// In a user namespace that doesn't know the socket's owner, even that doesn't help.
fn is_writable_by_override_alone(socket: &Path) -> bool {
    let without = || {
        keep_capabilities(Kept::Nothing);
        Ok(())
    };
    let write = || Ok(rustix::fs::access(socket, Access::WRITE_OK)?);
    matches!(trial(without, write), Trial::Refused) && write().is_ok()
}

/// Hands a directory over; not one with files that its new owner couldn't read: the next start
/// reads it as its owner.
fn give(directory: &Path, uid: u32, gid: u32, files: &[PathBuf]) -> io::Result<()> {
    let read = || files.iter().try_for_each(|file| File::open(file).map(drop));
    match trial(|| set_user(uid, gid), read) {
        Trial::Refused => Ok(()),
        Trial::Passed | Trial::StaysRoot(_) => hand_over(directory, uid, gid),
    }
}

fn users_are_fixed(error: &io::Error) -> String {
    format!("users can't be changed here: {error}")
}

fn owner_is_root(path: &Path) -> bool {
    path.metadata().is_ok_and(|metadata| metadata.uid() == 0)
}

/// A line for each file that can't be read again.
fn unreadable(uid: u32, needs: &Needs<'_>) -> Vec<String> {
    let files = needs.files.iter().chain(&needs.in_directory);
    let unreadable = files.filter(|file| File::open(file).is_err());
    let line = |file: &PathBuf| {
        format!(
            "user {uid} can't read {} again: a reload needs other rights on it, or --user root",
            file.display()
        )
    };
    unreadable.map(line).collect()
}

enum Trial {
    Passed,
    Refused,
    StaysRoot(io::Error),
}

impl Needs<'_> {
    /// Whether a user may connect to the socket. That nobody listens there is no matter of
    /// rights.
    fn try_to_dial(&self, uid: u32, gid: u32) -> Trial {
        let Some(socket) = self.socket else { return Trial::Passed };
        let mut answered = false;
        let trial = trial(|| set_user(uid, gid), || connect(socket).inspect(|()| answered = true));
        self.engine_answered.set(answered);
        trial
    }
}

/// Whether a thread with other rights may do something.
fn trial<T>(
    change: impl FnOnce() -> io::Result<()> + Send,
    something: impl FnOnce() -> io::Result<T> + Send,
) -> Trial {
    thread::scope(|scope| {
        let trial = scope.spawn(|| match change() {
            Err(error) => Trial::StaysRoot(error),
            Ok(()) => match something() {
                Err(error) if error.kind() == io::ErrorKind::PermissionDenied => Trial::Refused,
                _ => Trial::Passed,
            },
        });
        trial.join().unwrap_or_else(|panicked| panic::resume_unwind(panicked))
    })
}

/// Without waiting for room in the backlog.
fn connect(path: &Path) -> io::Result<()> {
    let socket = Socket::new(Domain::UNIX, Type::STREAM, None)?;
    socket.set_nonblocking(true)?;
    socket.connect(&SockAddr::unix(path)?)
}

fn set_user(uid: u32, gid: u32) -> io::Result<()> {
    empty_bounding_set();
    become_user(uid, gid)?;
    keep_capabilities(Kept::Nothing);
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::{PermissionsExt as _, chown};
    use std::os::unix::net::UnixListener;

    use rustix::thread::{CapabilitySet, capabilities};

    use super::*;

    /// What a bridge on a host has left before an Engine's socket, and certificates in a directory
    /// of root's: its lines and its capabilities.
    fn left_on_a_host(owner: u32) -> (Vec<String>, CapabilitySet) {
        let folder = tempfile::tempdir().unwrap();
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
        let path = folder.path().join("docker.sock");
        let _listener = UnixListener::bind(&path).unwrap();
        chown(&path, Some(owner), Some(990)).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o660)).unwrap();
        let directory = folder.path().to_owned();
        // In a thread of its own, whose rights are not the other tests'.
        let gone_on = thread::spawn(move || {
            let needs = Needs {
                socket: Some(&path),
                directory: Some(&directory),
                files: Vec::new(),
                in_directory: Vec::new(),
                engine_answered: Cell::new(false),
                in_container: false,
            };
            let lines = give_up(User::Nonroot, &needs);
            (lines, capabilities(None).unwrap().permitted)
        });
        let left = gone_on.join().unwrap();
        assert!(owner_is_root(folder.path()));
        left
    }

    #[test]
    fn on_a_host_a_directory_of_roots_stays_roots_and_so_does_the_process_without_capabilities() {
        if !testkit::skip::require_root() {
            return;
        }
        assert_eq!(left_on_a_host(0), (Vec::new(), CapabilitySet::empty()));
    }

    #[test]
    fn on_a_host_root_keeps_the_one_capability_that_opens_a_socket_of_somebodys() {
        if !testkit::skip::require_root() {
            return;
        }
        assert_eq!(left_on_a_host(1234), (Vec::new(), CapabilitySet::DAC_OVERRIDE));
    }
}
