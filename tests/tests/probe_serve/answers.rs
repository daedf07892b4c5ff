//! What is answered under which path, and to whom.

use std::net::TcpListener;
use std::time::{Duration, Instant};

use serde_json::json;
use testkit::process::finish_with_input;
use testkit::{DEADLINE, Program, Signal, requires_tool};

use crate::{DEAD, Served, engine, probe};

const PATHS: [(&str, &str); 9] = [
    ("/", "text/html; charset=utf-8"),
    ("/page.css", "text/css; charset=utf-8"),
    ("/page.js", "text/javascript; charset=utf-8"),
    ("/status.json", "application/json"),
    ("/metrics", METRICS),
    ("/sd", "application/json"),
    ("/healthz", "text/plain; charset=utf-8"),
    ("/readyz", "text/plain; charset=utf-8"),
    ("/probe?target=tcp://127.0.0.1:1", METRICS),
];
const METRICS: &str = "text/plain; version=0.0.4; charset=utf-8";

#[test]
fn each_path_is_answered_by_get_and_head_and_is_safe_in_a_browser() {
    let served = Served::of([DEAD]);
    for (path, content_type) in PATHS {
        for method in ["GET", "HEAD"] {
            let answer = served.ask(&format!("{method} {path}"), &["Host: localhost"]);
            assert_eq!(answer.status, 200, "{method} {path}: {}", answer.text());
            assert_eq!(answer.header("content-type"), Some(content_type), "{path}");
            let policy = answer.header("content-security-policy");
            assert_eq!(policy, Some("default-src 'self'; frame-ancestors 'none'"), "{path}");
            assert_eq!(answer.header("x-content-type-options"), Some("nosniff"), "{path}");
            assert_eq!(answer.body.is_empty(), method == "HEAD", "{method} {path}");
        }
    }
    for method in ["POST", "PUT", "DELETE", "OPTIONS"] {
        let answer = served.ask(&format!("{method} /probe"), &["Host: localhost"]);
        assert_eq!((answer.status, answer.header("allow")), (405, Some("GET, HEAD")), "{method}");
    }
    for path in ["/version", "/probe/x", "/sd/", "/%70robe", "/../sd"] {
        assert_eq!(served.get(path).status, 404, "{path}");
    }
}

#[test]
fn other_web_pages_and_names_that_somebody_could_own_are_refused() {
    let served = Served::start(probe().args(["--allow-host", "probe.example", DEAD]));
    let browser = "Accept-Language: en";
    for (headers, status, part) in [
        (&["Host: localhost", browser][..], 200, ""),
        (&["Host: probe.example", browser], 200, ""),
        (&["Host: evil.example"], 200, ""),
        (&["Host: evil.example", browser], 403, "--allow-host"),
        (&["Host: localhost", "Origin: http://evil.example"], 403, "`http://evil.example`"),
    ] {
        for (path, _) in PATHS {
            let answer = served.ask(&format!("GET {path}"), headers);
            assert_eq!(answer.status, status, "{path} {headers:?}");
            assert!(answer.text().contains(part), "{path} {headers:?}: {}", answer.text());
        }
    }
}

#[test]
fn the_page_reads_well_without_its_script_and_what_is_hostile_stays_text() {
    let folder = tempfile::tempdir().unwrap();
    let hostile = format!("unix://{}/<img src=x onerror=a()>'&.sock", folder.path().display());
    let (_engine, target) = engine();
    let page = Served::of([&hostile, &target]).get("/").text();
    for part in [
        "<strong data-is=\"healthy\">healthy</strong>",
        "<strong data-is=\"refused\">refused</strong>",
        "/&lt;img src=x onerror=a()&gt;&#39;&amp;.sock</code>",
        "is the Engine running, and its socket mounted here?",
        "<noscript>",
        "<caption>",
        "<dd id=\"failing\" data-value=\"failing\">1</dd>",
        "28.5.2",
        "scope=\"col\"",
    ] {
        assert!(page.contains(part), "{part}: {page}");
    }
    for part in ["<img", "style=", "http:", "https:", "=\"/"] {
        assert!(!page.contains(part), "{part}: {page}");
    }
    let at = |part: &str| page.find(part).unwrap();
    assert!(at("data-is=\"refused\"") < at("data-is=\"healthy\""), "failing ones come first");
}

