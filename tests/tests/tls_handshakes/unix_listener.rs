//! A unix listener of `bridge-tls` speaks TLS, as every listener of it does.

use testkit::peers::s_client_unix;
use testkit::{DEADLINE, Endpoint, requires_tool};

use crate::{own_client, start_with};

#[test]
fn a_unix_listener_wants_tls_and_a_certificate_too() {
    requires_tool!("openssl");
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("tls.sock");
    let listen = format!("unix://{}", socket.display());
    let (engine, bridge) = start_with(|bridge| bridge.listen(listen));
    let anonymous = bridge.cert_dir().join("anonymous");
    std::fs::create_dir(&anonymous).unwrap();
    std::fs::copy(own_client(&bridge).join("ca.pem"), anonymous.join("ca.pem")).unwrap();

    let mut plain = Endpoint::Unix(socket.clone()).connect();
    plain.send("GET /_ping HTTP/1.1\r\nHost: docker\r\n\r\n");
    let answer = String::from_utf8(plain.read_to_end_within(DEADLINE)).unwrap();
    assert!(answer.ends_with("\nClient sent an HTTP request to an HTTPS server.\n"), "{answer}");
    let seen = s_client_unix(&socket, &anonymous, &[]);
    assert!(seen.contains("alert certificate required"), "{seen}");
    bridge.wait_for_log_containing(" INFO unix is refused: certificate required");
    assert_eq!(engine.requests(), []);
    let seen = s_client_unix(&socket, &own_client(&bridge), &[]);
    assert!(seen.contains("HTTP/1.1 200 OK"), "{seen}");
}
