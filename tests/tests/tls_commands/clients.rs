//! Listing and revoking clients, and the authority.

use std::fs;
use std::process::Command;

use serde_json::Value;
use testkit::process::{clean_environment, finish};
use testkit::{DEADLINE, Program, refusal, requires_tool};

use crate::{Certs, openssl};

#[test]
fn clients_are_listed_for_people_and_for_programs() {
    let certs = Certs::new();
    assert_eq!(certs.list(), Vec::<Value>::new());
    assert_eq!(certs.printed(&["client", "list"]), "NAME  SERIAL  ROLE  UNTIL  STATE\n");
    assert!(!certs.path("certs").exists());
    certs.run(&["client", "add", "laptop", "--days", "30"]);
    certs.run(&["client", "add", "ci", "--role", "full"]);
    certs.run(&["client", "revoke", "laptop"]);
    let clients = certs.list();
    let fields = ["name", "not_after", "not_before", "revoked", "role", "serial"];
    for client in &clients {
        let names: Vec<_> = client.as_object().unwrap().keys().map(String::as_str).collect();
        let mut sorted = names.clone();
        sorted.sort_unstable();
        assert_eq!(sorted, fields);
    }
    assert_eq!(clients[0]["name"], "laptop");
    assert_eq!((&clients[0]["revoked"], &clients[0]["role"]), (&true.into(), &Value::Null));
    assert_eq!((&clients[1]["revoked"], &clients[1]["role"]), (&false.into(), &"full".into()));

    let text = certs.printed(&["client", "list"]);
    let lines: Vec<Vec<_>> = text.lines().map(|line| line.split_whitespace().collect()).collect();
    let serial = |at: usize| clients[at]["serial"].as_str().unwrap();
    let until = |at: usize| clients[at]["not_after"].as_str().unwrap().split('T').next().unwrap();
    assert_eq!(lines[0], ["NAME", "SERIAL", "ROLE", "UNTIL", "STATE"]);
    assert_eq!(lines[1], ["laptop", serial(0), "-", until(0), "revoked"]);
    assert_eq!(lines[2], ["ci", serial(1), "full", until(1), "valid"]);
    let column = |line: &str| line.rfind(' ').unwrap();
    assert!(text.lines().all(|line| column(line) == column(text.lines().next().unwrap())));
}

#[test]
fn a_client_is_revoked_by_name_or_by_serial_and_openssl_knows() {
    requires_tool!("openssl");
    let certs = Certs::new();
    certs.run(&["client", "add", "laptop"]);
    certs.run(&["client", "add", "ci"]);
    certs.run(&["client", "add", "other"]);
    let serials: Vec<_> =
        certs.list().iter().map(|client| client["serial"].as_str().unwrap().to_owned()).collect();
    let revoked = certs.printed(&["client", "revoke", "LAPTOP"]);
    assert_eq!(revoked, format!("revoked laptop, serial {}\n", serials[0]));
    let revoked = certs.printed(&["client", "revoke", &serials[1].to_uppercase()]);
    assert_eq!(revoked, format!("revoked ci, serial {}\n", serials[1]));
    let states: Vec<_> = certs.list().iter().map(|client| client["revoked"].clone()).collect();
    assert_eq!(states, [true, true, false]);

    let verify = |name: &str| {
        let mut command = Command::new("openssl");
        command.args(["verify", "-crl_check", "-CAfile", &certs.text("certs/ca/cert.pem")]);
        command.args(["-CRLfile", &certs.text("certs/ca/crl.pem")]);
        command.arg(certs.path("certs/clients").join(name).join("cert.pem"));
        clean_environment(&mut command);
        finish(command, DEADLINE)
    };
    for name in ["laptop", "ci"] {
        let output = verify(name);
        assert!(String::from_utf8_lossy(&output.stderr).contains("revoked"), "{output:?}");
    }
    assert!(verify("other").status.success());
}

