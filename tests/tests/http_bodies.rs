//! Bodies pass as they are, in both directions and as soon as they come.

#![expect(clippy::unwrap_used, reason = "to a test a panic is an answer")]

use std::time::Duration;

use testkit::data::digest;
use testkit::stream::get;
use testkit::wait::pause;
use testkit::{Bridge, DEADLINE, RudeEngine, StandIn, requires_docker, subject};

#[test]
fn expect_100_continue_is_answered_by_the_engine() {
    let engine = requires_docker!();
    let tar = [0; 1024];
    let answers = subject::same(engine.socket(), |subject| {
        let mut stream = subject.connect();
        stream.send(format!(
            "POST /images/load?quiet=1 HTTP/1.1\r\nHost: docker\r\nContent-Type: application/x-tar\r\n\
             Expect: 100-continue\r\nContent-Length: {}\r\n\r\n",
            tar.len()
        ));
        let interim = stream.read_response_head().head;
        stream.send(tar);
        (interim, stream.read_response(false).status)
    });
    assert_eq!(answers, ("HTTP/1.1 100 Continue\r\n\r\n".to_owned(), 200));
}

#[test]
fn a_chunked_upload_with_extensions_a_trailer_and_pauses_arrives_whole() {
    let engine = requires_docker!();
    let tar = small_tar();
    let layers = subject::same(engine.socket(), |subject| {
        let name = format!("http-bodies-{subject}-{}", std::process::id());
        let mut stream = subject.connect();
        stream.send(format!(
            "POST /images/create?fromSrc=-&repo={name} HTTP/1.1\r\nHost: docker\r\n\
             Content-Type: application/x-tar\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n"
        ));
        for piece in tar.chunks(1500) {
            stream.send(format!("{:x};name=\"a;b\";other\r\n", piece.len()));
            pause(Duration::from_millis(20));
            stream.send([piece, b"\r\n"].concat());
        }
        stream.send("0\r\nX-Sum: 1\r\n\r\n");
        let answer = stream.read_response(false);
        assert_eq!(answer.status, 200, "{}", answer.text());
        let image = get(subject.endpoint(), &format!("/images/{name}/json")).json();
        engine.run(&["rmi", &name]);
        image["RootFS"]["Layers"].clone()
    });
    assert_eq!(layers[0], format!("sha256:{}", digest(&tar)));
}

#[test]
fn the_framing_of_a_body_is_not_touched() {
    let engine = RudeEngine::start();
    let bridge = Bridge::before(&engine);
    let mut client = bridge.endpoint().connect();
    let body = "005;a=b\r\nhello\r\n1\r\n!\r\n0000\r\nX-T: 1\r\n\r\n";
    let head = "POST /x HTTP/1.1\r\nHost: docker\r\nTransfer-Encoding: chunked\r\n\r\n";
    client.send(head);
    client.send(body);
    let mut upstream = engine.accept(DEADLINE);
    assert_eq!(upstream.read_head(), head);
    assert_eq!(upstream.read_exact_n(body.len()), body.as_bytes());
    upstream.send(format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{body}"));
    client.read_head();
    assert_eq!(client.read_exact_n(body.len()), body.as_bytes());
}

/// The docker CLI and BuildKit wait for each message before they go on.
#[test]
fn each_message_of_a_chunked_answer_arrives_before_the_next_is_sent() {
    let engine = RudeEngine::start();
    let bridge = Bridge::before(&engine);
    let mut client = bridge.endpoint().connect();
    client.send("GET /events HTTP/1.1\r\nHost: docker\r\n\r\n");
    let mut upstream = engine.accept(DEADLINE);
    upstream.read_head();
    upstream.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
    client.read_response_head();
    for number in 0..200 {
        let message = format!("{{\"n\":{number}}}\n");
        upstream.send(format!("{:x}\r\n{message}\r\n", message.len()));
        assert_eq!(client.read_chunk(), message.as_bytes());
    }
}

#[test]
fn an_event_of_the_engine_arrives_when_it_happens() {
    let engine = requires_docker!();
    let actions = subject::same(engine.socket(), |subject| {
        let name = format!("http-bodies-event-{subject}-{}", std::process::id());
        let mut events = subject.connect();
        let filters = format!("%7B%22volume%22%3A%5B%22{name}%22%5D%7D");
        events.send(format!("GET /events?filters={filters} HTTP/1.1\r\nHost: docker\r\n\r\n"));
        events.read_response_head();
        ["create", "rm"].map(|verb| {
            engine.run(&["volume", verb, &name]);
            let event = events.read_chunk();
            let event: serde_json::Value = serde_json::from_slice(&event).unwrap();
            event["Action"].as_str().unwrap_or_default().to_owned()
        })
    });
    assert_eq!(actions, ["create", "destroy"]);
}

#[test]
fn bulk_arrives_whole_with_and_without_a_length() {
    let engine = StandIn::start();
    let bridge = Bridge::start(engine.socket());
    for query in ["bytes=50000000", "bytes=50000000&chunked=1", "bytes=0"] {
        let answer = get(&bridge.endpoint(), &format!("/bulk?{query}"));
        assert_eq!(Some(digest(&answer.body).as_str()), answer.header("x-digest"), "{query}");
    }
}

#[test]
fn a_container_is_exported_whole() {
    let engine = requires_docker!();
    let container = engine.container(&[], &["sleep", "600"]);
    let path = format!("/containers/{}/archive?path=/bin/busybox", container.id());
    let size = subject::same(engine.socket(), |subject| {
        let answer = get(subject.endpoint(), &path);
        (answer.status, answer.body.len(), digest(&answer.body))
    });
    assert_eq!(size.0, 200);
    assert!(size.1 > 100_000, "{size:?}");
}

/// A layer of some ten thousand bytes.
fn small_tar() -> Vec<u8> {
    let output = {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("file"), testkit::data::pattern(10_000)).unwrap();
        let tar = testkit::Program::new("tar")
            .args(["--create", "--file=-", "--directory"])
            .arg(folder.path())
            .arg("file");
        tar.run()
    };
    assert!(output.status.success());
    output.stdout
}
