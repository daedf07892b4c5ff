//! Keys and chains in all forms in which they come.

use testkit::certificates::{Authority, Key, KeyForm, Leaf};
use testkit::process::finish;
use testkit::tls::{Alert, refusal};
use testkit::{DEADLINE, Program, StandIn, refusal as refusal_of, requires_tool};

use crate::{VERSIONS, assert_served, builder, server, text};

#[test]
fn keys_of_each_kind_and_form_serve() {
    requires_tool!("openssl");
    let (engine, authority) = (StandIn::start(), Authority::new("users"));
    let client = authority.issue(&Leaf::client("laptop").key(Key::Rsa2048));
    for (key, form) in [
        (Key::P256, None),
        (Key::P256, Some(KeyForm::Traditional)),
        (Key::P256, Some(KeyForm::WithParameters)),
        (Key::Rsa2048, None),
        (Key::Rsa2048, Some(KeyForm::Traditional)),
    ] {
        let mut issued = authority.issue(&Leaf::server(&["127.0.0.1"]).key(key));
        if let Some(form) = form {
            issued = issued.key_as(form);
        }
        let bridge = builder(&engine, &issued).start();
        assert_served(&bridge, &client.client());
    }
}

#[test]
fn an_encrypted_key_is_refused_in_one_line() {
    requires_tool!("openssl");
    let authority = Authority::new("users");
    for form in [KeyForm::Encrypted, KeyForm::TraditionalEncrypted] {
        let issued = server(&authority).key_as(form);
        let (code, why) = refusal_of(&Program::ours("bridge-tls").args([
            "--tlscacert",
            text(&issued.ca()),
            "--tlscert",
            text(&issued.certificate()),
            "--tlskey",
            text(&issued.key()),
        ]));
        assert_eq!(code, 64, "{why}");
        assert_eq!(
            why,
            format!(
                "cannot use: {}: the private key is encrypted; write it without a password: \
                 openssl pkey -in KEY -out NEW_KEY",
                issued.key().display()
            )
        );
    }
}

#[test]
fn chains_of_both_sides_end_at_the_root() {
    let (engine, root) = (StandIn::start(), Authority::new("root"));
    let below = root.intermediate("below");
    let bridge = builder(&engine, &server(&below)).start();
    let client = below.issue(&Leaf::client("laptop"));
    assert_served(&bridge, &client.client());
    let endpoint = client.client().at(bridge.addr());
    assert_eq!(endpoint.connect().handshake().certificates.len(), 2);

    // Without what lies between, nobody knows who it is.
    let chain = std::fs::read_to_string(client.certificate()).unwrap();
    let leaf = chain.split_inclusive("-----END CERTIFICATE-----\n").next().unwrap();
    std::fs::write(client.certificate(), leaf).unwrap();
    for version in VERSIONS {
        let endpoint = client.client().version(version).at(bridge.addr());
        assert_eq!(refusal(&endpoint), Alert::UnknownCA);
    }
}

#[test]
fn variables_name_the_files_too_and_docker_gets_in() {
    requires_tool!("docker");
    let (engine, authority) = (StandIn::start(), Authority::new("users"));
    let (server, client) = (server(&authority), authority.issue(&Leaf::client("laptop")));
    let port = testkit::ports::free_port();
    let bridge = Program::ours("bridge-tls")
        .env("BRIDGE_TLS_LISTEN", format!("127.0.0.1:{port}"))
        .env("BRIDGE_TLS_UPSTREAM", engine.socket())
        .env("BRIDGE_TLS_CACERT", server.ca())
        .env("BRIDGE_TLS_CERT", server.certificate())
        .env("BRIDGE_TLS_KEY", server.key())
        .start();
    bridge.wait_for_log_containing("listening on");
    // Whose client's files are where is the user's business.
    assert!(!bridge.logs().contains("export "), "{}", bridge.logs());
    let endpoint = client.client().at(([127, 0, 0, 1], port).into());
    let output = finish(endpoint.docker(&["version"]), DEADLINE);
    assert!(output.status.success(), "{output:?}");
}

/// Two authorities, as during a move from one to the other.
#[test]
fn clients_of_each_authority_in_the_file_get_in() {
    let (engine, old) = (StandIn::start(), Authority::new("old"));
    let new = Authority::new("new");
    let server = server(&old);
    std::fs::write(server.ca(), format!("{}{}", old.pem(), new.pem())).unwrap();
    let bridge = builder(&engine, &server).start();
    for authority in [&old, &new] {
        let client = authority.issue(&Leaf::client("laptop")).trusting(&server.ca());
        assert_served(&bridge, &client.client());
    }
}
