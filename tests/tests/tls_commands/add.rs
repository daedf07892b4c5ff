//! Adding a client: its files, its name, and where it finds the server.

use std::fs;
use std::process::Command;

use testkit::requires_tool;

use crate::{Certs, assert_usable, openssl, run};

#[test]
fn a_client_is_added_in_a_directory_that_was_never_served() {
    requires_tool!("openssl");
    let certs = Certs::new();
    let [stdout, stderr] = certs.run(&["client", "add", "laptop", "--host", "docker.example"]);
    let kept = certs.path("certs/clients/laptop");
    assert_eq!(
        stdout,
        format!(
            "export DOCKER_HOST=tcp://docker.example:2376\nexport DOCKER_TLS_VERIFY=1\nexport \
             DOCKER_CERT_PATH={}\n",
            kept.display()
        )
    );
    let serial = certs.list()[0]["serial"].as_str().unwrap().to_owned();
    assert!(stderr.starts_with(&format!("client laptop: serial {serial}, until ")), "{stderr}");
    assert_usable(&kept);
    let subject = openssl(&[
        "x509",
        "-in",
        &certs.text("certs/clients/laptop/cert.pem"),
        "-noout",
        "-subject",
        "-nameopt",
        "RFC2253",
    ]);
    assert_eq!(subject, "subject=CN=laptop\n");
}

/// The server's policy may define any other one, and isn't here.
#[test]
fn a_role_that_is_nearly_built_in_gets_a_warning() {
    let certs = Certs::new();
    let add = |name: &str, role: &str| {
        certs.run(&["client", "add", name, "--host", "h", "--role", role])[1].clone()
    };
    let warned = add("a", "monitr");
    let warning =
        "warning: the server's policy has to define the role monitr: did you mean monitor?\n";
    assert!(warned.starts_with(warning), "{warned}");
    for role in ["monitor", "read-only", "tecnativa", "deployer"] {
        assert!(!add(role, role).contains("warning"), "{role}");
    }
}

#[test]
fn the_printed_lines_are_a_shells() {
    let certs = Certs::new();
    let out = certs.text("it's mine");
    let lines = certs.printed(&["client", "add", "laptop", "--host", "::1", "--out", &out]);
    let mut shell = Command::new("sh");
    shell.args(["-c", &format!("{lines}\nprintf %s \"$DOCKER_HOST $DOCKER_CERT_PATH\"")]);
    assert_eq!(run(shell), format!("tcp://[::1]:2376 {out}"));
}

#[test]
fn the_host_is_the_servers_first_name_else_the_machines_with_a_warning() {
    let certs = Certs::new();
    let add = |name: &str, sans: &str| {
        let program = certs.command(&["client", "add", name]).env("BRIDGE_TLS_SAN", sans);
        let output = program.run();
        let stdout = String::from_utf8(output.stdout).unwrap();
        let host = stdout.lines().next().unwrap().strip_prefix("export DOCKER_HOST=").unwrap();
        (host.to_owned(), String::from_utf8(output.stderr).unwrap())
    };
    let (host, stderr) = add("a", "DNS:*.example,IP:10.0.0.7,other.example");
    assert_eq!(host, "tcp://10.0.0.7:2376");
    assert!(!stderr.contains("warning"), "{stderr}");
    let machine = fs::read_to_string("/proc/sys/kernel/hostname").unwrap();
    let (host, stderr) = add("b", "");
    assert_eq!(host, format!("tcp://{}:2376", machine.trim()));
    assert!(stderr.starts_with("warning: nobody says by which name clients find"), "{stderr}");
    assert!(stderr.contains("write --host HOST, or set BRIDGE_TLS_SAN"), "{stderr}");
}

#[test]
fn a_name_is_taken_whatever_its_case_until_it_is_revoked() {
    let certs = Certs::new();
    certs.run(&["client", "add", "laptop"]);
    certs.assert_refused(
        &["client", "add", "LapTop"],
        "cannot add the client: laptop: there is one of this name; revoke it first (bridge-tls \
         client revoke laptop)",
    );
    certs.run(&["client", "revoke", "laptop"]);
    certs.run(&["client", "add", "laptop"]);
    assert_eq!(certs.list().len(), 2);
}

#[test]
fn a_name_that_is_none_is_refused() {
    let certs = Certs::new();
    for name in ["", "a/b", "..", "_a", "a b", &"x".repeat(65)] {
        certs.assert_refused(
            &["client", "add", name],
            &format!(
                "bad command line: `{name}` is no name of a client (a letter or digit, then up to \
                 63 letters, digits and _.-, such as laptop-1)"
            ),
        );
    }
}
