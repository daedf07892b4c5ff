//! TLS: what each side can hold against the other.

use std::fs;

use serde_json::Value;
use testkit::certificates::{Authority, Issued, Leaf};
use testkit::{DEADLINE, Dockerd, StandIn, binary, process};

use crate::tls_engine::TlsEngine;
use crate::{answer, assert_state, probe, revocation, verdict, verdict_on};

const NAMES: [&str; 2] = ["127.0.0.1", "localhost"];

fn server(authority: &Authority) -> Issued {
    authority.issue(&Leaf::server(&NAMES))
}

fn client(authority: &Authority) -> Issued {
    authority.issue(&Leaf::client("me"))
}

#[test]
fn a_server_that_refuses_the_client_is_quoted() {
    testkit::requires_tool!("openssl");
    let (authority, other) = (Authority::new("one"), Authority::new("other"));
    let server = server(&authority);
    let [good, revoked] = [(); 2].map(|()| client(&authority));
    let (_folder, list) = revocation::list(&authority, &revoked);
    let old = authority.issue(&Leaf::client("me").expired());
    let stranger = client(&other).trusting(&server.ca());
    for version in ["-tls1_3", "-tls1_2"] {
        let flags = [version, "-crl_check", "-CRL", list.to_str().unwrap()];
        let engine = TlsEngine::start(&server, &flags);
        let target = format!("https://{}", engine.address());
        let ask =
            |client: &Issued| verdict(probe().arg("--cert-dir").arg(client.path()).arg(&target));
        let said = ask(&good);
        assert_eq!(said["state"], "healthy", "{version}: {said}");
        assert_eq!(said["tls"]["version"], version.replace("-tls1_", "TLSv1."));
        assert_state(&ask(&revoked), "tls", "tls: revoked: ");
        assert_state(&ask(&old), "tls", "tls: expired: ");
        assert_state(&ask(&stranger), "tls", "tls: unknown authority: ");
        let nothing = probe().env("HOME", "/absent").arg("--tlscacert").arg(server.ca());
        assert_state(&verdict(nothing.arg(&target)), "tls", "tls: certificate required: ");
    }
}

/// What a client of `authority` says of a server with a certificate of its own making.
fn on_server(authority: &Authority, leaf: &Leaf, host: &str, flag: Option<&str>) -> Value {
    let engine = TlsEngine::start(&authority.issue(leaf), &[]);
    let target = format!("https://{host}:{}", engine.address().port());
    let client = client(authority);
    verdict(probe().args(flag).arg("--cert-dir").arg(client.path()).arg(target))
}

#[test]
fn a_server_that_is_refused_is_told_why() {
    testkit::requires_tool!("openssl");
    let authority = Authority::new("one");
    let good = Leaf::server(&NAMES);
    let said = on_server(&authority, &good, "localhost", None);
    assert_eq!(said["state"], "healthy", "{said}");
    let days = said["tls"]["days_left"].as_i64().unwrap();
    assert!((29..=30).contains(&days), "{said}");

    let said = on_server(&authority, &good.clone().expired(), "127.0.0.1", None);
    assert_state(&said, "tls", "tls: expired: the server's certificate has expired");
    let said = on_server(&authority, &good.clone().not_yet_valid(), "127.0.0.1", None);
    assert_state(&said, "tls", "tls: not yet valid: ");
    let elsewhere = Leaf::server(&["elsewhere.example"]);
    let said = on_server(&authority, &elsewhere, "127.0.0.1", None);
    assert_state(&said, "tls", "tls: name mismatch: ");
    assert_state(&said, "tls", "it has elsewhere.example but not 127.0.0.1");

    let said = on_server(&authority, &elsewhere.expired(), "127.0.0.1", Some("--insecure"));
    assert_eq!(said["state"], "healthy", "{said}");
    assert_eq!(said["tls"]["days_left"], -1);
}

#[test]
fn without_an_authority_of_its_own_it_trusts_those_of_the_system() {
    testkit::requires_tool!("openssl");
    let server = server(&Authority::new("one"));
    let engine = TlsEngine::start(&server, &[]);
    let alone = probe().env("HOME", "/absent").arg(format!("https://{}", engine.address()));
    assert_state(&verdict(alone.clone()), "tls", "tls: unknown authority: ");
    let trusted = alone.env("SSL_CERT_FILE", server.ca());
    assert_state(&verdict(trusted), "tls", "tls: certificate required: ");
}

#[test]
fn a_certificate_that_ends_soon_is_unmet() {
    testkit::requires_tool!("openssl");
    let authority = Authority::new("one");
    let engine = TlsEngine::start(&server(&authority), &[]);
    let target = format!("https://{}", engine.address());
    let client = client(&authority);
    let ask = |days: &str| {
        let program = probe().arg("--cert-dir").arg(client.path());
        verdict(program.args(["--cert-warn", days, &target]))
    };
    assert_eq!(ask("29")["state"], "healthy");
    assert_state(&ask("31"), "unmet", "more days, less than --cert-warn 31: renew it there");
}

#[test]
fn a_port_without_tls_and_one_with_it_say_so() {
    let engine = StandIn::builder().tcp("127.0.0.1:0".parse().unwrap()).start();
    let said = verdict(probe().arg(format!("https://{}", engine.addr())));
    assert_state(&said, "tls", "this port doesn't speak TLS: write http://");

    let go = answer("400 Bad Request", "Client sent an HTTP request to an HTTPS server.\n");
    assert_state(&verdict_on(&[&go]), "tls", "this port speaks TLS: write https://");
    // An alert, as rustls and others answer what isn't TLS.
    let alert = b"\x15\x03\x03\x00\x02\x02\x0a";
    assert_state(&verdict_on(&[alert]), "tls", "this port speaks TLS: write https://");
}

#[test]
fn a_real_engine_with_tlsverify_is_asked_as_docker_asks_it() {
    let authority = Authority::new("one");
    let (server, client) = (server(&authority), client(&authority));
    let file = |flag: &str, path: std::path::PathBuf| format!("--{flag}={}", path.display());
    let arguments = [
        "--tlsverify".to_owned(),
        file("tlscacert", server.ca()),
        file("tlscert", server.certificate()),
        file("tlskey", server.key()),
        "--host=tcp://127.0.0.1:2376".to_owned(),
    ];
    let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
    let Some(engine) = Dockerd::private_or_skip(&arguments) else { return };
    let folder = tempfile::tempdir().unwrap();
    let ask = |target: &str| -> Value {
        let mut command = engine.inside(binary::binary("probe"));
        command
            .env("DOCKER_TLS_VERIFY", "1")
            .env("DOCKER_CERT_PATH", folder.path())
            .args(["--format", "json", target]);
        let output = process::finish(command, DEADLINE);
        serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{output:?}"))
    };
    fs::copy(client.ca(), folder.path().join("ca.pem")).unwrap();
    assert_state(&ask("tcp://127.0.0.1"), "tls", "tls: certificate required: ");
    assert_state(&ask("http://127.0.0.1:2376"), "tls", "this port speaks TLS: write https://");
    fs::copy(client.certificate(), folder.path().join("cert.pem")).unwrap();
    fs::copy(client.key(), folder.path().join("key.pem")).unwrap();
    for target in ["tcp://127.0.0.1", "https://localhost:2376"] {
        let said = ask(target);
        assert_eq!(said["state"], "healthy", "{said}");
        assert_eq!(said["tls"]["version"], "TLSv1.3");
    }
}
