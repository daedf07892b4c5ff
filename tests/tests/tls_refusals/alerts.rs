//! The alert as each implementation of TLS sees it.

use std::time::Duration;

use testkit::peers::{curl, s_client};
use testkit::process::finish;
use testkit::tls::{Alert, refusal};
use testkit::{DEADLINE, requires_tool};

use crate::cases::all;
use crate::{Server, VERSIONS};

#[test]
fn rustls_sees_why_it_is_refused() {
    requires_tool!("openssl");
    let server = Server::start();
    let cases = all(&server);
    for case in &cases {
        for version in VERSIONS {
            let endpoint = case.client().version(version).at(server.address());
            assert_eq!(refusal(&endpoint), case.alert, "{version:?}, {}", case.reason);
        }
        server.assert_logged(case.reason, VERSIONS.len());
    }
    assert_eq!(server.refused().len(), cases.len() * VERSIONS.len());
    server.assert_nobody_was_let_through();
}

#[test]
fn openssl_sees_why_it_is_refused() {
    requires_tool!("openssl");
    let server = Server::start();
    for case in all(&server) {
        for version in ["-tls1_2", "-tls1_3"] {
            let seen = s_client(server.address(), &case.folder, &[version]);
            assert!(seen.contains(case.openssl), "{version}, {}: {seen}", case.reason);
        }
        server.assert_logged(case.reason, 2);
    }
    server.assert_nobody_was_let_through();
}

#[test]
fn curl_sees_why_it_is_refused() {
    requires_tool!("openssl");
    requires_tool!("curl");
    let server = Server::start();
    let url = format!("https://{}/_ping", server.address());
    for case in all(&server) {
        for version in [&["--tlsv1.2", "--tls-max", "1.2"][..], &["--tlsv1.3"]] {
            let output = curl(&case.folder, &[version, &[url.as_str()]].concat());
            let seen = String::from_utf8_lossy(&output.stderr);
            // curl thinks that this alert of TLS 1.2 is about the server.
            let odd = case.alert == Alert::CertificateExpired
                && seen.contains("SSL certificate verification failed");
            assert!(odd || seen.contains(case.openssl), "{version:?}, {}: {seen}", case.reason);
            assert!(output.stdout.is_empty(), "{output:?}");
        }
        server.assert_logged(case.reason, 2);
    }
    server.assert_nobody_was_let_through();
}

#[test]
fn docker_sees_why_it_is_refused() {
    requires_tool!("openssl");
    requires_tool!("docker");
    let server = Server::start();
    for case in all(&server) {
        let output = finish(case.endpoint(&server).docker(&["version"]), PATIENCE);
        let seen = String::from_utf8_lossy(&output.stderr);
        assert!(seen.contains(case.go), "{}: {seen}", case.reason);
        assert!(!output.status.success(), "{output:?}");
        server.bridge.wait_for_log(|line| line.ends_with(case.reason));
    }
    server.assert_nobody_was_let_through();
}

/// docker tries more than once.
const PATIENCE: Duration = Duration::from_secs(3 * DEADLINE.as_secs());
