//! Certificates that are the user's.

use rcgen::KeyPair;

use super::*;
use crate::pki::cert_dir::Kind;

/// Some of the files of a directory of ours, under other names.
fn taken(pairs: &[(&str, &str)]) -> Files {
    let whole = made();
    let mut files = empty();
    for (from, to) in pairs {
        files.insert(to, whole.get(from).unwrap().to_vec());
    }
    files
}

fn warning(material: &Material) -> &str {
    assert_eq!(material.warnings.len(), 1, "{:?}", material.warnings);
    &material.warnings[0]
}

#[test]
fn a_server_without_the_authoritys_key_is_served_and_not_renewed() {
    let files = taken(&[
        ("server/cert.pem", "server/cert.pem"),
        ("server/key.pem", "server/key.pem"),
        ("server/ca.pem", "server/ca.pem"),
    ]);
    assert_eq!(Kind::of(&files), Kind::Users);
    let material = material(&files, NOW);
    assert!(!material.own_authority);
    assert!(warning(&material).contains("/certs are served as they are and not renewed"));
}

#[test]
fn the_names_of_kubernetes_are_served() {
    let files = taken(&[
        ("server/cert.pem", "tls.crt"),
        ("server/key.pem", "tls.key"),
        ("ca/cert.pem", "ca.crt"),
    ]);
    assert_eq!(Kind::of(&files), Kind::Kubernetes);
    assert!(warning(&material(&files, NOW)).contains("tls.crt"));
}

#[test]
fn no_authority_for_clients_is_an_error() {
    for (files, missing) in [
        (taken(&[("server/cert.pem", "tls.crt"), ("server/key.pem", "tls.key")]), "/certs/ca.crt"),
        (
            taken(&[("server/cert.pem", "server/cert.pem"), ("server/key.pem", "server/key.pem")]),
            "/certs/server/ca.pem",
        ),
        (taken(&[("ca/cert.pem", "ca/cert.pem")]), "/certs/server/cert.pem"),
    ] {
        let error = load(&files, &dir(), NOW).unwrap_err().to_string();
        assert!(error.contains(missing), "{error}");
    }
}

#[test]
fn an_authority_whose_key_was_put_away_is_still_the_directorys() {
    let mut files = made();
    files.insert("ca/key.pem", b"-----BEGIN ENCRYPTED PRIVATE KEY-----\n".to_vec());
    assert_eq!(Kind::of(&files), Kind::Users);
    let material = material(&files, NOW);
    assert!(material.own_authority, "its roles go on meaning something");
    assert_eq!(material.record.clients().len(), 1);
    assert!(warning(&material).contains("encrypted"));
}

#[test]
fn a_pair_that_does_not_belong_together_is_an_error_that_names_both() {
    let other = KeyPair::generate().unwrap().serialize_pem();
    let mut files = made();
    files.insert("ca/key.pem", other.clone().into_bytes());
    let error = try_plan(files, &dir(), &["a"], true, NOW).unwrap_err().to_string();
    assert!(error.contains("/certs/ca/cert.pem and /certs/ca/key.pem"), "{error}");

    let mut files = taken(&[("server/cert.pem", "tls.crt"), ("ca/cert.pem", "ca.crt")]);
    files.insert("tls.key", other.into_bytes());
    let error = load(&files, &dir(), NOW).unwrap_err().to_string();
    assert!(error.contains("/certs/tls.crt and /certs/tls.key"), "{error}");
}

#[test]
fn a_file_that_is_empty_or_something_else_is_an_error_that_names_it() {
    let pairs =
        [("server/cert.pem", "tls.crt"), ("server/key.pem", "tls.key"), ("ca/cert.pem", "ca.crt")];
    for (_, path) in pairs {
        for content in ["", "something else", "-----BEGIN CERTIFICATE-----\n!\n"] {
            let mut files = taken(&pairs);
            files.insert(path, content.into());
            let error = load(&files, &dir(), NOW).unwrap_err().to_string();
            assert!(error.contains(&format!("/certs/{path}")), "{error}");
            assert!(!error.contains('\n'), "{error}");
        }
    }
}

#[test]
fn a_damaged_record_is_an_error_that_names_it() {
    let mut files = made();
    files.insert("ca/clients.json", b"[{".to_vec());
    let error = try_plan(files.clone(), &dir(), &["a"], true, NOW).unwrap_err().to_string();
    assert!(error.contains("/certs/ca/clients.json"), "{error}");
    assert!(load(&files, &dir(), NOW).is_err());
}