/// Beyond 4 MiB nobody could read who is revoked.
#[test]
fn a_record_that_is_full_takes_nobody_and_stays_readable() {
    let certs = Certs::new();
    certs.run(&["client", "add", "laptop"]);
    let record = certs.path("certs/ca/clients.json");
    let one: Vec<Value> = serde_json::from_slice(&fs::read(&record).unwrap()).unwrap();
    let mut many = Vec::new();
    // Of each, with a comma and a line's end in the place of brackets.
    let size = serde_json::to_vec_pretty(&one).unwrap().len() - 2;
    while (many.len() + 1) * size + 2 < 4 << 20 {
        many.push(one[0].clone());
    }
    fs::write(&record, serde_json::to_vec_pretty(&many).unwrap()).unwrap();
    let mut added = 0;
    let output = loop {
        let output = certs.command(&["client", "add", &format!("ci-{added}")]).run();
        if !output.status.success() {
            break output;
        }
        added += 1;
        assert!(added < 3);
    };
    assert_eq!(output.status.code(), Some(70));
    let why = String::from_utf8(output.stderr).unwrap();
    let wanted = format!(
        "error: cannot write: {}: it would be larger than 4 MiB, and never read again\n",
        record.display()
    );
    assert_eq!(why, wanted);
    assert_eq!(certs.list().len(), many.len() + added);
}

#[test]
fn who_is_no_client_cannot_be_revoked() {
    let certs = Certs::new();
    for _ in ["without a directory", "with one"] {
        certs.assert_refused(
            &["client", "revoke", "nobody"],
            "cannot revoke: nobody: there is no client of this name or serial; bridge-tls client \
             list shows all",
        );
        certs.run(&["ca", "show"]);
    }
}

#[test]
fn the_authority_is_shown_as_openssl_sees_it() {
    requires_tool!("openssl");
    let certs = Certs::new();
    let shown = certs.printed(&["ca", "show"]);
    assert_eq!(certs.printed(&["ca", "show"]), shown, "it is made once");
    let row = |name: &str| {
        let row = shown.lines().find_map(|line| line.strip_prefix(name));
        row.unwrap_or_else(|| panic!("no {name} in {shown}")).trim().to_owned()
    };
    let file = certs.path("shown.pem");
    fs::write(&file, &shown).unwrap();
    let of = |field: &str| {
        let file = file.to_str().unwrap();
        let options = ["-nameopt", "RFC2253", "-dateopt", "iso_8601", "-sha256"];
        let text = openssl(&[&["x509", "-in", file, "-noout", field][..], &options].concat());
        text.trim().split_once('=').unwrap().1.to_owned()
    };
    assert_eq!(row("name"), of("-subject"));
    assert!(row("name").starts_with("CN=docker-api authority "), "{shown}");
    assert_eq!(row("fingerprint"), format!("SHA256 {}", of("-fingerprint")));
    assert_eq!(row("from").replace('T', " "), of("-startdate"));
    assert_eq!(row("until").replace('T', " "), of("-enddate"));
}

#[test]
fn clients_of_the_users_own_authority_are_not_made_here() {
    let files = [
        ("BRIDGE_TLS_CACERT", "/ca.pem"),
        ("BRIDGE_TLS_CERT", "/cert.pem"),
        ("BRIDGE_TLS_KEY", "/key.pem"),
    ];
    for words in [&["client", "add", "a"][..], &["client", "list"], &["ca", "show"]] {
        let program = Program::ours("bridge-tls").args(words);
        let program = files.iter().fold(program, |program, (name, value)| program.env(name, value));
        let (code, why) = refusal(&program);
        assert_eq!(code, 64);
        assert_eq!(
            why,
            "bad setting: BRIDGE_TLS_CERT: the server's certificates are yours, so its clients' \
             are too: sign and revoke them with your own authority (or write --cert-dir DIR for \
             one of ours)"
        );
    }
}
