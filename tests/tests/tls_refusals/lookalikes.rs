//! Certificates that are meant to look like others.

use testkit::certificates::{Authority, Leaf};
use testkit::peers::openssl;
use testkit::tls::{Alert, refusal};
use testkit::{Bridge, StandIn, requires_tool, stream};

use crate::{Server, TLS, VERSIONS, text};

/// Every docker:dind calls its authority the same.
#[test]
fn an_authority_of_the_same_name_is_another() {
    requires_tool!("openssl");
    let server = Server::start();
    let ca = server.ca();
    let subject = openssl(&["x509", "-in", text(&ca), "-noout", "-subject", "-nameopt", "RFC2253"]);
    let name = subject.trim().strip_prefix("subject=CN=").unwrap();
    let issued = Authority::new(name).issue(&Leaf::client("stranger")).trusting(&ca);
    for version in VERSIONS {
        let endpoint = issued.client().version(version).at(server.address());
        assert_eq!(refusal(&endpoint), Alert::UnknownCA);
    }
    server.assert_logged(
        "certificate of CN=stranger refused: of an authority that isn't trusted here",
        VERSIONS.len(),
    );
    server.assert_nobody_was_let_through();
}

/// Whoever signs clients chooses what they are called.
#[test]
fn a_clients_name_cannot_write_lines_into_the_log() {
    let (engine, authority) = (StandIn::start(), Authority::new("users"));
    let servers = authority.issue(&Leaf::server(&["127.0.0.1"]));
    let bridge = Bridge::builder()
        .over(TLS)
        .upstream(engine.socket())
        .args(["--log-level", "debug"])
        .user_files(&servers.ca(), &servers.certificate(), &servers.key())
        .start();
    let issued = authority.issue(&Leaf::client("me\nINFO 1.2.3.4 is refused"));
    assert_eq!(stream::get(&issued.client().at(bridge.addr()), "/_ping").text(), "OK");
    bridge.wait_for_log_containing("me\u{fffd}INFO 1.2.3.4 is refused (serial ");
}
