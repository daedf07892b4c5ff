//! The dashboard and the alerts ask for what bridges tell: each query, of a real Prometheus that scraped
//! real bridges, has an answer.

#![expect(clippy::unwrap_used, reason = "to a test a panic is an answer")]

use std::fs;
use std::path::PathBuf;

use serde_json::Value;
use testkit::process::{Process, finish};
use testkit::stream::get;
use testkit::tls::{Client, refusal};
use testkit::{
    DEADLINE, Endpoint, Front, Program, Signal, StandIn, eventually, ports, requires_tool,
};

#[test]
fn the_alerts_are_well_formed_and_fire_when_they_should() {
    requires_tool!("promtool");
    for (command, file) in [("check", "alerts.yaml"), ("test", "alerts.test.yaml")] {
        let promtool = Program::new("promtool").args([command, "rules"]).arg(folder().join(file));
        let output = finish(promtool.command(), DEADLINE);
        assert!(output.status.success(), "{output:?}");
    }
}

#[test]
fn every_query_has_an_answer() {
    requires_tool!("prometheus");
    let engine = StandIn::start();
    let judged = Front::Guarded.start(engine.socket());
    let encrypted = Front::Tls.start(engine.socket());
    let prometheus = Prometheus::start(&[judged.admin(), encrypted.admin()]);

    let client = Client::from_folder(encrypted.bridge.cert_dir().join("client"));
    // Rates are of what changes between two scrapes.
    let live = || {
        get(&judged.endpoint(), "/_ping");
        get(&judged.endpoint(), "/debug/vars");
        get(&encrypted.endpoint(), "/_ping");
        refusal(&client.clone().anonymous().at(encrypted.bridge.addr()));
        judged.bridge.signal(Signal::HUP);
    };
    let queries = queries();
    assert!(queries.len() > 15, "{queries:?}");
    for query in queries {
        eventually(DEADLINE * 3, &format!("{query} has an answer"), || {
            live();
            let answer = prometheus.ask(&format!("/api/v1/query?query={}", escape(&query)));
            assert_eq!(answer["status"], "success", "{query}: {answer}");
            answer["data"]["result"].as_array().is_some_and(|samples| !samples.is_empty())
        });
    }
    let rules = prometheus.ask("/api/v1/rules");
    let rules = rules["data"]["groups"][0]["rules"].as_array().unwrap();
    assert_eq!(rules.len(), 8);
    eventually(DEADLINE, "every rule was judged", || {
        let rules = prometheus.ask("/api/v1/rules");
        let rules = rules["data"]["groups"][0]["rules"].as_array().unwrap().clone();
        rules.iter().all(|rule| rule["health"] == "ok")
    });
}

/// What alerts ask for is told by name, so that a rule can't wait for a sample that never comes.
#[test]
fn every_alert_asks_for_metrics_that_there_are() {
    let engine = StandIn::start();
    let judged = Front::Guarded.start(engine.socket());
    let encrypted = Front::Tls.start(engine.socket());
    get(&judged.endpoint(), "/_ping");
    let told = [judged.admin(), encrypted.admin()].map(|admin| get(admin, "/metrics").text());
    let rules = fs::read_to_string(folder().join("alerts.yaml")).unwrap();
    let exprs = rules.lines().filter_map(|line| line.trim().strip_prefix("expr: "));
    let of_name = |c: char| !(c.is_ascii_alphanumeric() || c == '_');
    let names = exprs.flat_map(|expr| expr.split(of_name));
    let names: Vec<_> = names
        .filter(|word| word.starts_with("docker_api_") || word.starts_with("process_"))
        .collect();
    assert!(names.len() >= 8, "{names:?}");
    for name in names {
        assert!(told.iter().any(|text| text.contains(&format!("\n{name}"))), "{name}");
    }
}

/// A real one, which scrapes every second and judges the alerts.
struct Prometheus {
    endpoint: Endpoint,
    _process: Process,
    _data: tempfile::TempDir,
}

impl Prometheus {
    fn start(targets: &[&Endpoint]) -> Self {
        let data = tempfile::tempdir().unwrap();
        let rules = folder().join("alerts.yaml");
        let targets: Vec<String> =
            targets.iter().map(|target| target.address().unwrap().to_string()).collect();
        let config = format!(
            "global: {{scrape_interval: 1s, evaluation_interval: 1s}}\n\
             rule_files: [{:?}]\n\
             scrape_configs: [{{job_name: docker, static_configs: [{{targets: {targets:?}}}]}}]\n",
            rules.display().to_string()
        );
        let file = data.path().join("prometheus.yml");
        fs::write(&file, config).unwrap();
        let address = std::net::SocketAddr::from(([127, 0, 0, 1], ports::free_port()));
        let process = Program::new("prometheus")
            .arg(format!("--config.file={}", file.display()))
            .arg(format!("--storage.tsdb.path={}", data.path().join("data").display()))
            .arg(format!("--web.listen-address={address}"))
            .start();
        process.wait_for_log_containing("Server is ready");
        Self { endpoint: Endpoint::Tcp(address), _process: process, _data: data }
    }

    fn ask(&self, path: &str) -> Value {
        get(&self.endpoint, path).json()
    }
}

/// Of the dashboard, as Grafana would ask for all bridges.
fn queries() -> Vec<String> {
    let dashboard = fs::read(folder().join("grafana-dashboard.json")).unwrap();
    let dashboard: Value = serde_json::from_slice(&dashboard).unwrap();
    let panels = dashboard["panels"].as_array().unwrap();
    let targets = panels.iter().flat_map(|panel| panel["targets"].as_array().unwrap());
    let exprs = targets.map(|target| target["expr"].as_str().unwrap());
    exprs.map(|expr| expr.replace("$__rate_interval", "10s").replace("$instance", ".+")).collect()
}

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../docker/monitoring")
}

fn escape(query: &str) -> String {
    query.bytes().flat_map(|byte| ['%', digit(byte >> 4), digit(byte & 15)]).collect()
}

fn digit(value: u8) -> char {
    char::from_digit(value.into(), 16).unwrap()
}
