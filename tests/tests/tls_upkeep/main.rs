//! Certificates look after themselves: renewed, read again, and made whole whatever happens.

#![expect(clippy::unwrap_used, reason = "to a test a panic is an answer")]

mod authority;
mod clock;
mod disk;
mod files;
mod interfaces;
mod kill;
mod swaps;

use std::fs;
use std::io::Write as _;
use std::net::SocketAddr;
use std::path::Path;

use testkit::certificates::{Authority, Issued, Leaf};
use testkit::process::{BridgeBuilder, Process, finish};
use testkit::tls::{Alert, Version};
use testkit::{Bridge, DEADLINE, Endpoint, Program, StandIn, Transport, eventually, ports, tls};

/// A bridge with TLS before that Engine.
fn bridge_tls(engine: &StandIn) -> BridgeBuilder {
    Bridge::builder().over(Transport::Tls(Version::V1_3)).upstream(engine.socket())
}

/// An authority of the user's: what makes a server's certificate anew, and a client's.
fn signing() -> (impl Fn() -> Issued, Issued) {
    let authority = Authority::new("test");
    let client = authority.issue(&Leaf::client("laptop"));
    (move || authority.issue(&Leaf::server(&["127.0.0.1"])), client)
}

/// A bridge that serves `tls.crt`, `tls.key` and `ca.crt` of a folder as the user's own.
fn serve_files(engine: &StandIn, folder: &Path) -> (Process, SocketAddr) {
    serve_files_with(engine, folder, &[])
}

fn serve_files_with(engine: &StandIn, folder: &Path, more: &[String]) -> (Process, SocketAddr) {
    let address = SocketAddr::from(([127, 0, 0, 1], ports::free_port()));
    let process = Program::ours("bridge-tls")
        .args(["--listen", &address.to_string(), "--upstream"])
        .arg(engine.socket())
        .arg("--tlscert")
        .arg(folder.join("tls.crt"))
        .arg("--tlskey")
        .arg(folder.join("tls.key"))
        .arg("--tlscacert")
        .arg(folder.join("ca.crt"))
        .args(more)
        .start();
    process.wait_for_log_containing("listening on ");
    (process, address)
}

/// The names under which [`serve_files`] reads what was issued.
fn put(issued: &Issued, folder: &Path) {
    fs::create_dir_all(folder).unwrap();
    for (from, to) in
        [(issued.ca(), "ca.crt"), (issued.certificate(), "tls.crt"), (issued.key(), "tls.key")]
    {
        fs::copy(from, folder.join(to)).unwrap();
    }
}

/// What `openssl` prints, ending well.
fn openssl(words: &[&str]) -> Vec<u8> {
    // A key of RSA-4096 takes it as long as luck will have it.
    let output = finish(Program::new("openssl").args(words).command(), DEADLINE * 6);
    assert!(output.status.success(), "openssl {words:?}: {output:?}");
    output.stdout
}

/// The first certificate of a file, in DER.
fn certificate(path: &Path) -> Vec<u8> {
    openssl(&["x509", "-outform", "DER", "-in", path.to_str().unwrap()])
}

/// The certificate that a newcomer is shown.
fn shown(endpoint: &Endpoint) -> Vec<u8> {
    endpoint.connect().handshake().certificates.swap_remove(0)
}

/// Waits until newcomers are shown the certificate of that file.
fn wait_until_shown(endpoint: &Endpoint, path: &Path) {
    let wanted = certificate(path);
    eventually(DEADLINE, &format!("{} is in force", path.display()), || shown(endpoint) == wanted);
}

/// Asserts that openssl takes what is in `server/` and `client/`.
fn assert_verifies(cert_dir: &Path) {
    let file = |name: &str| cert_dir.join(name).display().to_string();
    for (purpose, folder) in [("sslserver", "server"), ("sslclient", "client")] {
        let certificate = file(&format!("{folder}/cert.pem"));
        let ca = file(&format!("{folder}/ca.pem"));
        openssl(&["verify", "-x509_strict", "-purpose", purpose, "-CAfile", &ca, &certificate]);
    }
}

/// The lines of a log that contain `text`.
fn count(process: &Process, text: &str) -> usize {
    process.logs().lines().filter(|line| line.contains(text)).count()
}

/// The alert by which a client is refused, if it is.
fn refusal(endpoint: &Endpoint) -> Option<Alert> {
    let ended = endpoint.try_connect().and_then(|mut stream| {
        // With TLS 1.3 the refusal comes behind the handshake.
        stream.write_all(b"GET /_ping HTTP/1.0\r\n\r\n")?;
        stream.drain(DEADLINE).1
    });
    ended.err().as_ref().and_then(tls::alert)
}
