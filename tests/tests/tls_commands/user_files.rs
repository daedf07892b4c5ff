//! `--check` with certificates that the user manages: they are read, and nothing is made.

use std::fs;
use std::path::Path;

use testkit::{Program, refusal, requires_tool};

use crate::{Certs, openssl};

/// An authority, and two servers that it signed.
fn make(folder: &Path) {
    let file = |name: &str| folder.join(name).display().to_string();
    let key = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];
    let (authority, authority_key) = (file("ca.pem"), file("ca.key"));
    let signed = ["-CA", &authority, "-CAkey", &authority_key];
    for (name, signed) in [("ca", &[][..]), ("a", &signed), ("b", &signed)] {
        let (certificate, its_key) = (file(&format!("{name}.pem")), file(&format!("{name}.key")));
        let subject = format!("/CN={name}");
        let out = ["-out", &certificate, "-keyout", &its_key, "-subj", &subject, "-days", "30"];
        let extension = if name == "ca" { "CA:TRUE" } else { "CA:FALSE" };
        let extension = ["-addext", &format!("basicConstraints=critical,{extension}")];
        openssl(&[&key[..], signed, &out, &extension].concat());
    }
}

fn check(folder: &Path, certificate: &str, key: &str) -> Program {
    let file = |name: &str| folder.join(name).display().to_string();
    Program::ours("bridge-tls").arg("--check").args([
        "--tlscacert",
        &file("ca.pem"),
        "--tlscert",
        &file(certificate),
        "--tlskey",
        &file(key),
    ])
}

#[test]
fn a_check_of_files_that_belong_together_names_them() {
    requires_tool!("openssl");
    let folder = tempfile::tempdir().unwrap();
    make(folder.path());
    let before = fs::read_dir(folder.path()).unwrap().count();
    let output = check(folder.path(), "a.pem", "a.key").args(["--ca-days", "1"]).run();
    assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
    let table = String::from_utf8(output.stdout).unwrap();
    let end = format!(
        "  certificate      {folder}/a.pem\n  key              {folder}/a.key\n  authority        \
         {folder}/ca.pem\n  default role     the listener's\nwarning: beside --tlscert nothing is made, so \
         this does nothing: --ca-days\n",
        folder = folder.path().display()
    );
    assert!(table.ends_with(&end), "{table}");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), before);
}

#[test]
fn a_check_of_files_that_cannot_be_served_says_which() {
    requires_tool!("openssl");
    let folder = tempfile::tempdir().unwrap();
    make(folder.path());
    fs::write(folder.path().join("empty"), "").unwrap();
    for (certificate, key, named) in [
        ("a.pem", "b.key", "the key doesn't belong to the certificate: "),
        ("a.pem", "nowhere", "/nowhere: there is no such file; --tlskey names"),
        ("empty", "a.key", "/empty: holds no certificate"),
        ("a.pem", "empty", "/empty: holds no private key"),
    ] {
        let (code, why) = refusal(&check(folder.path(), certificate, key));
        assert_eq!(code, 64, "{why}");
        assert!(why.contains(named), "{why}");
    }
}

#[test]
fn a_check_reads_what_is_in_the_directory_of_certificates_too() {
    let certs = Certs::new();
    certs.run(&["client", "add", "laptop", "--host", "h"]);
    certs.run(&["--check"]);
    let (ca, list) = (certs.path("certs/ca"), certs.text("nowhere"));
    certs.assert_refused(
        &["--check", "--tlscrl", &list],
        &format!(
            "cannot read: {list}: there is no such file; --tlscrl names a revocation list, PEM or \
             DER"
        ),
    );
    fs::write(certs.path("certs/tls.crt"), "").unwrap();
    let [certificate, key] = ["certs/tls.crt", "certs/tls.key"].map(|name| certs.text(name));
    certs.assert_refused(
        &["--check"],
        &format!(
            "cannot read: {key}: there is no such file; put the key of the server's certificate there"
        ),
    );
    fs::remove_file(certificate).unwrap();
    fs::copy(certs.path("certs/clients/laptop/key.pem"), ca.join("key.pem")).unwrap();
    let [certificate, key] = ["cert.pem", "key.pem"].map(|name| ca.join(name));
    certs.assert_refused(
        &["--check"],
        &format!(
            "the key doesn't belong to the certificate: {} and {}; put the right pair there",
            certificate.display(),
            key.display()
        ),
    );
}
