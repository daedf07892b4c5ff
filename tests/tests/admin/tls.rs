//! With TLS: certificates, and handshakes that come to nothing.

use serde_json::{Value, json};
use testkit::stream::{get, request};
use testkit::tls::{self, Version};
use testkit::{Bridge, DEADLINE, Endpoint, Program, StandIn, Transport, eventually};

use crate::Watched;

fn watched(engine: &StandIn, words: &[&str]) -> Watched {
    let over = Transport::Tls(Version::V1_3);
    Watched::start(Bridge::builder().over(over).upstream(engine.socket()).args(words))
}

fn client(watched: &Watched, words: &[&str]) {
    let output = Program::ours("bridge-tls")
        .arg("client")
        .args(words)
        .arg("--cert-dir")
        .arg(watched.bridge.cert_dir())
        .run();
    assert!(output.status.success(), "{output:?}");
}

fn certificate(watched: &Watched, name: &str) -> Value {
    let all = watched.status()["certificates"].clone();
    all.as_array().unwrap().iter().find(|one| one["name"] == name).cloned().unwrap_or_default()
}

#[test]
fn certificates_are_told_with_their_ends_roles_and_connections() {
    let engine = StandIn::start();
    let watched = watched(&engine, &["--access", "read-only"]);
    client(&watched, &["add", "grafana", "--role", "monitor", "--days", "30"]);
    eventually(DEADLINE, "it is seen", || certificate(&watched, "grafana") != Value::Null);
    let folder = watched.bridge.cert_dir().join("clients/grafana");
    let grafana = tls::Client::from_folder(folder).at(watched.bridge.addr());
    let mut stream = grafana.connect();
    stream.exchange("GET /_ping HTTP/1.1\r\nHost: d\r\n\r\n");
    let told = certificate(&watched, "grafana");
    assert_eq!((&told["role"], &told["revoked"]), (&json!("monitor"), &json!(false)));
    assert_eq!((&told["days_left"], &told["connections"]), (&json!(29), &json!(1)));
    assert!(told["serial"].as_str().is_some_and(|serial| serial.len() > 8), "{told}");
    let connected = watched.status()["clients"][0].clone();
    assert_eq!((&connected["client"], &connected["role"]), (&json!("grafana"), &json!("monitor")));
    assert_eq!(certificate(&watched, "server certificate")["days_left"], 89);
    assert_eq!(certificate(&watched, "authority certificate")["serial"], json!(null));

    let end = |name: &str| {
        let name = format!("{{name=\"{name}\"}}");
        watched.metric(&format!("docker_api_certificate_not_after_timestamp_seconds{name}"))
    };
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    let days = (end("grafana") - now.as_secs_f64()) / 86_400.0;
    assert!((29.9..30.1).contains(&days), "{days}");
    assert!(end("server certificate") > 1.0 && end("authority certificate") > 1.0);

    client(&watched, &["revoke", "grafana"]);
    eventually(DEADLINE, "it is revoked", || certificate(&watched, "grafana")["revoked"] == true);
    stream.expect_reset(DEADLINE);
    eventually(DEADLINE, "it is gone", || certificate(&watched, "grafana")["connections"] == 0);
    assert!(end("grafana") < 1.0);
    assert_ne!(get(&watched.bridge.endpoint(), "/_ping").status, 0);
}

#[test]
fn handshakes_that_come_to_nothing_are_counted_by_reason() {
    let engine = StandIn::start();
    let watched = watched(&engine, &[]);
    let (address, ours) = (watched.bridge.addr(), watched.bridge.cert_dir());
    request(&Endpoint::Tcp(address), "GET /version HTTP/1.1\r\nHost: d\r\n\r\n");
    tls::refusal(&tls::Client::trusting(ours.join("client/ca.pem")).anonymous().at(address));
    let stranger = testkit::certificates::Authority::new("another");
    let stranger = stranger.issue(&testkit::certificates::Leaf::client("stranger"));
    let showing = tls::Client::trusting(ours.join("client/ca.pem"))
        .showing(stranger.certificate(), stranger.key());
    tls::refusal(&showing.at(address));
    Endpoint::Tcp(address).connect().close();
    get(&watched.bridge.endpoint(), "/_ping");
    for (reason, count) in [
        ("plain-http", 1),
        ("certificate-required", 1),
        ("unknown-authority", 1),
        ("left", 1),
        ("timeout", 0),
    ] {
        let sample = format!("docker_api_tls_handshake_failures_total{{reason=\"{reason}\"}}");
        watched.expect_metric(&sample, count);
    }
    watched.expect_metric("docker_api_tls_handshake_duration_seconds_count", 1);
    watched.expect_metric("docker_api_connections_refused_total{reason=\"tls-handshake\"}", 3);
}

/// The record of an authority that isn't ours is elsewhere: whoever is here is told all the same.
#[test]
fn clients_of_the_users_authority_are_told_while_they_are_connected() {
    let engine = StandIn::start();
    let authority = testkit::certificates::Authority::new("test");
    let server = authority.issue(&testkit::certificates::Leaf::server(&["127.0.0.1"]));
    let laptop = authority.issue(&testkit::certificates::Leaf::client("<script>\u{1}"));
    let watched = Watched::start(
        Bridge::builder().over(Transport::Tls(Version::V1_3)).upstream(engine.socket()).user_files(
            &server.ca(),
            &server.certificate(),
            &server.key(),
        ),
    );
    let showing = tls::Client::trusting(server.ca()).showing(laptop.certificate(), laptop.key());
    let mut stream = showing.at(watched.bridge.addr()).connect();
    stream.exchange("GET /_ping HTTP/1.1\r\nHost: d\r\n\r\n");
    let told = certificate(&watched, "<script>\\u{1}");
    assert_eq!(told["connections"], 1, "{}", watched.status());
    let page = watched.get("/").text();
    assert!(page.contains("&lt;script&gt;") && !page.contains("<script>\\"), "{page}");
}
