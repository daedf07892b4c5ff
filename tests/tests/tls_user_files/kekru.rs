//! The variables of kekru/docker-remote-api-tls.

use testkit::peers::{curl, openssl};
use testkit::{Bridge, StandIn, requires_tool};

use crate::{TLS, text};

#[test]
fn its_variables_make_certificates_with_its_names_and_lives() {
    requires_tool!("openssl");
    requires_tool!("curl");
    let engine = StandIn::start();
    let bridge = Bridge::builder()
        .over(TLS)
        .upstream(engine.socket())
        .env("CREATE_CERTS_WITH_PW", "supersecret")
        .env("CERT_HOSTNAME", "remote.example")
        .env("CERT_EXPIRATION_DAYS", "30")
        .env("CA_EXPIRATION_DAYS", "900")
        .start();
    let line = bridge.wait_for_log_containing("CREATE_CERTS_WITH_PW");
    assert!(line.contains(" WARN ") && line.contains("keys are not encrypted by it"), "{line}");
    let lasts = |file: &str, days: u32| {
        let path = bridge.cert_dir().join(file);
        let seconds = (days * 24 * 60 * 60).to_string();
        let mut command = std::process::Command::new("openssl");
        command.args(["x509", "-in", text(&path), "-noout", "-checkend", &seconds]);
        testkit::process::finish(command, testkit::DEADLINE).status.success()
    };
    for (file, days) in [("server/cert.pem", 30), ("client/cert.pem", 30), ("ca/cert.pem", 900)] {
        assert!(lasts(file, days - 1) && !lasts(file, days + 1), "{file}");
        let key = bridge.cert_dir().join(file).with_file_name("key.pem");
        openssl(&["pkey", "-in", text(&key), "-noout"]);
    }

    let port = bridge.addr().port();
    let resolve = format!("remote.example:{port}:127.0.0.1");
    let url = format!("https://remote.example:{port}/_ping");
    let client = bridge.cert_dir().join("client");
    assert_eq!(curl(&client, &["--resolve", &resolve, &url]).stdout, b"OK");
}
