//! `bridge-tls client` and `bridge-tls ca`: what they make is what openssl and docker take.

#![expect(clippy::panic, clippy::unwrap_used, reason = "to a test a panic is an answer")]

mod add;
mod clients;
mod hand_over;
mod user_files;

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;
use tempfile::TempDir;
use testkit::process::{clean_environment, finish};
use testkit::{DEADLINE, Program, refusal};

/// A directory of certificates that doesn't exist yet, in a folder of its own.
struct Certs {
    folder: TempDir,
}

impl Certs {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn text(&self, name: &str) -> String {
        self.path(name).display().to_string()
    }

    fn command(&self, words: &[&str]) -> Program {
        Program::ours("bridge-tls").args(words).args(["--cert-dir", &self.text("certs")])
    }

    /// Runs a command that ends well: what it prints on both outputs.
    fn run(&self, words: &[&str]) -> [String; 2] {
        let output = self.command(words).run();
        assert!(output.status.success(), "{words:?}: {output:?}");
        [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap())
    }

    fn printed(&self, words: &[&str]) -> String {
        let [stdout, _] = self.run(words);
        stdout
    }

    fn list(&self) -> Vec<Value> {
        let json = self.printed(&["client", "list", "--format", "json"]);
        serde_json::from_str::<Value>(&json).unwrap().as_array().unwrap().clone()
    }

    fn assert_refused(&self, words: &[&str], message: &str) {
        let (code, why) = refusal(&self.command(words));
        assert_eq!(why, message, "{words:?}");
        assert_eq!(code, 64, "{words:?}");
    }
}

/// What another program printed on standard output, ending well.
fn run(mut command: Command) -> String {
    clean_environment(&mut command);
    said(&finish(command, DEADLINE))
}

fn said(output: &Output) -> String {
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn openssl(arguments: &[&str]) -> String {
    let mut command = Command::new("openssl");
    command.args(arguments);
    run(command)
}

/// Files of a client, as openssl sees them: they belong together, and to the authority.
fn assert_usable(folder: &Path) {
    let file = |name: &str| folder.join(name).display().to_string();
    let verify = ["verify", "-x509_strict", "-purpose", "sslclient", "-CAfile", &file("ca.pem")];
    assert!(openssl(&[&verify[..], &[&file("cert.pem")]].concat()).ends_with(": OK\n"));
    let of_certificate = openssl(&["x509", "-in", &file("cert.pem"), "-noout", "-pubkey"]);
    let of_key = openssl(&["pkey", "-in", &file("key.pem"), "-pubout"]);
    assert_eq!(of_certificate, of_key);
    for (name, mode) in [("ca.pem", 0o644), ("cert.pem", 0o644), ("key.pem", 0o600)] {
        assert_eq!(mode_of(&folder.join(name)), mode, "{name}");
    }
}

fn mode_of(path: &Path) -> u32 {
    path.metadata().unwrap().permissions().mode() & 0o7777
}
