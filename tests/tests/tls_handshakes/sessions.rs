//! No session is resumed: whoever comes again is verified again.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr};

use testkit::peers::s_client;
use testkit::process::Process;
use testkit::{Bridge, DEADLINE, Program, eventually, ports, requires_tool};

use crate::{own_client, start};

#[test]
fn no_session_is_handed_out() {
    requires_tool!("openssl");
    let (_engine, bridge) = start();
    let folder = tempfile::tempdir().unwrap();
    let kept = folder.path().join("session");
    let client = own_client(&bridge);
    let session = kept.to_str().unwrap();

    for version in ["-tls1_2", "-tls1_3"] {
        let seen = s_client(bridge.addr(), &client, &[version, "-sess_out", session]);
        assert!(seen.contains("HTTP/1.1 200 OK"), "{seen}");
        assert!(!seen.to_lowercase().contains("session ticket"), "{seen}");
        // openssl writes it as soon as there is a session that can be resumed.
        assert!(!kept.exists(), "{seen}");
    }
}

#[test]
fn whoever_brings_a_ticket_is_verified_all_the_same() {
    requires_tool!("openssl");
    let (engine, bridge) = start();
    let folder = tempfile::tempdir().unwrap();
    let client = own_client(&bridge);
    let anonymous = folder.path().join("anonymous");
    fs::create_dir(&anonymous).unwrap();
    fs::copy(client.join("ca.pem"), anonymous.join("ca.pem")).unwrap();
    let (_issuer, address) = issuer_of_tickets(&bridge);
    for version in ["-tls1_2", "-tls1_3"] {
        let kept = folder.path().join(version);
        let session = kept.to_str().unwrap();
        s_client(address, &client, &[version, "-sess_out", session]);
        let resumed = s_client(address, &client, &[version, "-sess_in", session]);
        assert!(resumed.contains("\nReused, TLSv1."), "the ticket is good where it is from");

        let seen = s_client(bridge.addr(), &client, &[version, "-sess_in", session]);
        assert!(seen.contains("\nNew, TLSv1.") && seen.contains("HTTP/1.1 200 OK"), "{seen}");
        let served = engine.requests().len();
        let seen = s_client(bridge.addr(), &anonymous, &[version, "-sess_in", session]);
        assert!(seen.contains("alert certificate required"), "{seen}");
        assert_eq!(engine.requests().len(), served);
    }
}

/// A server with the bridge's certificate that hands tickets out.
fn issuer_of_tickets(bridge: &Bridge) -> (Process, SocketAddr) {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, ports::free_port()));
    let server = bridge.cert_dir().join("server");
    let issuer = Program::new("openssl")
        .args(["s_server", "-www", "-accept", &address.to_string()])
        .arg("-cert")
        .arg(server.join("cert.pem"))
        .arg("-key")
        .arg(server.join("key.pem"))
        .start();
    let listens = || std::net::TcpStream::connect(address).is_ok();
    eventually(DEADLINE, "openssl s_server listens", listens);
    (issuer, address)
}
