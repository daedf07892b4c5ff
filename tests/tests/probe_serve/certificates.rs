//! Targets over TLS.

use testkit::tls::Version;
use testkit::{Bridge, StandIn, Transport};

use crate::{Served, probe};

#[test]
fn the_days_of_a_certificate_are_told_and_when_it_ends() {
    let engine = StandIn::start();
    let bridge = Bridge::builder()
        .over(Transport::Tls(Version::V1_3))
        .upstream(engine.socket())
        .args(["--server-days", "30"])
        .start();
    let target = format!("https://{}", bridge.addr());
    let client = bridge.cert_dir().join("client");
    let served = Served::start(probe().arg("--cert-dir").arg(&client).arg(&target));
    let status = served.status(&target);
    assert_eq!(status["state"], "healthy");
    // To the second 30 at first.
    let days = status["tls"]["days_left"].as_i64().unwrap();
    assert!((29..=30).contains(&days), "{status}");
    let page = served.get("/").text();
    let cells = [29, 30].map(|days| format!("<td class=\"number\">{days}</td>"));
    assert!(cells.iter().any(|cell| page.contains(cell)), "{page}");
    let metrics = served.get("/metrics").text();
    let sample = format!("docker_engine_tls_not_after_timestamp_seconds{{target=\"{target}\"}} ");
    let end = metrics.lines().find_map(|line| line.strip_prefix(&sample)).unwrap();
    let probed = served.probe(&target).text();
    assert!(probed.contains(&format!("\nprobe_ssl_earliest_cert_expiry {end}\n")), "{probed}");
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    let days = (end.parse::<f64>().unwrap() - now.as_secs_f64()) / 86_400.0;
    assert!((29.0..30.1).contains(&days), "{days}");
}
