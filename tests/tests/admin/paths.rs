//! What is answered under which path, and to whom.

use testkit::process::finish_with_input;
use testkit::stream::get;
use testkit::{
    Bridge, DEADLINE, Endpoint, Program, StandIn, Transport, eventually, requires_tool, sdk,
};

use crate::Watched;

const PATHS: [(&str, &str); 7] = [
    ("/healthz", "text/plain; charset=utf-8"),
    ("/readyz", "text/plain; charset=utf-8"),
    ("/metrics", "text/plain; version=0.0.4; charset=utf-8"),
    ("/status.json", "application/json"),
    ("/", "text/html; charset=utf-8"),
    ("/page.js", "text/javascript; charset=utf-8"),
    ("/page.css", "text/css; charset=utf-8"),
];

#[test]
fn each_path_is_answered_by_get_and_head_and_is_safe_in_a_browser() {
    let engine = StandIn::start();
    let watched = Watched::before(&engine);
    for (path, content_type) in PATHS {
        for method in ["GET", "HEAD"] {
            let answer = watched.ask(&format!("{method} {path}?query"), &["Host: localhost"]);
            assert_eq!(answer.status, 200, "{method} {path}: {}", answer.text());
            assert_eq!(answer.header("content-type"), Some(content_type), "{path}");
            let policy = answer.header("content-security-policy");
            assert_eq!(policy, Some("default-src 'self'; frame-ancestors 'none'"), "{path}");
            assert_eq!(answer.header("x-content-type-options"), Some("nosniff"), "{path}");
            assert_eq!(answer.body.is_empty(), method == "HEAD", "{method} {path}");
        }
    }
}

#[test]
fn other_methods_and_paths_are_told_so() {
    let engine = StandIn::start();
    let watched = Watched::before(&engine);
    for method in ["POST", "PUT", "DELETE", "OPTIONS", "PATCH"] {
        let answer = watched.ask(&format!("{method} /healthz"), &["Host: localhost"]);
        assert_eq!(answer.status, 405, "{method}");
        assert_eq!(answer.header("allow"), Some("GET, HEAD"), "{method}");
    }
    for path in ["/version", "/healthz/", "/metrics/x", "/page", "/../healthz"] {
        assert_eq!(watched.get(path).status, 404, "{path}");
    }
    let answer = watched.ask("GET /healthz nonsense", &["Host: localhost"]);
    assert_eq!(answer.status, 400);
}

#[test]
fn a_head_of_more_than_sixteen_kibibytes_is_refused_though_it_is_whole() {
    let engine = StandIn::start();
    let watched = Watched::before(&engine);
    for (length, status) in [(16_000, 200), (16_500, 431), (20_000, 431)] {
        let long = format!("X-Long: {}", "x".repeat(length));
        let answer = watched.ask("GET /healthz", &["Host: localhost", &long]);
        assert_eq!(answer.status, status, "{length}");
    }
}

#[test]
fn nothing_of_it_is_served_to_clients_of_the_engine() {
    let engine = StandIn::start();
    let watched = Watched::before(&engine);
    for (path, _) in PATHS {
        let answer = get(&watched.bridge.endpoint(), path);
        assert_eq!(answer.text(), "{\"message\":\"page not found\"}\n", "{path}");
    }
}

#[test]
fn metrics_are_open_metrics_for_who_asks_for_them() {
    let engine = StandIn::start();
    let watched = Watched::before(&engine);
    let asked = |accept: &str| {
        let answer =
            watched.ask("GET /metrics", &["Host: localhost", &format!("Accept: {accept}")]);
        (answer.header("content-type").unwrap().to_owned(), answer.text())
    };
    let prometheus = "application/openmetrics-text;version=1.0.0;q=0.5,\
                      application/openmetrics-text;version=0.0.1;q=0.4,\
                      text/plain;version=0.0.4;q=0.3,*/*;q=0.2";
    let (content_type, text) = asked(prometheus);
    assert_eq!(content_type, "application/openmetrics-text; version=1.0.0; charset=utf-8");
    assert!(text.ends_with("# EOF\n"), "{text}");
    assert!(text.contains("# TYPE docker_api_build info\n"), "{text}");
    assert!(text.contains("# TYPE docker_api_connections_accepted counter\n"), "{text}");
    let (content_type, text) = asked("text/plain");
    assert_eq!(content_type, "text/plain; version=0.0.4; charset=utf-8");
    assert!(text.contains("# TYPE docker_api_build_info gauge\n"), "{text}");
    assert!(text.contains("# TYPE docker_api_connections_accepted_total counter\n"), "{text}");
    assert!(!text.contains("# EOF"), "{text}");
}

#[test]
fn promtool_has_nothing_to_say_of_the_metrics() {
    let promtool = requires_tool!("promtool");
    let engine = StandIn::start();
    let builder = || Bridge::builder().upstream(engine.socket());
    let over_tls = Transport::Tls(testkit::tls::Version::V1_3);
    for builder in [
        builder().over(Transport::Tcp),
        builder().over(Transport::Tcp).args(["--access", "monitor"]),
        builder().over(over_tls).args(["--access", "monitor"]),
    ] {
        let watched = Watched::start(builder);
        get(&watched.bridge.endpoint(), "/version");
        get(&watched.bridge.endpoint(), "/images/json?secret");
        let metrics = watched.get("/metrics").text();
        let command = Program::new(&promtool).args(["check", "metrics"]).command();
        let output = finish_with_input(command, &metrics, DEADLINE);
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success() && told.is_empty(), "{told}\n{metrics}");
        for line in metrics.lines().filter(|line| line.starts_with("# TYPE ")) {
            let name = line.split(' ').nth(2).unwrap();
            assert!(metrics.contains(&format!("# HELP {name} ")), "no help for {name}");
        }
    }
}

