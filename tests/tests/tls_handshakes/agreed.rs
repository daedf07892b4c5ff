//! Versions, key exchange, ciphers, protocols, and what the server asks a client for.

use testkit::peers::{curl, s_client};
use testkit::requires_tool;
use testkit::tls::{Alert, Client, Version, refusal};

use crate::{VERSIONS, own_client, start};

#[test]
fn the_key_exchange_is_post_quantum_and_the_cipher_aes_128() {
    let (_engine, bridge) = start();
    let agreed = VERSIONS.map(|version| {
        let client = Client::from_folder(own_client(&bridge)).version(version);
        let agreed = client.at(bridge.addr()).connect().handshake();
        (agreed.version, agreed.group, agreed.suite)
    });
    let expected = [
        (Version::V1_2, "X25519", "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"),
        (Version::V1_3, "X25519MLKEM768", "TLS13_AES_128_GCM_SHA256"),
    ];
    assert_eq!(
        agreed,
        expected.map(|(version, group, suite)| (version, group.into(), suite.into()))
    );
}

#[test]
fn the_fastest_cipher_that_both_have_is_chosen() {
    requires_tool!("openssl");
    let (_engine, bridge) = start();
    for (version, flag, offered, chosen) in [
        ("-tls1_3", "-ciphersuites", &[AES_256, CHACHA, AES_128][..], AES_128),
        ("-tls1_3", "-ciphersuites", &[AES_256], AES_256),
        // A client that puts it first has no AES in hardware.
        ("-tls1_3", "-ciphersuites", &[CHACHA, AES_128], CHACHA),
        ("-tls1_2", "-cipher", &[OLD_AES_256, OLD_CHACHA, OLD_AES_128], OLD_AES_128),
        ("-tls1_2", "-cipher", &[OLD_CHACHA, OLD_AES_128], OLD_CHACHA),
    ] {
        let words = [version, flag, &offered.join(":")];
        let seen = s_client(bridge.addr(), &own_client(&bridge), &words);
        assert!(seen.contains(&format!("Cipher is {chosen}\n")), "{offered:?}: {seen}");
        assert!(seen.contains("HTTP/1.1 200 OK"), "{seen}");
    }
}

#[test]
fn curl_gets_in_by_both_versions() {
    requires_tool!("curl");
    let (_engine, bridge) = start();
    let url = format!("https://{}/_ping", bridge.addr());
    for version in [&["--tlsv1.2", "--tls-max", "1.2"][..], &["--tlsv1.3"]] {
        let output = curl(&own_client(&bridge), &[version, &[url.as_str()]].concat());
        assert_eq!(output.stdout, b"OK", "{output:?}");
    }
}

#[test]
fn http_1_is_the_only_protocol() {
    let (engine, bridge) = start();
    for version in VERSIONS {
        let client = Client::from_folder(own_client(&bridge)).version(version);
        for (offered, chosen) in [
            (&[][..], None),
            (&["http/1.1"], Some("http/1.1")),
            (&["h2", "http/1.1"], Some("http/1.1")),
        ] {
            let agreed = client.clone().alpn(offered).at(bridge.addr()).connect().handshake();
            assert_eq!(agreed.alpn.as_deref(), chosen, "{version:?}, {offered:?}");
        }
        let alert = refusal(&client.alpn(&["h2"]).at(bridge.addr()));
        assert_eq!(alert, Alert::NoApplicationProtocol, "{version:?}");
    }
    bridge
        .wait_for_log_containing(" is refused: it offers protocols by ALPN, and http/1.1 is none");
    assert_eq!(engine.requests(), []);
}

/// With them, a Go client that holds another authority's certificate would send none.
#[test]
fn a_client_is_not_told_which_authority_to_show_a_certificate_of() {
    requires_tool!("openssl");
    let (_engine, bridge) = start();
    for version in ["-tls1_2", "-tls1_3"] {
        let seen = s_client(bridge.addr(), &own_client(&bridge), &[version]);
        assert!(seen.contains("No client certificate CA names sent"), "{version}: {seen}");
    }
}

const AES_128: &str = "TLS_AES_128_GCM_SHA256";
const AES_256: &str = "TLS_AES_256_GCM_SHA384";
const CHACHA: &str = "TLS_CHACHA20_POLY1305_SHA256";
const OLD_AES_128: &str = "ECDHE-ECDSA-AES128-GCM-SHA256";
const OLD_AES_256: &str = "ECDHE-ECDSA-AES256-GCM-SHA384";
const OLD_CHACHA: &str = "ECDHE-ECDSA-CHACHA20-POLY1305";
