//! HTTP/2 over TLS: agreed on by ALPN where the Engine speaks it, and guarded stream by stream.

use std::path::PathBuf;
use std::time::Duration;

use testkit::peers::{curl, s_client};
use testkit::tls::{Alert, Client, Version, refusal};
use testkit::{Bridge, StandIn, Transport, data, eventually, requires_tool};

#[test]
fn http_2_is_agreed_on_before_an_engine_that_speaks_it() {
    let (engine, bridge) = start();
    for version in [Version::V1_2, Version::V1_3] {
        let client = Client::from_folder(own_client(&bridge)).version(version);
        for (offered, chosen) in [
            (&[][..], None),
            (&["http/1.1"], Some("http/1.1")),
            (&["h2"], Some("h2")),
            (&["http/1.1", "h2"], Some("h2")),
        ] {
            let agreed = client.clone().alpn(offered).at(bridge.addr()).connect().handshake();
            assert_eq!(agreed.alpn.as_deref(), chosen, "{version:?}, {offered:?}");
        }
        let alert = refusal(&client.alpn(&["spdy/1"]).at(bridge.addr()));
        assert_eq!(alert, Alert::NoApplicationProtocol, "{version:?}");
    }
    assert_eq!(engine.requests(), []);
}

#[test]
fn openssl_agrees_too() {
    requires_tool!("openssl");
    let (_engine, bridge) = start();
    let seen = s_client(bridge.addr(), &own_client(&bridge), &["-alpn", "h2,http/1.1"]);
    assert!(seen.contains("ALPN protocol: h2\n"), "{seen}");
}

#[test]
fn curl_speaks_http_2_to_the_engine() {
    requires_tool!("curl");
    let (engine, bridge) = start();
    let url = format!("https://{}/version", bridge.addr());
    let output = curl(&own_client(&bridge), &["--write-out", "\nHTTP/%{http_version}", &url]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("\"ApiVersion\"") && text.ends_with("\nHTTP/2"), "{text}");
    assert_eq!(engine.requests()[0].version, "HTTP/2.0");
}

#[test]
fn a_big_body_arrives_whole_both_ways() {
    requires_tool!("curl");
    let (_engine, bridge) = start();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("bulk");
    let path = file.to_str().unwrap();
    let url = format!("https://{}/bulk", bridge.addr());
    curl(&own_client(&bridge), &["--output", path, &format!("{url}?bytes=30000000")]);
    let bytes = std::fs::read(&file).unwrap();
    assert_eq!(data::digest(&bytes), data::digest(&data::pattern(30_000_000)));

    let output = curl(&own_client(&bridge), &["--data-binary", &format!("@{path}"), &url]);
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(said.contains(&data::digest(&bytes)), "{said}");
}

#[test]
fn each_stream_passes_the_browser_guard() {
    requires_tool!("curl");
    let (engine, bridge) = start();
    let url = format!("https://{}/version", bridge.addr());
    let format = "%{http_code} %{http_version} %{num_connects}\n";
    let tell = ["--output", "/dev/null", "--write-out", format];
    let folder = own_client(&bridge);
    let certificates = ["ca.pem", "cert.pem", "key.pem"].map(|name| folder.join(name));
    let [ca, cert, key] = certificates.each_ref().map(|path| path.to_str().unwrap());
    let second = ["--next", "--silent", "--cacert", ca, "--cert", cert, "--key", key];
    let page = ["--header", "Origin: https://evil.example"];
    let words = [&tell[..], &[&url], &second, &page, &tell, &[&url]].concat();
    let output = curl(&folder, &words);
    let said = String::from_utf8(output.stdout).unwrap();
    assert_eq!(said, "200 2 1\n403 2 0\n", "one connection, and two streams");
    assert_eq!(engine.requests().len(), 1);
}

#[test]
fn a_browsers_answer_is_sandboxed() {
    requires_tool!("curl");
    let (_engine, bridge) = start();
    let url = format!("https://{}/version", bridge.addr());
    let words = ["--dump-header", "-", "--header", "Accept-Language: en", &url];
    let said = String::from_utf8(curl(&own_client(&bridge), &words).stdout).unwrap();
    assert!(said.starts_with("HTTP/2 200"), "{said}");
    assert!(said.contains("content-security-policy: sandbox\r\n"), "{said}");
    assert!(said.contains("x-content-type-options: nosniff\r\n"), "{said}");
}

#[test]
fn an_engine_that_learns_http_2_is_offered_with_it() {
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("engine.sock");
    let old = StandIn::builder().path(&socket).start();
    let bridge = before(&old);
    let client = Client::from_folder(own_client(&bridge)).alpn(&["h2", "http/1.1"]);
    let agreed = || client.clone().at(bridge.addr()).connect().handshake().alpn;
    assert_eq!(agreed().as_deref(), Some("http/1.1"));
    old.stop();
    let _new = StandIn::builder().path(&socket).http2().start();
    eventually(Duration::from_secs(20), "HTTP/2 offered", || agreed().as_deref() == Some("h2"));
}

/// `bridge-tls` before an Engine that speaks HTTP/2.
fn start() -> (StandIn, Bridge) {
    let engine = StandIn::builder().http2().start();
    let bridge = before(&engine);
    (engine, bridge)
}

fn before(engine: &StandIn) -> Bridge {
    Bridge::builder().over(Transport::Tls(Version::V1_3)).upstream(engine.socket()).start()
}

/// The folder of the client that every bridge makes.
fn own_client(bridge: &Bridge) -> PathBuf {
    bridge.cert_dir().join("client")
}
