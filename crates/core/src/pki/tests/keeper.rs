//! The keeper, before real directories.

use std::fs;
use std::os::unix::fs::symlink;
use std::thread;

use tempfile::TempDir;

use super::*;
use crate::pki::clients;
use crate::pki::{Keeper, Source, UserFiles};

fn source(path: &Path) -> Source {
    Source::CertDir { dir: CertDir::new(path), crl: None }
}

fn start(path: &Path) -> (Keeper, Material) {
    Keeper::start(source(path), &names(&["a"]), NOW, &SystemRandom::default()).unwrap()
}

fn look(keeper: &mut Keeper, now: OffsetDateTime) -> Option<Material> {
    keeper.look(&names(&["a"]), now, &SystemRandom::default()).unwrap()
}

#[test]
fn nothing_is_given_while_nothing_changes() {
    let temp = TempDir::new().unwrap();
    let (mut keeper, _) = start(temp.path());
    assert!(look(&mut keeper, NOW).is_none());
    assert!(look(&mut keeper, NOW + days(1)).is_none());
}

#[test]
fn a_second_start_serves_what_the_first_made() {
    let temp = TempDir::new().unwrap();
    let (_, first) = start(temp.path());
    let (_, second) = start(temp.path());
    assert_eq!(first.chain, second.chain);
    assert_eq!(first.authorities, second.authorities);
}

#[test]
fn two_starts_at_once_on_an_empty_directory_agree() {
    let temp = TempDir::new().unwrap();
    let path = temp.path().join("made/by/both");
    let chains: Vec<_> = thread::scope(|scope| {
        let starts = [0; 6].map(|_| scope.spawn(|| start(&path).1.chain));
        starts.into_iter().map(|start| start.join().unwrap()).collect()
    });
    assert!(chains.iter().all(|chain| *chain == chains[0]));
}

#[test]
fn a_renewal_and_new_names_are_given() {
    let temp = TempDir::new().unwrap();
    let (mut keeper, first) = start(temp.path());
    let renewed = look(&mut keeper, NOW + days(61)).unwrap();
    assert_ne!(renewed.chain, first.chain);
    assert_eq!(renewed.authorities, first.authorities);
    let more = names(&["a", "b"]);
    let random = SystemRandom::default();
    let soon = NOW + days(61) + Duration::seconds(30);
    assert!(keeper.look(&more, soon, &random).unwrap().is_none(), "once a minute at most");
    let later = NOW + days(61) + Duration::minutes(1);
    let named = keeper.look(&more, later, &random).unwrap().unwrap();
    assert_eq!(named.names, more.as_slice());
}

#[test]
fn a_revocation_beside_a_running_server_is_seen() {
    let temp = TempDir::new().unwrap();
    let (mut keeper, _) = start(temp.path());
    let dir = CertDir::new(temp.path());
    let random = SystemRandom::default();
    let name = "laptop".parse().unwrap();
    let client = clients::add_client(&dir, &name, None, None, NOW, &random).unwrap();
    let added = look(&mut keeper, NOW).unwrap();
    let revoked = |material: &Material| {
        material.record.is_revoked(&material.authority, client.serial.as_bytes())
    };
    assert!(!revoked(&added));
    clients::revoke_client(&dir, &client.serial.to_string(), NOW).unwrap();
    assert!(revoked(&look(&mut keeper, NOW).unwrap()));
}

#[test]
fn a_broken_file_is_told_once_and_what_was_stays_until_it_is_mended() {
    let temp = TempDir::new().unwrap();
    let (mut keeper, _) = start(temp.path());
    let path = temp.path().join("ca/clients.json");
    let whole = fs::read(&path).unwrap();
    fs::write(&path, "[").unwrap();
    let random = SystemRandom::default();
    let error = keeper.look(&names(&["a"]), NOW, &random).unwrap_err().to_string();
    assert!(error.contains("clients.json"), "{error}");
    assert!(look(&mut keeper, NOW).is_none());
    assert!(look(&mut keeper, NOW + days(1)).is_none());
    fs::write(&path, whole).unwrap();
    assert!(look(&mut keeper, NOW + days(1)).is_none(), "it is as it was");
    fs::write(&path, "[").unwrap();
    assert!(keeper.look(&names(&["a"]), NOW + days(2), &random).is_err(), "it broke again");
}

