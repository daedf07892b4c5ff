//! The browser guard over TLS: names are the certificate's business, all else is as without.

use testkit::stream::request;
use testkit::{Bridge, StandIn, Transport};

use crate::TLS;

const FOREIGN_ORIGIN: &str = "Host: docker.example:2376\r\nOrigin: https://evil.example\r\n";
const FOREIGN_PAGE: &str = "Host: docker.example:2376\r\nSec-Fetch-Site: cross-site\r\n";
/// What a page says that has rebound its name to us. Without TLS.
const REGISTRABLE_NAME: &str = "Host: docker.example:2376\r\nAccept-Language: en\r\n";

#[test]
fn a_name_that_anyone_can_register_passes_over_tls_and_nothing_else_more() {
    let engine = StandIn::start();
    for (transport, statuses) in [(Transport::Tcp, [403, 403, 403]), (TLS, [403, 403, 200])] {
        let bridge = Bridge::builder().over(transport).upstream(engine.socket()).start();
        let got = [FOREIGN_ORIGIN, FOREIGN_PAGE, REGISTRABLE_NAME].map(|lines| {
            let head = format!("GET /version HTTP/1.1\r\n{lines}Connection: close\r\n\r\n");
            request(&bridge.endpoint(), head).status
        });
        assert_eq!(got, statuses, "{transport}");
    }
}

#[test]
fn a_browsers_answer_is_sandboxed_over_tls_too() {
    let engine = StandIn::start();
    let bridge = crate::bridge(engine.socket());
    let head = format!("GET /version HTTP/1.1\r\n{REGISTRABLE_NAME}\r\n");
    let answer = request(&bridge.endpoint(), head);
    assert_eq!(answer.header("Content-Security-Policy"), Some("sandbox"));
    assert_eq!(answer.header("X-Content-Type-Options"), Some("nosniff"));
    assert!(answer.json()["ApiVersion"].is_string());
}
