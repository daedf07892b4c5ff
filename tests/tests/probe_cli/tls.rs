//! TLS: what each side can hold against the other.

use std::fs;
use std::path::Path;

use serde_json::Value;
use testkit::{Dockerd, Program, StandIn, binary};

use crate::authority::{Authority, Pair};
use crate::tls_engine::TlsEngine;
use crate::{answer, assert_state, probe, verdict, verdict_on};

fn trusting(authority: &Path, client: Option<&Pair>) -> Program {
    let program = probe().arg("--tlscacert").arg(authority);
    match client {
        Some(pair) => {
            program.arg("--tlscert").arg(&pair.certificate).arg("--tlskey").arg(&pair.key)
        }
        None => program,
    }
}

#[test]
fn a_server_that_refuses_the_client_is_quoted() {
    testkit::requires_tool!("openssl");
    let (authority, other) = (Authority::new(), Authority::new());
    let server = authority.server();
    let [good, revoked] = ["good", "revoked"].map(|name| authority.client(name));
    authority.revoke(&revoked);
    let list = authority.revocation_list();
    for version in ["-tls1_3", "-tls1_2"] {
        let flags = [version, "-crl_check", "-CRL", list.to_str().unwrap()];
        let engine = TlsEngine::start(&authority, &server, &flags);
        let target = format!("https://{}", engine.address());
        let ask =
            |client: Option<&Pair>| verdict(trusting(authority.certificate(), client).arg(&target));
        let said = ask(Some(&good));
        assert_eq!(said["state"], "healthy", "{version}: {said}");
        assert_eq!(said["tls"]["version"], version.replace("-tls1_", "TLSv1."));
        assert_state(&ask(None), "tls", "tls: certificate required: ");
        assert_state(&ask(Some(&revoked)), "tls", "tls: revoked: ");
        assert_state(&ask(Some(&authority.expired_client())), "tls", "tls: expired: ");
        assert_state(&ask(Some(&other.client("stranger"))), "tls", "tls: unknown authority: ");
    }
}

#[test]
fn a_server_that_is_refused_is_told_why() {
    testkit::requires_tool!("openssl");
    let (authority, other) = (Authority::new(), Authority::new());
    let client = authority.client("me");
    let ask = |server: &Pair, trusted: &Authority, host: &str, flag: Option<&str>| -> Value {
        let engine = TlsEngine::start(&authority, server, &[]);
        let target = format!("https://{host}:{}", engine.address().port());
        let program = trusting(trusted.certificate(), Some(&client)).args(flag);
        verdict(program.arg(target))
    };
    let server = authority.server();
    let said = ask(&server, &authority, "localhost", None);
    assert_eq!(said["state"], "healthy", "{said}");
    let days = said["tls"]["days_left"].as_i64().unwrap();
    assert!((9..=10).contains(&days), "{said}");

    let said = ask(&server, &other, "127.0.0.1", None);
    assert_state(&said, "tls", "tls: unknown authority: ");
    let said = ask(&authority.expired_server(), &authority, "127.0.0.1", None);
    assert_state(&said, "tls", "tls: expired: the server's certificate has expired");
    let said = ask(&authority.future_server(), &authority, "127.0.0.1", None);
    assert_state(&said, "tls", "tls: not yet valid: ");

    let said = ask(&authority.expired_server(), &other, "127.0.0.1", Some("--insecure"));
    assert_eq!(said["state"], "healthy", "{said}");
    assert!(said["tls"]["days_left"].as_i64().unwrap() < 0);
}

#[test]
fn a_certificate_for_another_name_names_those_it_has() {
    testkit::requires_tool!("openssl");
    let authority = Authority::new();
    let client = authority.client("me");
    let engine = TlsEngine::start(&authority, &authority.server_elsewhere(), &[]);
    let target = format!("https://{}", engine.address());
    let said = verdict(trusting(authority.certificate(), Some(&client)).arg(&target));
    assert_state(&said, "tls", "tls: name mismatch: ");
    assert_state(&said, "tls", "it has elsewhere.example but not 127.0.0.1");
}

#[test]
fn without_an_authority_of_its_own_it_trusts_those_of_the_system() {
    testkit::requires_tool!("openssl");
    let authority = Authority::new();
    let engine = TlsEngine::start(&authority, &authority.server(), &[]);
    let alone = probe().env("HOME", "/absent").arg(format!("https://{}", engine.address()));
    assert_state(&verdict(alone.clone()), "tls", "tls: unknown authority: ");
    let trusted = alone.env("SSL_CERT_FILE", authority.certificate());
    assert_state(&verdict(trusted), "tls", "tls: certificate required: ");
}

#[test]
fn a_certificate_that_ends_soon_is_unmet() {
    testkit::requires_tool!("openssl");
    let authority = Authority::new();
    let engine = TlsEngine::start(&authority, &authority.server(), &[]);
    let target = format!("https://{}", engine.address());
    let client = authority.client("me");
    let ask = |days: &str| {
        let program = trusting(authority.certificate(), Some(&client));
        verdict(program.args(["--cert-warn", days, &target]))
    };
    assert_eq!(ask("9")["state"], "healthy");
    assert_state(&ask("11"), "unmet", "more days, less than --cert-warn 11: renew it there");
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
    testkit::requires_tool!("openssl");
    let authority = Authority::new();
    let server = authority.server();
    let client = authority.client("me");
    let file = |path: &Path| path.to_str().unwrap().to_owned();
    let arguments = [
        "--tlsverify".to_owned(),
        format!("--tlscacert={}", file(authority.certificate())),
        format!("--tlscert={}", file(&server.certificate)),
        format!("--tlskey={}", file(&server.key)),
        "--host=tcp://127.0.0.1:2376".to_owned(),
    ];
    let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
    let Some(engine) = Dockerd::private_or_skip(&arguments) else { return };
    let folder = tempfile::tempdir().unwrap();
    fs::copy(authority.certificate(), folder.path().join("ca.pem")).unwrap();
    let ask = |target: &str| -> Value {
        let mut command = engine.inside(binary::binary("probe"));
        command
            .env("DOCKER_TLS_VERIFY", "1")
            .env("DOCKER_CERT_PATH", folder.path())
            .args(["--format", "json", target]);
        let output = testkit::process::finish(command, testkit::DEADLINE);
        serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{output:?}"))
    };
    assert_state(&ask("tcp://127.0.0.1"), "tls", "tls: certificate required: ");
    assert_state(&ask("http://127.0.0.1:2376"), "tls", "this port speaks TLS: write https://");
    fs::copy(&client.certificate, folder.path().join("cert.pem")).unwrap();
    fs::copy(&client.key, folder.path().join("key.pem")).unwrap();
    for target in ["tcp://127.0.0.1", "https://localhost:2376"] {
        let said = ask(target);
        assert_eq!(said["state"], "healthy", "{said}");
        assert_eq!(said["tls"]["version"], "TLSv1.3");
    }
}
