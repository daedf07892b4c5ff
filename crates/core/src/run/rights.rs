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

use rustix::fs::{Access, Gid, Uid};
use rustix::thread::{
    CapabilitySet, CapabilitySets, capabilities, clear_ambient_capability_set,
    remove_capability_from_bounding_set, set_capabilities, set_no_new_privs, set_thread_groups,
    set_thread_res_gid, set_thread_res_uid,
};
use socket2::{Domain, SockAddr, Socket, Type};

use super::Settings;
use crate::address::{UnixPath, UpstreamAddress};
use crate::pki::{Source, UserFiles, hand_over};

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
    /// Files of the user's that it reads again on a reload.
    pub(super) files: Vec<PathBuf>,
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
        let files =
            files.into_iter().chain(settings.policy.iter().map(|policy| policy.path.clone()));
        let files = files.collect();
        let in_container = settings.in_container;
        Self { socket, directory, files, engine_answered: Cell::new(false), in_container }
    }
}

/// Becomes `user`, and gives what a person should know of it, a line each.
///
/// Whether a user reaches the Engine is found out by trying: mode bits lie behind a private
/// directory or in a user namespace.
pub(super) fn give_up(user: User, needs: &Needs<'_>) -> Vec<String> {
    // Only a kernel before 3.5 refuses it.
    let _old_kernel: rustix::io::Result<()> = set_no_new_privs(true);
    if !rustix::process::geteuid().is_root() {
        keep_capabilities(CapabilitySet::empty());
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
            keep_capabilities(CapabilitySet::empty());
            return Vec::new();
        }
        let given = match trial(|| set_user(uid, gid), || directory.metadata()) {
            Trial::Refused => Err(io::ErrorKind::PermissionDenied.into()),
            _ => hand_over(directory, uid, gid),
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
        && let Err(error) = hand_over(directory, uid, gid)
    {
        lines.push(format!("{} can't be given to {uid}: {error}", directory.display()));
    }
    match set_user(uid, gid) {
        Ok(()) => lines.extend(unreadable(uid, needs)),
        Err(error) => lines.extend(stay(needs, &users_are_fixed(&error))),
    }
    lines
}

/// Goes on as root, without the capabilities that the upstream socket doesn't take.
fn stay(needs: &Needs<'_>, why: &str) -> Vec<String> {
    let without = || {
        keep_capabilities(CapabilitySet::empty());
        Ok(())
    };
    let writable = |socket| Ok(rustix::fs::access(socket, Access::WRITE_OK)?);
    let kept = match needs.socket.map(|socket| trial(without, || writable(socket))) {
        Some(Trial::Refused) => CapabilitySet::DAC_OVERRIDE,
        _ => CapabilitySet::empty(),
    };
    keep_capabilities(kept);
    vec![format!(
        "this process stays root, without the capabilities that it doesn't need: {why}; --user \
         UID:GID names whom to become, --user root says that this is meant"
    )]
}

fn users_are_fixed(error: &io::Error) -> String {
    format!("users can't be changed here: {error}")
}

fn owner_is_root(path: &Path) -> bool {
    path.metadata().is_ok_and(|metadata| metadata.uid() == 0)
}

/// A line for each file that can't be read again.
fn unreadable(uid: u32, needs: &Needs<'_>) -> Vec<String> {
    let unreadable = needs.files.iter().filter(|file| File::open(file).is_err());
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
    let (user, group) = (Uid::from_raw(uid), Gid::from_raw(gid));
    empty_bounding_set();
    set_thread_groups(&[])?;
    set_thread_res_gid(group, group, group)?;
    // Who leaves user 0 loses all capabilities (capabilities(7)).
    set_thread_res_uid(user, user, user)?;
    keep_capabilities(CapabilitySet::empty());
    Ok(())
}

/// Giving up is never refused; a kernel that knows no capabilities has none to keep.
fn keep_capabilities(wanted: CapabilitySet) {
    empty_bounding_set();
    let _unknown: rustix::io::Result<()> = clear_ambient_capability_set();
    let had = capabilities(None).map_or(CapabilitySet::empty(), |had| had.permitted);
    let kept = wanted & had;
    let none = CapabilitySet::empty();
    let sets = CapabilitySets { effective: kept, permitted: kept, inheritable: none };
    let _unknown: rustix::io::Result<()> = set_capabilities(None, sets);
}

/// So that no program that it could start gets one back. It takes `CAP_SETPCAP`.
fn empty_bounding_set() {
    for capability in CapabilitySet::all().iter() {
        let _not_permitted: rustix::io::Result<()> =
            remove_capability_from_bounding_set(capability);
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt as _;
    use std::os::unix::net::UnixListener;

    use super::*;

    /// In a thread of its own, whose rights are not the other tests'.
    #[test]
    fn on_a_host_a_directory_of_roots_stays_roots_and_so_does_the_process_without_capabilities() {
        if !testkit::skip::require_root() {
            return;
        }
        let folder = tempfile::tempdir().unwrap();
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
        let path = folder.path().join("docker.sock");
        let _listener = UnixListener::bind(&path).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o660)).unwrap();
        let gone_on = thread::spawn({
            let directory = folder.path().to_owned();
            move || {
                let needs = Needs {
                    socket: Some(&path),
                    directory: Some(&directory),
                    files: Vec::new(),
                    engine_answered: Cell::new(false),
                    in_container: false,
                };
                let lines = give_up(User::Nonroot, &needs);
                let kept = capabilities(None).unwrap().permitted;
                (lines, kept)
            }
        });
        assert_eq!(gone_on.join().unwrap(), (Vec::new(), CapabilitySet::empty()));
        assert!(owner_is_root(folder.path()));
    }
}
