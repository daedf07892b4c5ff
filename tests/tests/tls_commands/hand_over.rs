//! What `client add` hands over: files for `DOCKER_CERT_PATH` and for `docker context import`.

use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown, symlink};
use std::path::Path;
use std::process::Command;

use serde_json::Value;
use testkit::process::{clean_environment, finish, finish_with_input};
use testkit::{DEADLINE, requires_tool, skip};

use crate::{Certs, assert_usable, mode_of, openssl, said};

#[test]
fn out_receives_the_three_files_with_the_role_and_the_life_that_were_asked_for() {
    requires_tool!("openssl");
    let certs = Certs::new();
    let out = certs.text("of/ci");
    let words = ["client", "add", "ci", "--role", "full", "--days", "30", "--out", &out];
    let [stdout, stderr] = certs.run(&[&words[..], &["--host", "h"]].concat());
    assert!(stdout.ends_with(&format!("export DOCKER_CERT_PATH={out}\n")), "{stdout}");
    assert!(stderr.contains(", role full, until "), "{stderr}");
    assert_usable(Path::new(&out));
    assert_eq!(mode_of(Path::new(&out)), 0o700);
    let certificate = format!("{out}/cert.pem");
    let end = |seconds: u32| {
        let mut command = Command::new("openssl");
        let seconds = seconds.to_string();
        command.args(["x509", "-in", &certificate, "-noout", "-checkend", &seconds]);
        clean_environment(&mut command);
        finish(command, DEADLINE).status.success()
    };
    let day = 24 * 60 * 60;
    assert!(end(29 * day) && !end(31 * day));
    let subject =
        openssl(&["x509", "-in", &certificate, "-noout", "-subject", "-nameopt", "RFC2253"]);
    assert!(subject.contains("OU=role:full") && subject.contains("CN=ci"), "{subject}");
    assert_eq!(certs.list()[0]["role"], "full");
}

#[test]
fn the_file_of_a_context_is_what_docker_imports() {
    requires_tool!("docker");
    let certs = Certs::new();
    let file = certs.text("laptop context.tar");
    let words = ["client", "add", "laptop", "--host", "docker.example:443", "--context", &file];
    assert_eq!(certs.printed(&words), format!("docker context import laptop '{file}'\n"));
    assert_eq!(mode_of(Path::new(&file)), 0o600);

    let docker = |words: &[&str], input: &[u8]| {
        let mut command = Command::new("docker");
        clean_environment(&mut command).args(words).env("DOCKER_CONFIG", certs.path("docker"));
        said(&finish_with_input(command, input, DEADLINE))
    };
    docker(&["context", "import", "laptop", &file], b"");
    let words = ["client", "add", "ci", "--host", "docker.example", "--context", "-"];
    let output = certs.command(&words).run();
    assert!(output.status.success(), "{output:?}");
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(stderr.ends_with("\ndocker context import ci -\n"), "{stderr}");
    docker(&["context", "import", "ci", "-"], &output.stdout);

    for (name, host) in [("laptop", "docker.example:443"), ("ci", "docker.example:2376")] {
        let json = docker(&["context", "inspect", name], b"");
        let context = &serde_json::from_str::<Value>(&json).unwrap()[0];
        let endpoint = &context["Endpoints"]["docker"];
        assert_eq!(endpoint["Host"], format!("tcp://{host}"));
        assert_eq!(endpoint["SkipTLSVerify"], false);
        let stored = Path::new(context["Storage"]["TLSPath"].as_str().unwrap()).join("docker");
        for file in ["ca.pem", "cert.pem", "key.pem"] {
            let kept = certs.path("certs/clients").join(name).join(file);
            assert_eq!(fs::read(stored.join(file)).unwrap(), fs::read(kept).unwrap(), "{file}");
        }
    }
}

#[test]
fn nothing_that_is_there_is_overwritten_and_nothing_is_made_then() {
    let certs = Certs::new();
    fs::create_dir(certs.path("out")).unwrap();
    fs::write(certs.path("out/key.pem"), "mine").unwrap();
    symlink("/nowhere", certs.path("link")).unwrap();
    for (flag, value, file) in [("--out", "out", "out/key.pem"), ("--context", "link", "link")] {
        certs.assert_refused(
            &["client", "add", "laptop", flag, &certs.text(value)],
            &format!(
                "bad setting: {flag}: {} is there already and isn't overwritten (remove it, or \
                 name another)",
                certs.text(file)
            ),
        );
    }
    assert_eq!(fs::read(certs.path("out/key.pem")).unwrap(), b"mine");
    assert!(!certs.path("certs").exists());
}

#[test]
fn a_client_whose_files_cannot_be_handed_over_is_told_where_they_are() {
    let certs = Certs::new();
    fs::write(certs.path("file"), "").unwrap();
    let context = certs.text("no/such/folder/laptop.tar");
    let (code, why) = refusal_of_add(&certs, &["--context", &context]);
    assert_eq!(code, 70);
    assert_eq!(
        why,
        format!(
            "cannot write the context: {context}: No such file or directory (os error 2); the \
             client is added, its files are in {}",
            certs.text("certs/clients/laptop")
        )
    );
    assert!(certs.path("certs/clients/laptop/key.pem").exists());
}

/// The last line of an `add` that fails after the client was made, which is told before.
fn refusal_of_add(certs: &Certs, more: &[&str]) -> (i32, String) {
    let words = [&["client", "add", "laptop", "--host", "h"], more].concat();
    let output = certs.command(&words).run();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(output.stdout.is_empty(), "{stderr}");
    let why = stderr.lines().last().and_then(|line| line.strip_prefix("error: "));
    (output.status.code().unwrap(), why.unwrap_or_else(|| panic!("{stderr}")).to_owned())
}

#[test]
fn a_directory_of_another_user_stays_that_users_and_what_is_handed_over_is_the_callers() {
    if !skip::require_root() {
        return;
    }
    let somebody = 65532;
    let certs = Certs::new();
    fs::set_permissions(certs.folder.path(), Permissions::from_mode(0o711)).unwrap();
    fs::create_dir(certs.path("certs")).unwrap();
    chown(certs.path("certs"), Some(somebody), Some(somebody)).unwrap();
    let (out, context) = (certs.text("out"), certs.text("laptop.tar"));
    certs.run(&["client", "add", "laptop", "--out", &out, "--context", &context]);
    let theirs = certs.path("theirs");
    fs::create_dir(&theirs).unwrap();
    chown(&theirs, Some(somebody), Some(somebody)).unwrap();
    certs.run(&["client", "add", "ci", "--out", &certs.text("theirs")]);
    certs.run(&["client", "add", "cd", "--out", &certs.text("theirs/of/cd")]);
    for name in ["ca/key.pem", "ca/clients.json", "clients", "clients/laptop/key.pem"] {
        assert_eq!(certs.path("certs").join(name).metadata().unwrap().uid(), somebody, "{name}");
    }
    let handed_over = ["out", "out/key.pem", "laptop.tar", "theirs/key.pem", "theirs/cert.pem"];
    for name in handed_over.iter().chain(&["theirs/of", "theirs/of/cd", "theirs/of/cd/key.pem"]) {
        assert_eq!(certs.path(name).metadata().unwrap().uid(), 0, "{name}");
    }
}
