//! A client that refuses the server.

use testkit::peers::{curl, s_client};
use testkit::requires_tool;
use testkit::tls::Client;

use crate::{Server, VERSIONS, own_client};

const REFUSED_BY_CLIENT: &str = "it doesn't trust its authority, or it dials a name or an address \
                                 that the certificate lacks (--san adds one)";

#[test]
fn a_client_that_dials_a_name_that_the_certificate_lacks_refuses_the_server() {
    let server = Server::start();
    for version in VERSIONS {
        let client = Client::from_folder(own_client(&server.bridge)).version(version);
        let error = client.server_name("nowhere.example").at(server.address()).try_connect();
        let error = error.unwrap_err().to_string();
        assert!(error.contains("not valid for name"), "{error}");
    }
    server.assert_logged(REFUSED_BY_CLIENT, VERSIONS.len());
    server.assert_nobody_was_let_through();
}

#[test]
fn a_client_of_another_authority_refuses_the_server() {
    requires_tool!("openssl");
    let (server, other) = (Server::start(), Server::start());
    for version in ["-tls1_2", "-tls1_3"] {
        let words = [version, "-verify_return_error"];
        let seen = s_client(server.address(), &own_client(&other.bridge), &words);
        assert!(seen.contains("certificate verify failed"), "{seen}");
    }
    server.assert_logged(REFUSED_BY_CLIENT, 2);
    server.assert_nobody_was_let_through();
}

#[test]
fn curl_says_that_the_name_is_another() {
    requires_tool!("curl");
    let server = Server::start();
    let port = server.address().port();
    let resolve = format!("nowhere.example:{port}:127.0.0.1");
    let url = format!("https://nowhere.example:{port}/_ping");
    let output = curl(&own_client(&server.bridge), &["--resolve", &resolve, &url]);
    let seen = String::from_utf8_lossy(&output.stderr);
    assert!(seen.contains("no alternative certificate subject name matches"), "{seen}");
    server.assert_nobody_was_let_through();
}
