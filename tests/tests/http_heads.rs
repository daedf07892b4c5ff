//! Request and response heads pass as they are: the bridge judges no HTTP.

use std::thread;
use std::time::Duration;

use testkit::stream::{Response, get, request};
use testkit::subject::{self, undated};
use testkit::wait::pause;
use testkit::{Bridge, DEADLINE, RudeEngine, StandIn, Subject, requires_docker};

#[test]
fn a_ping_keeps_every_header() {
    let engine = requires_docker!();
    for method in ["GET", "HEAD"] {
        let head = subject::same(engine.socket(), |subject| {
            let answer = ask(subject, &format!("{method} /_ping HTTP/1.1\r\nHost: docker\r\n\r\n"));
            (undated(&answer.head), answer.text())
        });
        assert!(head.0.contains("Api-Version: "), "{head:?}");
        assert!(head.0.contains("Server: Docker/"), "{head:?}");
        assert_eq!(head.1, if method == "GET" { "OK" } else { "" });
    }
}

#[test]
fn an_http_1_0_client_gets_an_http_1_0_answer() {
    let engine = requires_docker!();
    let head = subject::same(engine.socket(), |subject| {
        let mut stream = subject.connect();
        let answer = stream.exchange("GET /_ping HTTP/1.0\r\n\r\n");
        stream.expect_eof(DEADLINE);
        undated(&answer.head)
    });
    assert!(head.starts_with("HTTP/1.0 200 OK\r\n"), "{head}");
}

#[test]
fn one_connection_serves_many_requests() {
    let engine = requires_docker!();
    let answers = subject::same(engine.socket(), |subject| {
        let mut stream = subject.connect();
        ["/_ping", "/nowhere", "/_ping"].map(|path| {
            let answer = stream.exchange(format!("GET {path} HTTP/1.1\r\nHost: docker\r\n\r\n"));
            (answer.status, answer.text())
        })
    });
    assert_eq!(answers.each_ref().map(|(status, _)| *status), [200, 404, 200]);
}

#[test]
fn pipelined_requests_are_answered_in_order() {
    let engine = requires_docker!();
    let statuses = subject::same(engine.socket(), |subject| {
        let mut stream = subject.connect();
        stream.send(
            "GET /nowhere HTTP/1.1\r\nHost: docker\r\n\r\n\
             GET /_ping HTTP/1.1\r\nHost: docker\r\n\r\n",
        );
        [stream.read_response(false).status, stream.read_response(false).status]
    });
    assert_eq!(statuses, [404, 200]);
}

/// Other proxies give up after ten seconds.
#[test]
fn silence_between_requests_and_within_a_head_closes_nothing() {
    let engine = requires_docker!();
    let subjects = subject::direct_and_bridge(engine.socket());
    thread::scope(|scope| {
        for subject in &subjects {
            let (mut idle, mut slow) = (subject.connect(), subject.connect());
            scope.spawn(move || {
                assert_eq!(idle.exchange(PING).status, 200);
                slow.send(&PING[..9]);
                pause(Duration::from_secs(12));
                assert_eq!(idle.exchange(PING).status, 200, "kept alive");
                slow.send(&PING[9..]);
                assert_eq!(slow.read_response(false).status, 200, "a slow head");
            });
        }
    });
}

#[test]
fn errors_keep_their_json() {
    let engine = requires_docker!();
    for path in ["/containers/no-such-container/json", "/no/such/route", "/v9.99/info"] {
        let (status, _, message) = subject::same(engine.socket(), |subject| {
            let answer = get(subject.endpoint(), path);
            (answer.status, unframed(&answer.head), answer.json()["message"].clone())
        });
        assert!(matches!(status, 400 | 404), "{path}: {status}");
        assert!(message.is_string(), "{path}: {message}");
    }
}

#[test]
fn escapes_in_a_path_reach_the_engine_unchanged() {
    let engine = requires_docker!();
    // With a label that nothing has, for other tests' containers come and go.
    for (path, status) in [
        ("/containers%2fjson?filters=%7b%22label%22%3a%5b%22a%22%5d%7d", 200),
        ("/containers%2Fjson?filters=%7B%22label%22%3A%5B%22a%22%5D%7D", 200),
        ("/v1.4%31/_ping", 200),
        ("/images/a%2Fb%2Fc/json", 404),
        ("/images/a/b/c/json", 404),
        ("/images/a+b%20c/json", 400),
        ("/containers/json?filters=%7B%22label%22%3A%5B%22a%2Bb%3D1%22%5D%7D", 200),
    ] {
        let answer = subject::same(engine.socket(), |subject| {
            let answer = get(subject.endpoint(), path);
            (answer.status, undated(&answer.head), answer.text())
        });
        assert_eq!(answer.0, status, "{path}: {answer:?}");
    }
}