#[test]
fn promtool_has_nothing_to_say_of_metrics_and_of_a_probe() {
    let promtool = requires_tool!("promtool");
    let (_engine, target) = engine();
    let served = Served::of([&target, DEAD, "ssh://there"]);
    for text in
        [served.get("/metrics").text(), served.probe(&target).text(), served.probe(DEAD).text()]
    {
        let command = Program::new(&promtool).args(["check", "metrics"]).command();
        let output = finish_with_input(command, &text, DEADLINE);
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success() && told.is_empty(), "{told}\n{text}");
    }
    let metrics = served.get("/metrics").text();
    for line in [
        format!("docker_engine_up{{target=\"{target}\"}} 1\n"),
        format!("docker_engine_up{{target=\"{DEAD}\"}} 0\n"),
        format!("docker_engine_state{{target=\"{DEAD}\",state=\"refused\"}} 1\n"),
        "docker_engine_state{target=\"ssh://there\",state=\"unsupported\"} 1\n".to_owned(),
    ] {
        assert!(metrics.contains(&line), "{line}: {metrics}");
    }
}

#[test]
fn a_probe_is_answered_as_the_blackbox_exporter_answers() {
    let (engine, target) = engine();
    let served = Served::of([&target]);
    let answer = served.probe(&target);
    let text = answer.text();
    assert_eq!(answer.status, 200);
    for line in [
        "probe_success 1\n",
        "\nprobe_duration_seconds 0.",
        "\ndocker_engine_up 1\n",
        "\ndocker_engine_state{state=\"healthy\"} 1\n",
        "\ndocker_engine_state{state=\"refused\"} 0\n",
        "\ndocker_engine_info{version=\"28.5.2\",api_version=\"1.51\",os=\"linux\",arch=\"",
    ] {
        assert!(text.contains(line), "{line}: {text}");
    }
    assert!(!text.contains("target=") && !text.contains("probe_ssl"), "{text}");
    engine.stop();
    let gone = served.probe(&target);
    assert_eq!(gone.status, 200);
    assert!(gone.text().contains("probe_success 0\n"), "{}", gone.text());
    for path in ["/probe", "/probe?target=", "/probe?module=docker", "/probe?target=a&target=b"] {
        assert_eq!(served.get(path).status, 400, "{path}");
    }
}

/// Prometheus gives up on a scrape, and has nothing then; half a second before, it has a timeout.
#[test]
fn a_probe_ends_before_the_scrape_does() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let target = format!("tcp://{}", silent.local_addr().unwrap());
    let served = Served::start_unready(probe().args(["--timeout", "5s", &target]));
    assert_eq!(served.get("/readyz").status, 503);
    assert_eq!(served.get("/status.json").json(), json!([]));
    let begin = Instant::now();
    let line = format!("GET /probe?target={target}");
    let scrape = ["Host: localhost", "X-Prometheus-Scrape-Timeout-Seconds: 1.2"];
    let text = served.ask(&line, &scrape).text();
    let took = begin.elapsed();
    assert!(text.contains("docker_engine_state{state=\"timeout\"} 1\n"), "{text}");
    assert!(took > Duration::from_millis(600) && took < Duration::from_millis(1200), "{took:?}");
}

#[test]
fn it_ends_well_when_it_is_told_to() {
    let served = Served::of([DEAD]);
    served.process.signal(Signal::TERM);
    assert_eq!(served.process.wait_exit(DEADLINE).code(), Some(0));
}
