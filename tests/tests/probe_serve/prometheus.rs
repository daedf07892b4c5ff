//! Debian's Prometheus, by the settings that docs/status.md shows.

use std::net::SocketAddr;
use std::time::Duration;

use serde_json::{Value, json};
use testkit::stream::get;
use testkit::{DEADLINE, Endpoint, Program, eventually, ports, requires_tool};

use crate::{DEAD, Served, engine};

/// The YAML of the page, for a probe at `address`.
fn documented(address: &str) -> String {
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/status.md");
    let page = std::fs::read_to_string(page).unwrap();
    let (_, yaml) = page.split_once("```yaml\n").unwrap();
    let (yaml, _) = yaml.split_once("```").unwrap();
    let there = "127.0.0.1:9375";
    assert_eq!(yaml.matches(there).count(), 2, "{yaml}");
    yaml.replace(there, address)
}

#[test]
fn prometheus_scrapes_each_target_by_the_settings_that_are_documented() {
    let (prometheus, promtool) = (requires_tool!("prometheus"), requires_tool!("promtool"));
    let (_engine, alive) = engine();
    let served = Served::of([&alive, DEAD]);
    let sd = served.get("/sd").json();
    assert_eq!(sd, json!([{"targets": [alive, DEAD], "labels": {}}]));

    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("prometheus.yml");
    let documented = documented(&served.address.to_string());
    let quicker = documented.replace("scrape_interval: 15s", "scrape_interval: 1s");
    assert_ne!(quicker, documented);
    std::fs::write(&config, quicker).unwrap();
    let check = Program::new(promtool).args(["check", "config"]).arg(&config).run();
    assert!(check.status.success(), "{check:?}");
    let web = SocketAddr::from(([127, 0, 0, 1], ports::free_port()));
    let prometheus = Program::new(prometheus)
        .arg(format!("--config.file={}", config.display()))
        .arg(format!("--storage.tsdb.path={}", folder.path().join("data").display()))
        .arg(format!("--web.listen-address={web}"))
        .start();
    let endpoint = Endpoint::Tcp(web);
    eventually(DEADLINE, "Prometheus listens", || {
        assert_eq!(prometheus.exit_status(), None, "{}", prometheus.logs());
        endpoint.try_connect().is_ok()
    });
    let value = |query: &str| -> Vec<(Value, Value)> {
        let answer = get(&endpoint, &format!("/api/v1/query?query={query}"));
        if answer.status != 200 {
            // It says so until it is ready.
            return Vec::new();
        }
        let found = answer.json()["data"]["result"].as_array().cloned().unwrap_or_default();
        let mut found: Vec<_> = found
            .iter()
            .map(|one| (one["metric"]["instance"].clone(), one["value"][1].clone()))
            .collect();
        found.sort_by_key(|(instance, _)| instance.to_string());
        found
    };
    let mut expected = vec![(json!(alive), json!("1")), (json!(DEAD), json!("0"))];
    expected.sort_by_key(|(instance, _)| instance.to_string());
    eventually(Duration::from_secs(60), "both are scraped", || value("probe_success") == expected);
    assert_eq!(value("docker_engine_up"), expected);
    let refused = value("docker_engine_state%7Bstate=%22refused%22%7D==1");
    assert_eq!(refused, [(json!(DEAD), json!("1"))]);
    let up: Vec<_> = value("up").into_iter().map(|(_, up)| up).collect();
    assert_eq!(up, ["1", "1"]);
}

#[test]
fn the_compose_file_has_a_prometheus_with_the_same_settings() {
    let (compose, promtool) = (requires_tool!("docker-compose"), requires_tool!("promtool"));
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../docker");
    let file = format!("{folder}/fleet.compose.yaml");
    let output = Program::new(compose).args(["-f", &file, "config"]).run();
    assert!(output.status.success(), "{output:?}");
    let shown = String::from_utf8_lossy(&output.stdout);
    for name in ["hosts.txt", "prometheus.yml", "datasources.yaml", "dashboards.yaml"] {
        assert!(shown.contains(&format!("/docker/fleet/{name}:/")), "{name}: {shown}");
        assert!(std::path::Path::new(folder).join("fleet").join(name).is_file(), "{name}");
    }
    let config = format!("{folder}/fleet/prometheus.yml");
    let text = std::fs::read_to_string(&config).unwrap();
    assert_eq!(text, [RULES, &documented("probe:9375"), BRIDGES].concat());
    let check = Program::new(promtool).args(["check", "config", &config]).run();
    assert!(check.status.success(), "{check:?}");
}

/// What the compose file's Prometheus has besides: alerts, and its bridge.
const RULES: &str = "rule_files:\n  - \"/etc/monitoring/*alerts.yaml\"\n\n";
const BRIDGES: &str =
    "\n  - job_name: bridges\n    static_configs:\n      - targets: [\"docker-api:9376\"]\n";