#[test]
fn the_engine_sends_clients_to_the_clean_path() {
    let engine = requires_docker!();
    for path in ["//containers/json", "/containers/../containers/json"] {
        let answer = subject::same(engine.socket(), |subject| {
            let answer = get(subject.endpoint(), path);
            (answer.status, undated(&answer.head), answer.text())
        });
        assert_eq!(answer.0, 301, "{path}: {answer:?}");
    }
}

#[test]
fn a_path_arrives_byte_for_byte() {
    assert_arrives("/images/a%2Fb+c%20d%C3%a4/json?x=%00%ff&y=a;b&&z");
}

#[test]
fn a_path_that_is_no_text_arrives_byte_for_byte() {
    assert_arrives("/images/a%2Fb+c%20d%E4%F6/json?x=%00&y=a;b&&z");
}

fn assert_arrives(path: &str) {
    let engine = StandIn::start();
    let bridge = Bridge::start(engine.socket());
    get(&bridge.endpoint(), path);
    assert_eq!(engine.requests().last().map(|request| request.path.as_str()), Some(path));
}

#[test]
fn long_heads_pass_up_to_the_engines_own_limit() {
    let engine = requires_docker!();
    for (bytes, status) in [(64_000, 200), (900_000, 200), (1_200_000, 431)] {
        let answered = subject::same(engine.socket(), |subject| {
            ask(subject, &with_header("X-Registry-Auth", &"A".repeat(bytes))).status
        });
        assert_eq!(answered, status, "{bytes} bytes");
    }
}

#[test]
fn a_head_over_the_limit_is_answered_in_the_engines_form() {
    let engine = StandIn::start();
    let bridge = Bridge::start(engine.socket());
    let answer =
        request(&bridge.endpoint(), with_header("X-Registry-Auth", &"A".repeat(1_200_000)));
    assert_eq!(answer.status, 431);
    assert_eq!(answer.json()["message"], "the request head is longer than 1 MiB");
}

#[test]
fn an_url_of_100_kb_passes() {
    let engine = requires_docker!();
    let path = format!("/containers/json?x={}", "y".repeat(100_000));
    let status = subject::same(engine.socket(), |subject| get(subject.endpoint(), &path).status);
    assert_eq!(status, 200);
}

#[test]
fn the_engine_judges_the_host_header() {
    let engine = requires_docker!();
    for (line, status) in [
        ("Host: docker\r\n", 200),
        ("Host: api.moby.localhost\r\n", 200),
        ("Host: engine.example:2375\r\n", 200),
        ("Host: [::1]:2375\r\n", 200),
        ("Host:\r\n", 200),
        ("", 400),
    ] {
        let answered = subject::same(engine.socket(), |subject| {
            ask(subject, &format!("GET /_ping HTTP/1.1\r\n{line}Connection: close\r\n\r\n")).status
        });
        assert_eq!(answered, status, "{line:?}");
    }
}

#[test]
fn header_lines_keep_their_order_case_and_spaces() {
    let engine = RudeEngine::start();
    let bridge = Bridge::before(&engine);
    let head = "GET /_ping HTTP/1.1\r\nhOST:docker\r\nX-A:  1  \r\nx-a: 2\r\nX-A:\t3\r\n\r\n";
    let mut client = bridge.endpoint().connect();
    client.send(head);
    let mut upstream = engine.accept(DEADLINE);
    assert_eq!(upstream.read_head(), head);
    let answer = "HTTP/1.1 200 Fine by me\r\nx-B:1\r\nX-b:  2\r\nContent-Length:0\r\n\r\n";
    upstream.send(answer);
    assert_eq!(client.read_head(), answer);
}

fn ask(subject: &Subject, raw: &str) -> Response {
    request(subject.endpoint(), raw)
}

fn with_header(name: &str, value: &str) -> String {
    format!("GET /_ping HTTP/1.1\r\nHost: docker\r\n{name}: {value}\r\nConnection: close\r\n\r\n")
}

/// The same without what the bridge adds to an answer of its own, such as that nothing is there.
fn unframed(head: &str) -> String {
    const ADDED: [&str; 2] =
        ["Content-Security-Policy: sandbox\r\n", "X-Content-Type-Options: nosniff\r\n"];
    ADDED.iter().fold(undated(head), |head, line| head.replace(line, ""))
}

const PING: &str = "GET /_ping HTTP/1.1\r\nHost: docker\r\n\r\n";
