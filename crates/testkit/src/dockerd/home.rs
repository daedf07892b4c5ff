//! The folder in which a dockerd of the tests lives.

use std::fs;
use std::path::{Path, PathBuf};

use super::Release;
use crate::binary;

/// A new one, directly in `/tmp`: the path of a socket may not be longer than 107 bytes.
///
/// Everybody may pass through it, as through `/run`: a bridge drops root's rights.
pub(super) fn create() -> PathBuf {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::Builder::new()
        .prefix(PREFIX)
        .disable_cleanup(true)
        .tempdir_in("/tmp")
        .expect("cannot create a folder in /tmp")
        .keep();
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o711)).expect("cannot set its mode");
    folder
}

pub(super) fn socket(folder: &Path) -> PathBuf {
    folder.join("docker.sock")
}

pub(super) fn pid_file(folder: &Path) -> PathBuf {
    folder.join("pid")
}

pub(super) fn log(folder: &Path) -> PathBuf {
    folder.join("log")
}

pub(super) fn logs(folder: &Path) -> String {
    fs::read_to_string(log(folder)).unwrap_or_default()
}

/// The cgroup of its containers: as its folder is called, so that no other Engine has it.
pub(super) fn cgroup(folder: &Path) -> String {
    let name = folder.file_name().expect("a folder has a name");
    name.to_string_lossy().into_owned()
}

/// The id in its pid file.
pub(super) fn pid(folder: &Path) -> Option<u32> {
    fs::read_to_string(pid_file(folder)).ok()?.trim().parse().ok()
}

/// Whether it is such a folder; nothing else is ever cleaned up.
pub(super) fn is_one(folder: &Path) -> bool {
    folder.parent() == Some(Path::new("/tmp")) && cgroup(folder).starts_with(PREFIX)
}

/// Where all tests of this checkout agree on the shared one.
pub(super) fn shared(release: Release) -> PathBuf {
    let user = rustix::process::getuid().as_raw();
    let folder = binary::scratch().join(format!("dockerd-{}-{user}", release.name()));
    fs::create_dir_all(&folder).expect("cannot create a folder for leases");
    folder
}

const PREFIX: &str = "docker-api-test-";
