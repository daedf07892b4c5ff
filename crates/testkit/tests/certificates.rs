//! What is made for tests is what another implementation takes it for.

#![expect(clippy::unwrap_used, reason = "to a test a panic is an answer")]

use std::fs;
use std::path::Path;

use testkit::certificates::{Authority, Issued, Key, KeyForm, Leaf};
use testkit::{Program, requires_tool};

#[test]
fn openssl_verifies_a_clients_certificate_with_each_kind_of_key() {
    requires_tool!("openssl");
    let authority = Authority::new("authority");
    for key in [Key::P256, Key::Rsa2048] {
        let issued = authority.issue(&Leaf::client("x").key(key).unit("role:monitor"));
        assert_eq!(verify(&issued, "sslclient"), "OK", "{key:?}");
        let text = x509(&issued.certificate());
        assert!(text.contains("OU = role:monitor") && text.contains("CN = x"), "{text}");
    }
}

#[test]
fn openssl_says_why_it_refuses_the_others() {
    requires_tool!("openssl");
    let authority = Authority::new("authority");
    let other = Authority::new("another");
    let trusted = authority.issue(&Leaf::client("trusted"));
    for (issued, why) in [
        (authority.issue(&Leaf::client("x").expired()), "certificate has expired"),
        (authority.issue(&Leaf::client("x").not_yet_valid()), "certificate is not yet valid"),
        (authority.issue(&Leaf::server(&["localhost"])), "unsuitable certificate purpose"),
        (
            other.issue(&Leaf::client("x")).trusting(&trusted.ca()),
            "unable to get local issuer certificate",
        ),
    ] {
        let said = verify(&issued, "sslclient");
        assert!(said.contains(why), "{said}");
    }
}

#[test]
fn an_authority_from_files_signs_as_it_did_before() {
    requires_tool!("openssl");
    let folder = tempfile::tempdir().unwrap();
    let (certificate, key) = (folder.path().join("cert.pem"), folder.path().join("key.pem"));
    for before in [Authority::new("authority"), Authority::like_dinds("docker:dind CA")] {
        fs::write(&certificate, before.pem()).unwrap();
        fs::write(&key, before.key_pem()).unwrap();
        let issued = Authority::load(&certificate, &key).issue(&Leaf::client("x"));
        assert_eq!(verify(&issued, "sslclient"), "OK");
    }
    let dinds = x509(&certificate);
    assert!(dinds.contains("4096 bit") && !dinds.contains("Key Usage"), "{dinds}");
}

#[test]
fn a_key_can_be_written_in_every_form() {
    requires_tool!("openssl");
    let authority = Authority::new("authority");
    for (key, form, first_line) in [
        (Key::Rsa2048, KeyForm::Traditional, "-----BEGIN RSA PRIVATE KEY-----"),
        (Key::P256, KeyForm::Traditional, "-----BEGIN EC PRIVATE KEY-----"),
        (Key::P256, KeyForm::WithParameters, "-----BEGIN EC PARAMETERS-----"),
        (Key::P256, KeyForm::Encrypted, "-----BEGIN ENCRYPTED PRIVATE KEY-----"),
        (Key::Rsa2048, KeyForm::TraditionalEncrypted, "-----BEGIN RSA PRIVATE KEY-----"),
    ] {
        let issued = authority.issue(&Leaf::client("x").key(key)).key_as(form);
        let pem = fs::read_to_string(issued.key()).unwrap();
        assert_eq!(pem.lines().next(), Some(first_line), "{form:?}");
        let encrypted = matches!(form, KeyForm::Encrypted | KeyForm::TraditionalEncrypted);
        assert_eq!(pem.contains("ENCRYPTED"), encrypted, "{form:?}");
        let read = Program::new("openssl")
            .args(["pkey", "-noout", "-passin", "pass:secret", "-in"])
            .arg(issued.key())
            .run();
        assert!(read.status.success(), "{form:?}");
    }
}

/// `OK`, or what `openssl verify` says.
fn verify(issued: &Issued, purpose: &str) -> String {
    let output = Program::new("openssl")
        .args(["verify", "-purpose", purpose, "-CAfile"])
        .arg(issued.ca())
        .arg(issued.certificate())
        .run();
    if output.status.success() {
        return "OK".to_owned();
    }
    String::from_utf8(output.stderr).unwrap()
}

fn x509(certificate: &Path) -> String {
    let output =
        Program::new("openssl").args(["x509", "-noout", "-text", "-in"]).arg(certificate).run();
    String::from_utf8(output.stdout).unwrap()
}