/// `prometheus_client`'s parser of `OpenMetrics` is the strict one.
#[test]
fn prometheuss_python_parser_reads_the_metrics() {
    let script = tempfile::NamedTempFile::new().unwrap();
    let code = "import sys\n\
                from prometheus_client.openmetrics.parser import text_string_to_metric_families\n\
                for family in text_string_to_metric_families(sys.stdin.read()):\n\
                \x20   print(family.name, family.type, len(family.samples))\n";
    std::fs::write(script.path(), code).unwrap();
    let Some(command) = sdk::python(script.path()) else { return };
    let engine = StandIn::start();
    let watched = Watched::start(
        Bridge::builder()
            .over(Transport::Tcp)
            .upstream(engine.socket())
            .args(["--access", "monitor"]),
    );
    get(&watched.bridge.endpoint(), "/version");
    let accept = "Accept: application/openmetrics-text";
    let metrics = watched.ask("GET /metrics", &["Host: localhost", accept]).text();
    let output = finish_with_input(command, &metrics, DEADLINE);
    let read = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{}\n{metrics}", String::from_utf8_lossy(&output.stderr));
    for family in ["docker_api_build info 1", "docker_api_connections gauge 1"] {
        assert!(read.lines().any(|line| line == family), "{family}: {read}");
    }
}

#[test]
fn another_web_page_and_a_rebound_name_are_refused() {
    let engine = StandIn::start();
    let watched =
        Watched::start(Bridge::builder().over(Transport::Tcp).upstream(engine.socket()).args([
            "--allow-host",
            "bridge.example",
            "--no-browser-guard",
        ]));
    let here = format!("Host: {}", watched.admin.address().unwrap());
    let own = format!("Origin: http://{}", watched.admin.address().unwrap());
    let browser = "Accept-Language: en";
    for (headers, status, part) in [
        (&[&here[..]][..], 200, ""),
        (&[&here, browser], 200, ""),
        (&[&here, browser, &own], 200, ""),
        (&[&here, browser, "Sec-Fetch-Site: same-origin", "Sec-Fetch-Mode: cors"], 200, ""),
        (&["Host: nas.lan", browser], 200, ""),
        (&["Host: bridge.example", browser], 200, ""),
        (&["Host: evil.example"], 200, ""),
        (&["Host: evil.example", browser], 403, "--allow-host"),
        (&[&here, "Origin: http://evil.example"], 403, "`http://evil.example`"),
        (&[&here, "Origin: null"], 403, "`null`"),
    ] {
        for (path, _) in PATHS {
            let answer = watched.ask(&format!("GET {path}"), headers);
            assert_eq!(answer.status, status, "{path} {headers:?}");
            assert!(answer.text().contains(part), "{path} {headers:?}: {}", answer.text());
        }
    }
}

#[test]
fn a_unix_socket_will_do_and_goes_with_the_bridge() {
    let engine = StandIn::start();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("admin.sock");
    let bridge = Bridge::builder()
        .over(Transport::Tcp)
        .upstream(engine.socket())
        .args(["--user", "root", "--socket-mode", "0600"])
        .env("BRIDGE_ADMIN", &path)
        .start();
    let answer = get(&Endpoint::Unix(path.clone()), "/healthz");
    assert_eq!((answer.status, answer.text().as_str()), (200, "ok\n"));
    bridge.signal(testkit::Signal::TERM);
    assert_eq!(bridge.wait_exit(DEADLINE).code(), Some(0));
    assert!(!path.exists());
}

#[test]
fn it_is_off_unless_asked_for_and_shown_by_check() {
    let shown = |words: &[&str]| {
        let output = Program::ours("bridge").arg("--check").args(words).run();
        let table = String::from_utf8(output.stdout).unwrap();
        let row = table.lines().find_map(|line| line.trim().strip_prefix("admin "));
        row.map(|row| row.trim().to_owned())
    };
    assert_eq!(shown(&[]), None);
    assert_eq!(shown(&["--admin", ":9376"]).as_deref(), Some("tcp://127.0.0.1:9376"));
    let unix = "unix:///run/a.sock";
    assert_eq!(shown(&["--admin", unix]).as_deref(), Some(unix));
    let output = Program::ours("bridge").args(["--check", "--admin", "9376"]).run();
    let told = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(64));
    assert!(told.starts_with("error: bad setting: --admin: `9376` is neither"), "{told}");
}

/// A port that is taken is told at start, before anything is served.
#[test]
fn an_address_that_is_taken_is_an_error() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let output =
        Program::ours("bridge").args(["--listen", "127.0.0.1:1", "--admin", &address]).run();
    assert_eq!(output.status.code(), Some(69));
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(told.contains("something already listens on port"), "{told}");
}

#[test]
fn whoever_connects_and_says_nothing_is_let_go() {
    let engine = StandIn::start();
    let watched = Watched::before(&engine);
    let mut silent: Vec<_> = (0..70).map(|_| watched.admin.connect()).collect();
    // All places are taken by them; this waits for one.
    silent[0].send("GET /healthz HTTP/1.1\r\nX: ");
    assert_eq!(watched.get("/healthz").status, 200);
    silent[0].expect_closed(DEADLINE);
    drop(silent);
    eventually(DEADLINE, "its descriptors are free", || watched.metric("process_open_fds") < 40.0);
}
