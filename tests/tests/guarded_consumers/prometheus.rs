//! Debian's Prometheus finds containers by `docker_sd_configs`.

use std::time::Duration;

use serde_json::Value;
use testkit::stream::get;
use testkit::{DEADLINE, Endpoint, Program, eventually, ports, requires_docker, requires_tool};

use crate::under;

#[test]
fn prometheus_finds_containers_under_read_only() {
    requires_tool!("prometheus");
    let engine = requires_docker!();
    let name = format!("consumers-prometheus-{}", std::process::id());
    let _container = engine.container(&["--name", &name], &["sleep", "600"]);
    let bridge = under("read-only", engine.socket()).start();

    let folder = tempfile::tempdir().expect("a folder");
    let config = folder.path().join("prometheus.yml");
    let text = format!(
        "scrape_configs:\n- job_name: docker\n  docker_sd_configs:\n  - host: {}\n    \
         refresh_interval: 1s\n",
        bridge.endpoint()
    );
    std::fs::write(&config, text).expect("cannot write its settings");
    let web = std::net::SocketAddr::from(([127, 0, 0, 1], ports::free_port()));
    let prometheus = Program::new("prometheus")
        .arg(format!("--config.file={}", config.display()))
        .arg(format!("--storage.tsdb.path={}", folder.path().join("data").display()))
        .arg(format!("--web.listen-address={web}"))
        .start();
    let endpoint = Endpoint::Tcp(web);
    eventually(DEADLINE, "Prometheus listens", || {
        assert_eq!(prometheus.exit_status(), None, "{}", prometheus.logs());
        endpoint.try_connect().is_ok()
    });

    let wanted = Value::String(format!("/{name}"));
    eventually(Duration::from_secs(60), "it has found the container", || {
        let answer = get(&endpoint, "/api/v1/targets");
        if answer.status != 200 {
            // It says so until it is ready.
            return false;
        }
        let targets = answer.json();
        let active = targets["data"]["activeTargets"].as_array().cloned().unwrap_or_default();
        active
            .iter()
            .any(|target| target["discoveredLabels"]["__meta_docker_container_name"] == wanted)
    });
}
