//! What is wrong with a file while a server runs, and what `client` does beside it.

use std::fs;
use std::io::Write as _;
use std::net::SocketAddr;
use std::time::Duration;

use tempfile::TempDir;
use testkit::tls::{self, Alert};
use testkit::{
    Bridge, DEADLINE, Endpoint, Program, Signal, StandIn, eventually, ports, requires_tool, stream,
    wait,
};

use crate::{
    bridge_tls, certificate, count, put, refusal, serve_files, serve_files_with, shown, signing,
    wait_until_shown,
};

const OLD: &str = "the old certificates stay in force: ";

/// Two looks and more go by.
const LOOKS: Duration = Duration::from_secs(10);

#[test]
fn a_broken_file_is_told_once_and_the_old_certificate_stays_until_it_is_mended() {
    requires_tool!("openssl");
    let engine = StandIn::start();
    let folder = TempDir::new().unwrap();
    let (new, client) = signing();
    let first = new();
    put(&first, folder.path());
    let admin = SocketAddr::from(([127, 0, 0, 1], ports::free_port()));
    let more = ["--admin".to_owned(), admin.to_string()];
    let (bridge, address) = serve_files_with(&engine, folder.path(), &more);
    let endpoint = client.client().at(address);

    fs::write(folder.path().join("tls.crt"), "-----BEGIN CERTIFICATE-----\nMIIB").unwrap();
    let line = bridge.wait_for_log_containing(OLD);
    assert!(line.contains(" WARN ") && line.contains("tls.crt"), "{line}");
    wait::holds_throughout(LOOKS, "it is told once", || count(&bridge, OLD) == 1);
    assert!(shown(&endpoint) == certificate(&first.certificate()));
    // Whoever asks is answered.
    bridge.signal(Signal::HUP);
    eventually(DEADLINE, "it is told again", || count(&bridge, OLD) == 2);

    let successful = || {
        let metrics = stream::get(&Endpoint::Tcp(admin), "/metrics");
        metrics.text().contains("docker_api_config_last_reload_successful 1\n")
    };
    assert!(!successful());
    put(&first, folder.path());
    bridge.wait_for_log_containing(" INFO the certificates are again as they were");
    eventually(DEADLINE, "nobody is alarmed any more", successful);

    let second = new();
    put(&second, folder.path());
    bridge.signal(Signal::HUP);
    wait_until_shown(&endpoint, &second.certificate());
}

#[test]
fn a_certificate_without_its_new_key_is_waited_out() {
    requires_tool!("openssl");
    let engine = StandIn::start();
    let folder = TempDir::new().unwrap();
    let (new, client) = signing();
    let [first, second] = [new(), new()];
    put(&first, folder.path());
    let (bridge, address) = serve_files(&engine, folder.path());
    let endpoint = client.client().at(address);

    fs::copy(second.certificate(), folder.path().join("tls.crt")).unwrap();
    bridge.signal(Signal::HUP);
    let line = bridge.wait_for_log_containing(OLD);
    assert!(line.contains("the key doesn't belong to the certificate: "), "{line}");
    assert!(shown(&endpoint) == certificate(&first.certificate()));
    fs::copy(second.key(), folder.path().join("tls.key")).unwrap();
    bridge.signal(Signal::HUP);
    wait_until_shown(&endpoint, &second.certificate());
    assert_eq!(count(&bridge, OLD), 1);
}

#[test]
fn a_damaged_record_changes_nobodys_rights_until_it_is_mended() {
    let engine = StandIn::start();
    let bridge = bridge_tls(&engine).start();
    let revoked = added(&bridge, "revoked");
    command(&bridge, &["client", "revoke", "revoked"]);
    eventually(DEADLINE, "it is refused", || is_revoked(&revoked));
    let record = bridge.cert_dir().join("ca/clients.json");
    let whole = fs::read(&record).unwrap();
    let mut file = fs::OpenOptions::new().append(true).open(&record).unwrap();
    file.write_all(b"]").unwrap();
    bridge.signal(Signal::HUP);
    let line = bridge.wait_for_log_containing(OLD);
    assert!(line.contains("clients.json"), "{line}");
    assert!(is_revoked(&revoked));
    assert_eq!(stream::get(&bridge.endpoint(), "/_ping").text(), "OK");
    fs::write(&record, whole).unwrap();
    let added = added(&bridge, "laptop");
    assert_eq!(stream::get(&added, "/_ping").text(), "OK");
}

/// As where a disk was unmounted.
#[test]
fn a_directory_that_is_suddenly_empty_makes_no_new_authority() {
    let engine = StandIn::start();
    let folder = TempDir::new().unwrap();
    let bridge = bridge_tls(&engine).cert_dir(folder.path()).start();
    let client = tls::Client::from_folder(folder.path().join("client")).at(bridge.addr());
    let kept = TempDir::new().unwrap();
    let folders = ["ca", "client", "server"];
    for name in folders {
        fs::rename(folder.path().join(name), kept.path().join(name)).unwrap();
    }
    bridge.signal(Signal::HUP);
    let line = bridge.wait_for_log_containing(OLD);
    assert!(line.ends_with("or start again for a new authority"), "{line}");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    for name in folders {
        fs::rename(kept.path().join(name), folder.path().join(name)).unwrap();
    }
    bridge.signal(Signal::HUP);
    bridge.wait_for_log_containing("the certificates haven't changed");
    assert_eq!(stream::get(&client, "/_ping").text(), "OK");
}

#[test]
fn a_client_that_was_just_added_is_let_in_at_once() {
    let engine = StandIn::start();
    let bridge = bridge_tls(&engine).start();
    assert_eq!(stream::get(&added(&bridge, "laptop"), "/_ping").text(), "OK");
}

/// Without a signal, and with those who are in.
#[test]
fn a_revocation_is_in_force_within_ten_seconds() {
    let engine = StandIn::start();
    let bridge = bridge_tls(&engine).start();
    let [laptop, other] = ["laptop", "other"].map(|name| added(&bridge, name));
    let [mut cut, mut kept] = [&laptop, &other].map(Endpoint::connect);
    for stream in [&mut cut, &mut kept] {
        let ping = "GET /_ping HTTP/1.1\r\nHost: docker\r\n\r\n";
        assert_eq!(stream.exchange(ping).text(), "OK");
    }
    command(&bridge, &["client", "revoke", "laptop"]);
    cut.expect_reset(Duration::from_secs(10));
    assert!(is_revoked(&laptop));
    let line = bridge.wait_for_log_containing(" is cut: ");
    assert!(line.contains("laptop (serial ") && line.ends_with("revoked"), "{line}");
    assert_eq!(kept.exchange("GET /_ping HTTP/1.1\r\nHost: docker\r\n\r\n").text(), "OK");
}

/// A client of that name, made beside the running server.
fn added(bridge: &Bridge, name: &str) -> Endpoint {
    command(bridge, &["client", "add", name]);
    tls::Client::from_folder(bridge.cert_dir().join("clients").join(name)).at(bridge.addr())
}

fn command(bridge: &Bridge, words: &[&str]) {
    let program = Program::ours("bridge-tls").args(words).arg("--cert-dir").arg(bridge.cert_dir());
    let output = program.run();
    assert!(output.status.success(), "{words:?}: {output:?}");
}

fn is_revoked(endpoint: &Endpoint) -> bool {
    refusal(endpoint) == Some(Alert::CertificateRevoked)
}