#[test]
fn a_secret_of_kubernetes_is_swapped_by_its_links() {
    let temp = TempDir::new().unwrap();
    for version in ["one", "two"] {
        let (_, folder) =
            (start(&temp.path().join(format!("made-{version}"))), temp.path().join(version));
        fs::create_dir(&folder).unwrap();
        for (from, to) in [
            ("server/cert.pem", "tls.crt"),
            ("server/key.pem", "tls.key"),
            ("ca/cert.pem", "ca.crt"),
        ] {
            fs::copy(temp.path().join(format!("made-{version}")).join(from), folder.join(to))
                .unwrap();
        }
    }
    let mounted = temp.path().join("mounted");
    fs::create_dir(&mounted).unwrap();
    symlink("../one", mounted.join("..data")).unwrap();
    for name in ["tls.crt", "tls.key", "ca.crt"] {
        symlink(format!("..data/{name}"), mounted.join(name)).unwrap();
    }
    let (mut keeper, first) = start(&mounted);
    assert!(look(&mut keeper, NOW).is_none());
    symlink("../two", mounted.join("..data_tmp")).unwrap();
    fs::rename(mounted.join("..data_tmp"), mounted.join("..data")).unwrap();
    let second = look(&mut keeper, NOW).unwrap();
    assert_ne!(first.chain, second.chain);
    assert_ne!(first.authorities, second.authorities);
    assert_eq!(second.warnings, [] as [String; 0], "a warning is given once");
}

#[test]
fn a_half_written_pair_takes_effect_when_it_is_whole() {
    let (temp, other) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    start(temp.path());
    start(other.path());
    let at = |name| temp.path().join(name);
    let files = UserFiles {
        certificate: at("server/cert.pem"),
        key: at("server/key.pem"),
        authority: at("ca/cert.pem"),
        crl: None,
    };
    let random = SystemRandom::default();
    let (mut keeper, first) =
        Keeper::start(Source::Files(files), &names(&[]), NOW, &random).unwrap();
    assert!(!first.own_authority);
    fs::copy(other.path().join("server/cert.pem"), at("server/cert.pem")).unwrap();
    let error = keeper.look(&names(&[]), NOW, &random).unwrap_err();
    assert!(matches!(error, PkiError::Mismatch { .. }), "{error}");
    assert!(keeper.look(&names(&[]), NOW, &random).unwrap().is_none());
    fs::copy(other.path().join("server/key.pem"), at("server/key.pem")).unwrap();
    let second = keeper.look(&names(&[]), NOW, &random).unwrap().unwrap();
    assert_ne!(first.chain, second.chain);
}

#[test]
fn what_a_killed_process_left_is_cleaned_away() {
    let temp = TempDir::new().unwrap();
    start(temp.path());
    let left = temp.path().join("server/.key.pem.new");
    fs::write(&left, "half").unwrap();
    start(temp.path());
    assert!(!left.exists());
}

#[test]
fn a_directory_or_a_missing_file_in_place_of_a_users_file_is_named() {
    let temp = TempDir::new().unwrap();
    let files = UserFiles {
        certificate: temp.path().into(),
        key: temp.path().join("none"),
        authority: temp.path().into(),
        crl: None,
    };
    let random = SystemRandom::default();
    let fails = |files: &UserFiles| {
        let source = Source::Files(files.clone());
        Keeper::start(source, &names(&[]), NOW, &random).unwrap_err().to_string()
    };
    assert!(fails(&files).contains("it is a directory"), "{}", fails(&files));
    let files = UserFiles { certificate: temp.path().join("no-cert"), ..files };
    assert!(
        fails(&files).contains("no-cert: there is no such file; --tlscert"),
        "{}",
        fails(&files)
    );
}
