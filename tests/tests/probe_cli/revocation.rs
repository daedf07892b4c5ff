//! A list of what an authority has revoked, by openssl.

use std::fs;
use std::path::PathBuf;

use tempfile::TempDir;
use testkit::certificates::{Authority, Issued};
use testkit::{DEADLINE, Program, process};

/// The list, in a folder of its own.
pub(crate) fn list(authority: &Authority, revoked: &Issued) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| folder.path().join(name);
    for (name, text) in [
        ("ca.cnf", SETTINGS),
        ("ca.pem", authority.pem()),
        ("ca-key.pem", authority.key_pem()),
        ("index.txt", ""),
    ] {
        fs::write(file(name), text).unwrap();
    }
    let openssl = |arguments: &[&str]| {
        let program = Program::new("openssl").args(["ca", "-config", "ca.cnf"]).args(arguments);
        let mut command = program.command();
        command.current_dir(folder.path());
        let output = process::finish(command, DEADLINE);
        assert!(output.status.success(), "{arguments:?}: {output:?}");
    };
    openssl(&["-revoke", revoked.certificate().to_str().unwrap()]);
    openssl(&["-gencrl", "-out", "crl.pem"]);
    let list = file("crl.pem");
    (folder, list)
}

const SETTINGS: &str = "[ca]\n\
    default_ca=authority\n\
    [authority]\n\
    database=index.txt\n\
    certificate=ca.pem\n\
    private_key=ca-key.pem\n\
    default_md=sha256\n\
    default_crl_days=30\n";
