//! The commands for clients, on a directory that has never been served and beside others.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;
use std::thread;

use docker_api_core::pki::clients::{self, NewClient};
use docker_api_core::pki::context::docker_context;
use docker_api_core::pki::{CertDir, PkiError, SystemRandom};
use tempfile::TempDir;
use testkit::requires_tool;
use time::{Duration, OffsetDateTime};

use crate::common::openssl;

fn try_add(dir: &CertDir, name: &str, now: OffsetDateTime) -> Result<NewClient, PkiError> {
    let random = SystemRandom::default();
    clients::add_client(dir, &name.parse().unwrap(), None, None, now, &random)
}

fn add(dir: &CertDir, name: &str) -> NewClient {
    try_add(dir, name, OffsetDateTime::now_utc()).unwrap()
}

#[test]
fn a_name_is_taken_whatever_its_case_until_it_is_revoked_or_has_ended() {
    let temp = TempDir::new().unwrap();
    let dir = CertDir::new(temp.path());
    add(&dir, "Laptop");
    let now = OffsetDateTime::now_utc();
    let error = try_add(&dir, "laptop", now).unwrap_err().to_string();
    assert!(error.contains("bridge-tls client revoke Laptop"), "{error}");
    clients::revoke_client(&dir, "laptop", now).unwrap();
    add(&dir, "laptop");
    assert!(try_add(&dir, "laptop", now + Duration::days(366)).is_ok());
    assert!(matches!(try_add(&dir, "Client", now), Err(PkiError::ReservedName(_))));
}

#[test]
fn all_are_listed_as_the_contract_says() {
    let temp = TempDir::new().unwrap();
    let dir = CertDir::new(temp.path());
    assert_eq!(clients::list_clients(&dir).unwrap(), []);
    let made = add(&dir, "laptop");
    add(&dir, "desktop");
    let now = OffsetDateTime::now_utc();
    clients::revoke_client(&dir, &made.serial.to_string().to_uppercase(), now).unwrap();
    let json = clients::clients_to_json(&clients::list_clients(&dir).unwrap()).unwrap();
    let rows: serde_json::Value = serde_json::from_str(&json).unwrap();
    let mut keys: Vec<_> = rows[0].as_object().unwrap().keys().cloned().collect();
    keys.sort();
    assert_eq!(keys, ["name", "not_after", "not_before", "revoked", "role", "serial"]);
    assert_eq!(rows[0]["revoked"], true);
    assert_eq!(rows[1]["revoked"], false);
    assert_eq!(rows[0]["serial"], made.serial.to_string());
    assert!(rows[1]["not_after"].as_str().unwrap().ends_with('Z'));
}

#[test]
fn nobody_is_revoked_by_a_name_that_nobody_has() {
    let temp = TempDir::new().unwrap();
    let dir = CertDir::new(temp.path());
    add(&dir, "laptop");
    let now = OffsetDateTime::now_utc();
    for text in ["desktop", "0a", ""] {
        let error = clients::revoke_client(&dir, text, now).unwrap_err();
        assert!(matches!(error, PkiError::UnknownClient(_)), "{error}");
    }
    let none = CertDir::new(temp.path().join("none"));
    assert!(clients::revoke_client(&none, "laptop", now).is_err());
    assert!(!none.path.exists(), "to look makes nothing");
}

#[test]
fn clients_added_at_once_are_all_recorded() {
    let temp = TempDir::new().unwrap();
    let dir = CertDir::new(temp.path().join("certs"));
    thread::scope(|scope| {
        for number in 0..8 {
            let dir = &dir;
            scope.spawn(move || add(dir, &format!("client-{number}")));
        }
    });
    assert_eq!(clients::list_clients(&dir).unwrap().len(), 8);
}

#[test]
fn the_authority_is_shown_as_openssl_shows_it() {
    requires_tool!("openssl");
    let temp = TempDir::new().unwrap();
    let (now, random) = (OffsetDateTime::now_utc(), SystemRandom::default());
    let shown = clients::authority(&CertDir::new(temp.path()), now, &random).unwrap();
    let print = openssl(temp.path(), "x509 -noout -fingerprint -sha256 -in ca/cert.pem");
    assert!(print.trim().ends_with(&shown.fingerprint), "{print} {}", shown.fingerprint);
    assert!(shown.name.starts_with("CN=docker-api authority "), "{}", shown.name);
    assert_eq!(shown.pem, fs::read_to_string(temp.path().join("ca/cert.pem")).unwrap());
}

#[test]
fn files_of_a_client_are_written_where_the_caller_wants_them() {
    let temp = TempDir::new().unwrap();
    let client = add(&CertDir::new(temp.path().join("certs")), "laptop");
    let out = temp.path().join("out");
    client.write_to(&out).unwrap();
    for (file, content, mode) in [
        ("ca.pem", &client.ca_pem, 0o644),
        ("cert.pem", &client.cert_pem, 0o644),
        ("key.pem", &client.key_pem, 0o600),
    ] {
        assert_eq!(fs::read_to_string(out.join(file)).unwrap(), *content);
        let is = fs::metadata(out.join(file)).unwrap().permissions().mode() & 0o7777;
        assert_eq!(is, mode, "{file}");
    }
}

#[test]
fn a_context_is_imported_by_the_docker_cli() {
    requires_tool!("docker");
    let temp = TempDir::new().unwrap();
    let client = add(&CertDir::new(temp.path().join("certs")), "laptop");
    let host = "tcp://docker.example.com:2376";
    let archive = docker_context("laptop", host, &client).unwrap();
    assert_eq!(archive, docker_context("laptop", host, &client).unwrap());
    fs::write(temp.path().join("laptop.tar"), archive).unwrap();
    let docker = |arguments: &[&str]| {
        let run = Command::new("docker")
            .args(arguments)
            .current_dir(temp.path())
            .env("DOCKER_CONFIG", temp.path().join("config"))
            .env_remove("DOCKER_HOST")
            .env_remove("DOCKER_CONTEXT")
            .output()
            .unwrap();
        assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
        String::from_utf8(run.stdout).unwrap()
    };
    docker(&["context", "import", "mine", "laptop.tar"]);
    let shown = docker(&["context", "inspect", "mine"]);
    let shown: serde_json::Value = serde_json::from_str(&shown).unwrap();
    assert_eq!(shown[0]["Endpoints"]["docker"]["Host"], host);
    assert_eq!(shown[0]["Endpoints"]["docker"]["SkipTLSVerify"], false);
    let mut files = shown[0]["TLSMaterial"]["docker"].as_array().unwrap().clone();
    files.sort_by_key(ToString::to_string);
    assert_eq!(files, ["ca.pem", "cert.pem", "key.pem"]);
}
