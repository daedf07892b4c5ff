//! Directories that can't be written, are full, or are somebody else's.

use std::fs::{self, File, Permissions};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown};
use std::path::{Path, PathBuf};

use tempfile::TempDir;
use testkit::mount::Mount;
use testkit::skip::require_root;
use testkit::{Program, StandIn, ports, refusal, requires_tool, stream};

use crate::{assert_verifies, bridge_tls};

fn serve(dir: &Path) -> Program {
    let listen = format!("tcp://127.0.0.1:{}", ports::free_port());
    Program::ours("bridge-tls").args(["--listen", &listen, "--cert-dir"]).arg(dir)
}

#[test]
fn a_read_only_directory_is_served_from_and_an_empty_one_is_refused() {
    let Some(mount) = Mount::tmpfs_or_skip("size=4m") else { return };
    let engine = StandIn::start();
    mount.remount("ro");
    let (code, why) = refusal(&serve(&mount.path()));
    assert_eq!(code, 70);
    let wanted = format!("cannot write: {}: ", mount.path().display());
    assert!(why.starts_with(&wanted) && why.contains("name another with --cert-dir"), "{why}");

    mount.remount("rw");
    drop(bridge_tls(&engine).cert_dir(mount.path()).start());
    mount.remount("ro");
    let bridge = bridge_tls(&engine).cert_dir(mount.path()).args(["--san", "new"]).start();
    assert_eq!(stream::get(&bridge.endpoint(), "/_ping").text(), "OK");
    let line = bridge.wait_for_log_containing("; what is there is served");
    assert!(line.contains(" WARN ") && line.contains("Read-only file system"), "{line}");
    let warned = bridge.logs().lines().filter(|line| line.contains(" WARN ")).count();
    assert_eq!(warned, 1, "{}", bridge.logs());
}

#[test]
fn a_full_disk_is_an_error_and_leaves_nothing_half_made() {
    requires_tool!("openssl");
    if !require_root() {
        return;
    }
    let engine = StandIn::start();
    // From none to some, so that it is full at one write or another.
    for blocks in [0, 2, 4, 6, 7] {
        let Some(mount) = Mount::tmpfs_or_skip("size=64k") else { return };
        let filler = File::create(mount.root().join("filler")).unwrap();
        let room = (blocks + 1) * 4096;
        let all = rustix::fs::FallocateFlags::empty();
        rustix::fs::fallocate(&filler, all, 0, 65536 - room).unwrap();
        let (code, why) = refusal(&serve(&mount.path()));
        assert_eq!(code, 70, "{why}");
        assert!(why.starts_with("cannot write: "), "{why}");
        assert!(why.ends_with("; make room on the disk"), "{why}");
        for folder in ["ca", "server", "client"] {
            for file in fs::read_dir(mount.path().join(folder)).into_iter().flatten().flatten() {
                let name = file.file_name();
                assert!(file.metadata().unwrap().len() > 0, "{} is empty", name.display());
                assert!(!name.to_string_lossy().starts_with('.'), "{} is left", name.display());
            }
        }
        filler.set_len(0).unwrap();
        let bridge = bridge_tls(&engine).cert_dir(mount.path()).start();
        assert_eq!(stream::get(&bridge.endpoint(), "/_ping").text(), "OK");
        assert_verifies(&mount.path());
    }
}

#[test]
fn root_makes_files_in_somebodys_directory_that_are_that_somebodys() {
    if !require_root() {
        return;
    }
    let engine = StandIn::start();
    let folder = TempDir::new().unwrap();
    // What lies above is root's alone.
    fs::set_permissions(folder.path(), Permissions::from_mode(0o700)).unwrap();
    let dir = folder.path().join("certs");
    fs::create_dir(&dir).unwrap();
    chown(&dir, Some(12345), Some(54321)).unwrap();
    let bridge = bridge_tls(&engine).cert_dir(&dir).start();
    let add = Program::ours("bridge-tls").args(["client", "add", "laptop", "--cert-dir"]);
    assert!(add.arg(&dir).run().status.success());
    assert_eq!(stream::get(&bridge.endpoint(), "/_ping").text(), "OK");
    let files = all_in(&dir);
    assert!(files.len() > 15, "{files:?}");
    for file in files {
        let metadata = fs::metadata(&file).unwrap();
        assert_eq!((metadata.uid(), metadata.gid()), (12345, 54321), "{}", file.display());
    }
}

fn all_in(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let below = |path: PathBuf| {
        let mut all = if path.is_dir() { all_in(&path) } else { Vec::new() };
        all.push(path);
        all
    };
    entries.flat_map(below).collect()
}
