//! `--tlscrl`: a revocation list of the user's.

use std::fs;
use std::path::Path;

use testkit::certificates::{self, Issued, Leaf};
use testkit::peers::openssl;
use testkit::process::run_to_end;
use testkit::tls::{Alert, Client, refusal};
use testkit::{
    Bridge, DEADLINE, Program, Signal, StandIn, eventually, refusal as refusal_of, requires_tool,
    stream,
};

use crate::{TLS, VERSIONS, builder, server, text};

/// An authority that keeps a list: a cert dir in which clients are made and revoked.
struct Authority {
    folder: tempfile::TempDir,
}

impl Authority {
    fn new() -> Self {
        let authority = Self { folder: tempfile::tempdir().unwrap() };
        authority.run(&["client", "add", "laptop", "--host", "127.0.0.1"]);
        authority.run(&["client", "add", "other", "--host", "127.0.0.1"]);
        authority
    }

    fn run(&self, words: &[&str]) {
        let words = [words, &["--cert-dir", text(self.folder.path())]].concat();
        assert!(run_to_end("bridge-tls", &words, &[]).status.success(), "{words:?}");
    }

    fn signer(&self) -> certificates::Authority {
        let ca = self.folder.path().join("ca");
        certificates::Authority::load(&ca.join("cert.pem"), &ca.join("key.pem"))
    }

    fn client(&self, name: &str) -> Client {
        Client::from_folder(self.folder.path().join("clients").join(name))
    }

    /// A server of the user's that goes by the list at `path`.
    fn bridge(&self, engine: &StandIn, list: &Path) -> (Issued, Bridge) {
        let server = server(&self.signer());
        let bridge = builder(engine, &server).arg("--tlscrl").arg(list).start();
        (server, bridge)
    }
}

#[test]
fn whoever_comes_onto_the_list_is_cut_and_refused_and_nobody_else() {
    requires_tool!("openssl");
    for format in ["PEM", "DER"] {
        let (engine, authority) = (StandIn::start(), Authority::new());
        let made = authority.folder.path().join("ca/crl.pem");
        let list = authority.folder.path().join("list");
        let convert = || {
            let written = authority.folder.path().join("written");
            let words = ["-in", text(&made), "-outform", format, "-out", text(&written)];
            openssl(&[&["crl"][..], &words].concat());
            fs::rename(written, &list).unwrap();
        };
        convert();
        let (_server, bridge) = authority.bridge(&engine, &list);
        let connect = |name: &str, version| {
            let mut client = authority.client(name).version(version).at(bridge.addr()).connect();
            assert_eq!(client.exchange(PING).text(), "OK");
            client
        };
        let laptops = VERSIONS.map(|version| connect("laptop", version));
        let mut other = connect("other", VERSIONS[1]);

        authority.run(&["client", "revoke", "laptop"]);
        convert();
        for mut laptop in laptops {
            laptop.expect_reset(DEADLINE);
        }
        bridge.wait_for_log(|line| {
            line.contains(" laptop (serial ")
                && line.ends_with("is cut: its certificate was revoked")
        });
        for version in VERSIONS {
            let laptop = authority.client("laptop").version(version).at(bridge.addr());
            assert_eq!(refusal(&laptop), Alert::CertificateRevoked, "{format}");
        }
        bridge.wait_for_log_containing(
            "certificate of CN=laptop refused: revoked by the list of --tlscrl",
        );
        assert_eq!(other.exchange(PING).text(), "OK");
    }
}

#[test]
fn a_list_that_breaks_leaves_the_old_one_in_force() {
    let (engine, authority) = (StandIn::start(), Authority::new());
    authority.run(&["client", "revoke", "laptop"]);
    let list = authority.folder.path().join("list");
    fs::copy(authority.folder.path().join("ca/crl.pem"), &list).unwrap();
    let (_server, bridge) = authority.bridge(&engine, &list);
    fs::write(&list, "garbage").unwrap();
    bridge.signal(Signal::HUP);
    bridge.wait_for_log_containing("the old certificates stay in force: cannot use the revocation");
    let laptop = authority.client("laptop").at(bridge.addr());
    assert_eq!(refusal(&laptop), Alert::CertificateRevoked);
    let other = authority.client("other").at(bridge.addr());
    assert_eq!(stream::get(&other, "/_ping").text(), "OK");
}

/// As `openssl ca` makes it unless its configuration says otherwise.
#[test]
fn a_list_of_version_1_is_refused_by_its_name_as_often_as_it_is_asked_for() {
    requires_tool!("openssl");
    let (engine, authority) = (StandIn::start(), Authority::new());
    let file = |name: &str| authority.folder.path().join(name).display().to_string();
    fs::write(file("index"), "").unwrap();
    let [certificate, key, index] = ["ca/cert.pem", "ca/key.pem", "index"].map(file);
    let config = format!(
        "[ca]\ndefault_ca = it\n[it]\ndatabase = {index}\ncertificate = {certificate}\n\
         private_key = {key}\ndefault_md = sha256\ndefault_crl_days = 30\n"
    );
    fs::write(file("config"), config).unwrap();
    openssl(&["ca", "-config", &file("config"), "-gencrl", "-out", &file("old")]);
    let why = format!(
        "cannot use the revocation list: {}: it is of version 1, and version 2 is needed (openssl \
         ca makes one where its configuration has crl_extensions)",
        file("list")
    );

    fs::copy(file("ca/crl.pem"), file("list")).unwrap();
    let (server, bridge) = authority.bridge(&engine, Path::new(&file("list")));
    fs::copy(file("old"), file("list")).unwrap();
    for times in 1..=2 {
        bridge.signal(Signal::HUP);
        let told = || bridge.logs().matches(&why).count() >= times;
        eventually(DEADLINE, "it is told whenever somebody asks", told);
    }
    assert!(!bridge.logs().contains("haven't changed"), "{}", bridge.logs());
    let words = ["--tlscacert", "--tlscert", "--tlskey", "--tlscrl"];
    let files = [server.ca(), server.certificate(), server.key(), file("list").into()];
    let program = words
        .iter()
        .zip(&files)
        .fold(Program::ours("bridge-tls"), |program, (word, it)| program.arg(word).arg(it));
    assert_eq!(refusal_of(&program), (64, why));
}

/// Beside the record of a directory.
#[test]
fn a_list_counts_beside_a_cert_dir_too() {
    let (engine, authority) = (StandIn::start(), Authority::new());
    authority.run(&["client", "revoke", "laptop"]);
    let folder = authority.folder.path();
    let list = folder.join("list");
    fs::copy(folder.join("ca/crl.pem"), &list).unwrap();
    // Nobody remembers but the list.
    let fresh = tempfile::tempdir().unwrap();
    fs::create_dir(fresh.path().join("ca")).unwrap();
    for name in ["ca/cert.pem", "ca/key.pem"] {
        fs::copy(folder.join(name), fresh.path().join(name)).unwrap();
    }
    let bridge = Bridge::builder().over(TLS).upstream(engine.socket()).cert_dir(fresh.path());
    let bridge = bridge.arg("--tlscrl").arg(&list).start();
    let laptop = authority.client("laptop").at(bridge.addr());
    assert_eq!(refusal(&laptop), Alert::CertificateRevoked);
    let guest = authority.signer().issue(&Leaf::client("guest"));
    assert_eq!(stream::get(&guest.client().at(bridge.addr()), "/_ping").text(), "OK");
}

const PING: &str = "GET /_ping HTTP/1.1\r\nHost: docker\r\n\r\n";
