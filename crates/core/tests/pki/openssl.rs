//! What is made stands before another implementation: openssl.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;

use docker_api_core::pki::clients;
use docker_api_core::pki::{CertDir, SystemRandom};
use tempfile::TempDir;
use testkit::requires_tool;
use time::OffsetDateTime;

use crate::common::{openssl, rustls_takes_both, start};

#[test]
fn an_empty_directory_becomes_one_that_openssl_verifies_strictly() {
    requires_tool!("openssl");
    let dir = TempDir::new().unwrap();
    let (_, material) = start(dir.path());
    assert!(material.own_authority);
    assert_eq!(material.warnings, [] as [String; 0]);
    let verify = "verify -x509_strict -check_ss_sig -CAfile ca/cert.pem";
    openssl(dir.path(), &format!("{verify} -purpose sslserver server/cert.pem"));
    openssl(dir.path(), &format!("{verify} -purpose sslclient client/cert.pem"));
    openssl(
        dir.path(),
        &format!("{verify} -crl_check -CRLfile ca/crl.pem -verify_ip 2001:db8::1 server/cert.pem"),
    );
    openssl(dir.path(), &format!("{verify} ca/cert.pem"));
    let server = openssl(dir.path(), "x509 -noout -text -in server/cert.pem");
    for text in [
        "TLS Web Server Authentication",
        "Digital Signature",
        "DNS:docker.example.com",
        "IP Address:127.0.0.1",
        "CA:FALSE",
        "Authority Key Identifier",
        "Subject Key Identifier",
    ] {
        assert!(server.contains(text), "{text} in {server}");
    }
    assert!(!server.contains("Client Authentication"));
    let authority = openssl(dir.path(), "x509 -noout -text -in ca/cert.pem");
    for text in ["CN = docker-api authority ", "CA:TRUE, pathlen:0", "Certificate Sign, CRL Sign"] {
        assert!(authority.contains(text), "{text} in {authority}");
    }
}

#[test]
fn rustls_takes_what_is_made() {
    let dir = TempDir::new().unwrap();
    start(dir.path());
    rustls_takes_both(dir.path(), "2001:db8::1", OffsetDateTime::now_utc());
}

#[test]
fn files_and_directories_have_the_modes_of_the_contract() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("certs");
    start(&path);
    for (file, mode) in [
        ("", 0o700),
        ("ca", 0o700),
        ("server", 0o700),
        ("client", 0o755),
        ("ca/key.pem", 0o600),
        ("ca/clients.json", 0o600),
        ("ca/cert.pem", 0o644),
        ("ca/crl.pem", 0o644),
        ("server/key.pem", 0o600),
        ("server/cert.pem", 0o644),
        ("server/ca.pem", 0o644),
        ("client/key.pem", 0o600),
        ("client/cert.pem", 0o644),
        ("client/ca.pem", 0o644),
    ] {
        let is = fs::metadata(path.join(file)).unwrap().permissions().mode() & 0o7777;
        assert_eq!(is, mode, "{file}: {is:o}");
    }
}

#[test]
fn a_client_with_a_role_verifies_until_it_is_revoked() {
    requires_tool!("openssl");
    let dir = TempDir::new().unwrap();
    let (now, random) = (OffsetDateTime::now_utc(), SystemRandom::default());
    let certs = CertDir::new(dir.path());
    let name = "laptop-1".parse().unwrap();
    clients::add_client(&certs, &name, Some("monitor"), None, now, &random).unwrap();
    let verify = "verify -x509_strict -purpose sslclient -crl_check -CRLfile ca/crl.pem \
                  -CAfile clients/laptop-1/ca.pem clients/laptop-1/cert.pem";
    openssl(dir.path(), verify);
    let subject = openssl(dir.path(), "x509 -noout -subject -in clients/laptop-1/cert.pem");
    assert!(subject.contains("CN = laptop-1, OU = role:monitor"), "{subject}");

    let revoked = clients::revoke_client(&certs, "LAPTOP-1", now).unwrap();
    assert_eq!(revoked.len(), 1);
    let listed = openssl(dir.path(), "crl -noout -text -in ca/crl.pem");
    assert!(listed.to_lowercase().contains(&revoked[0].serial.to_string()), "{listed}");
    let refused =
        Command::new("openssl").args(verify.split(' ')).current_dir(dir.path()).output().unwrap();
    let why = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(!refused.status.success() && why.contains("certificate revoked"), "{why}");
}
