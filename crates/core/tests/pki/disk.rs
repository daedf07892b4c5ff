//! Directories that can't be written, are full, or are somebody else's.

use std::fs::{self, File};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown, symlink};

use docker_api_core::pki::clients;
use docker_api_core::pki::{CertDir, PkiError, SystemRandom};
use tempfile::TempDir;
use testkit::mount::Mount;
use testkit::skip::require_root;
use time::{Duration, OffsetDateTime};

use crate::common::{names, start, try_start};

#[test]
fn a_read_only_directory_is_served_from_what_is_there() {
    let Some(mount) = Mount::tmpfs_or_skip("size=4m") else { return };
    let path = mount.path();
    let (_, first) = start(&path);
    mount.remount("ro");
    let (_, again) = start(&path);
    assert_eq!(again.chain, first.chain);
    assert_eq!(again.warnings, [] as [String; 0], "nothing is due");

    let now = OffsetDateTime::now_utc();
    let (mut keeper, due) = try_start(&path, &names(&["new"]), now).unwrap();
    assert_eq!(due.chain, first.chain);
    assert!(due.warnings[0].contains("what is there is served"), "{:?}", due.warnings);
    let (later, random) = (now + Duration::minutes(2), SystemRandom::default());
    assert!(keeper.look(&names(&["new"]), later, &random).unwrap().is_none(), "told once");
    mount.remount("rw");
    let later = later + Duration::minutes(2);
    let mended = keeper.look(&names(&["new"]), later, &random).unwrap().unwrap();
    assert_eq!(mended.names, names(&["new"]).as_slice());
}

#[test]
fn an_empty_read_only_directory_is_an_error_that_says_what_to_do() {
    let Some(mount) = Mount::tmpfs_or_skip("size=4m") else { return };
    mount.remount("ro");
    let error = try_start(&mount.path(), &names(&["a"]), OffsetDateTime::now_utc()).unwrap_err();
    let text = error.to_string();
    assert!(text.contains(&mount.path().display().to_string()), "{text}");
    assert!(text.contains("--cert-dir") && !text.contains('\n'), "{text}");
}

#[test]
fn a_full_disk_leaves_nothing_half_made() {
    if !require_root() {
        return;
    }
    // From none to enough, so that it is full at each of the writes once.
    let mut failed = 0;
    for blocks in 0..14 {
        let Some(mount) = Mount::tmpfs_or_skip("size=64k") else { return };
        let filler = File::create(mount.root().join("filler")).unwrap();
        let room = (blocks + 1) * 4096;
        rustix::fs::fallocate(&filler, rustix::fs::FallocateFlags::empty(), 0, 65536 - room)
            .unwrap();
        let now = OffsetDateTime::now_utc();
        if let Err(error) = try_start(&mount.path(), &names(&["a"]), now) {
            assert!(error.to_string().contains("make room on the disk"), "{error}");
            failed += 1;
        }
        for folder in ["ca", "server", "client"] {
            for file in fs::read_dir(mount.path().join(folder)).into_iter().flatten().flatten() {
                let length = file.metadata().unwrap().len();
                assert!(length > 0, "{} is half-made", file.path().display());
                assert!(!file.file_name().to_string_lossy().starts_with('.'));
            }
        }
        filler.set_len(0).unwrap();
        let (_, material) = start(&mount.path());
        assert!(material.own_authority);
    }
    assert!(failed > 5, "{failed} starts found the disk full");
}

#[test]
fn somebody_elses_directory_is_written_as_its_owner() {
    if !require_root() {
        return;
    }
    let temp = TempDir::new().unwrap();
    let path = temp.path().join("certs");
    fs::create_dir(&path).unwrap();
    chown(&path, Some(12345), Some(54321)).unwrap();
    start(&path);
    let (now, random) = (OffsetDateTime::now_utc(), SystemRandom::default());
    let name = "laptop".parse().unwrap();
    let certs = CertDir::new(&path);
    clients::add_client(&certs, &name, None, None, now, &random).unwrap();
    for file in ["ca/key.pem", "server/key.pem", "clients/laptop/key.pem", "ca"] {
        let metadata = fs::metadata(path.join(file)).unwrap();
        assert_eq!((metadata.uid(), metadata.gid()), (12345, 54321), "{file}");
    }
    assert!(rustix::process::geteuid().is_root(), "only a thread of its own changed");
}

#[test]
fn an_owner_cannot_lead_root_to_files_by_a_link() {
    if !require_root() {
        return;
    }
    let temp = TempDir::new().unwrap();
    let (path, secret) = (temp.path().join("certs"), temp.path().join("secret"));
    for folder in [&path, &secret] {
        fs::create_dir(folder).unwrap();
    }
    fs::set_permissions(temp.path(), fs::Permissions::from_mode(0o711)).unwrap();
    fs::set_permissions(&secret, fs::Permissions::from_mode(0o700)).unwrap();
    fs::write(secret.join("key"), "secret").unwrap();
    chown(&path, Some(12345), Some(54321)).unwrap();

    symlink(&secret, path.join("ca")).unwrap();
    let now = OffsetDateTime::now_utc();
    assert!(try_start(&path, &names(&["a"]), now).is_err());
    assert_eq!(fs::read_dir(&secret).unwrap().count(), 1, "nothing was written there");

    fs::remove_file(path.join("ca")).unwrap();
    fs::create_dir(path.join("ca")).unwrap();
    symlink(secret.join("key"), path.join("ca/key.pem")).unwrap();
    let error = try_start(&path, &names(&["a"]), now).unwrap_err();
    assert!(matches!(error, PkiError::Read(..)), "{error}");
}

#[test]
fn a_folder_that_is_a_link_is_not_written_through() {
    let temp = TempDir::new().unwrap();
    let (path, elsewhere) = (temp.path().join("certs"), temp.path().join("elsewhere"));
    for folder in [&path, &elsewhere] {
        fs::create_dir(folder).unwrap();
    }
    symlink(&elsewhere, path.join("server")).unwrap();
    let error = try_start(&path, &names(&["a"]), OffsetDateTime::now_utc()).unwrap_err();
    assert!(error.to_string().contains("a link is in the place of a directory"), "{error}");
    assert_eq!(fs::read_dir(&elsewhere).unwrap().count(), 0);
}
