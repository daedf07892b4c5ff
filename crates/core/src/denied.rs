//! Why a unix socket's file may not be opened: closed by modes, or by what stands beside them.

use std::fmt;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use rustix::process::{getegid, geteuid, getgroups};

/// What keeps this process from a socket that answers with "permission denied".
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Denied {
    /// It can't even be looked at: a directory above it is closed, or [`Module`](Self::Module).
    Above,
    /// Its mode lets in others, of whom this process is none.
    Mode,
    /// Its mode lets this process in: it is a security module, such as `SELinux`.
    Module,
}

impl Denied {
    /// Finds out by what is seen of the file.
    pub fn find(path: &Path) -> Self {
        let Ok(file) = path.metadata() else { return Self::Above };
        let groups = getgroups().unwrap_or_default();
        let groups: Vec<_> =
            groups.into_iter().chain([getegid()]).map(rustix::fs::Gid::as_raw).collect();
        let user = geteuid().as_raw();
        if lets_in(file.mode(), (file.uid(), file.gid()), user, &groups) {
            Self::Module
        } else {
            Self::Mode
        }
    }
}

/// What to do about it.
impl fmt::Display for Denied {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Above => write!(
                f,
                "a directory above it is closed to this user (run as its owner, often root), or \
                 SELinux keeps it from here: {LABELS}"
            ),
            Self::Mode => {
                f.write_str("run as root, or with the group that owns the socket (often `docker`)")
            }
            Self::Module => write!(
                f,
                "its mode lets this user in, so it's a security module such as SELinux that \
                 doesn't: {LABELS}"
            ),
        }
    }
}

const LABELS: &str = "a container gets past SELinux (Fedora, RHEL) with `--security-opt \
                      label=disable` (Quadlet: SecurityLabelDisable=true)";

/// Whether a mode lets somebody connect, which is to write (unix(7)). The first that fits counts:
/// owner, group, others.
fn lets_in(mode: u32, (owner, group): (u32, u32), user: u32, groups: &[u32]) -> bool {
    let writable = if user == owner {
        0o200
    } else if groups.contains(&group) {
        0o020
    } else {
        0o002
    };
    mode & writable != 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_of_owner_group_and_others_that_fits_counts() {
        let docker = |mode, user, groups: &[u32]| lets_in(mode, (0, 990), user, groups);
        assert!(docker(0o660, 0, &[0]));
        assert!(docker(0o660, 65532, &[990]));
        assert!(docker(0o660, 65532, &[1, 990]));
        assert!(!docker(0o660, 65532, &[65532]));
        assert!(docker(0o666, 65532, &[65532]));
        assert!(!docker(0o600, 65532, &[990]));
        assert!(!docker(0o060, 0, &[990]), "the owner's bits are the owner's");
        assert!(!docker(0o440, 0, &[0]), "to read is not enough");
    }

    #[test]
    fn what_a_mode_allows_is_refused_by_something_else() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("docker.sock");
        let _listener = std::os::unix::net::UnixListener::bind(&path).unwrap();
        assert_eq!(Denied::find(&path), Denied::Module);
        assert_eq!(Denied::find(&folder.path().join("none")), Denied::Above);
    }
}
