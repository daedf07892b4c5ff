//! Attach and exec take their connection over, in each of the forms that clients use.

#![expect(clippy::expect_used, reason = "to a test a panic is an answer")]

use std::time::{Duration, Instant};

use testkit::stream::request;
use testkit::{Bridge, DEADLINE, RudeEngine, Stream, Subject, requires_docker, subject};

#[test]
fn attach_with_an_upgrade_gets_the_engines_101_to_the_letter() {
    let engine = requires_docker!();
    let (head, output) = subject::same(engine.socket(), |subject| {
        let container = engine.interactive_container(&["cat"]);
        let mut stream = subject.connect();
        let head = stream.exchange(attach(container.id(), UPGRADE)).head;
        stream.send("hello\n");
        stream.shutdown_write();
        (head, stream.read_to_end_within(DEADLINE))
    });
    assert_eq!(
        head,
        "HTTP/1.1 101 UPGRADED\r\nContent-Type: application/vnd.docker.raw-stream\r\n\
         Connection: Upgrade\r\nUpgrade: tcp\r\n\r\n"
    );
    assert_eq!(output, b"\x01\0\0\0\0\0\0\x06hello\n");
}

/// docker-py and docker-java before their newer versions send no `Upgrade`.
#[test]
fn attach_without_an_upgrade_is_two_way_all_the_same() {
    let engine = requires_docker!();
    let (head, first, rest) = subject::same(engine.socket(), |subject| {
        // Apart, for an Engine that is slow to read puts two writes into one frame.
        let container = engine.interactive_container(&["sh", "-c", "cat; sleep 1; echo late"]);
        let mut stream = subject.connect();
        let head = stream.exchange(attach(container.id(), "")).head;
        stream.send("one\n");
        let first = stream.read_exact_n(8 + 4);
        stream.send("two\n");
        stream.shutdown_write();
        (head, first, stream.read_to_end_within(DEADLINE))
    });
    assert_eq!(head, "HTTP/1.1 200 OK\r\nContent-Type: application/vnd.docker.raw-stream\r\n\r\n");
    assert_eq!(first, b"\x01\0\0\0\0\0\0\x04one\n");
    assert_eq!(rest, b"\x01\0\0\0\0\0\0\x04two\n\x01\0\0\0\0\0\0\x05late\n");
}

#[test]
fn an_error_of_attach_has_no_length_and_ends_with_the_connection() {
    let engine = requires_docker!();
    for upgrade in [UPGRADE, ""] {
        let answer = subject::same(engine.socket(), |subject| {
            let mut stream = subject.connect();
            stream.send(attach("no-such-container", upgrade));
            String::from_utf8(stream.read_to_end_within(DEADLINE)).unwrap()
        });
        assert!(answer.contains("No such container: no-such-container"), "{answer}");
        assert!(!answer.contains("Content-Length"), "{answer}");
    }
}

#[test]
fn bytes_right_behind_the_head_reach_the_engine_right_behind_it() {
    let engine = RudeEngine::start();
    let bridge = Bridge::before(&engine);
    let mut client = bridge.endpoint().connect();
    let head = attach("x", UPGRADE);
    client.send(format!("{head}early"));
    let mut upstream = engine.accept(DEADLINE);
    assert_eq!(upstream.read_head(), head);
    assert_eq!(upstream.read_exact_n(5), b"early");
    upstream.send("HTTP/1.1 101 UPGRADED\r\n\r\n");
    client.read_head();
    client.send("later");
    assert_eq!(upstream.read_exact_n(5), b"later");
}

#[test]
fn what_the_engine_does_with_early_bytes_stays_its_own_affair() {
    let engine = requires_docker!();
    let output = subject::same(engine.socket(), |subject| {
        let container = engine.interactive_container(&["cat"]);
        let mut stream = subject.connect();
        stream.exchange(format!("{}early\n", attach(container.id(), UPGRADE)));
        stream.send("later\n");
        stream.shutdown_write();
        stream.read_to_end_within(DEADLINE)
    });
    assert_eq!(output, b"\x01\0\0\0\0\0\0\x06later\n", "dropped, as by every Engine");
}

#[test]
fn an_engine_that_closes_first_is_seen_at_once() {
    let engine = requires_docker!();
    for subject in subject::direct_and_bridge(engine.socket()) {
        let container = engine.interactive_container(&["sh", "-c", "read x; echo bye"]);
        let mut stream = subject.connect();
        stream.exchange(attach(container.id(), UPGRADE));
        stream.send("go\n");
        let started = Instant::now();
        // Its own side stays open.
        assert_eq!(stream.read_to_end_within(DEADLINE), b"\x01\0\0\0\0\0\0\x04bye\n", "{subject}");
        let took = started.elapsed();
        assert!(took < Duration::from_secs(5), "{subject}: {took:?}");
    }
}

#[test]
fn exec_goes_on_behind_the_end_of_its_input() {
    let engine = requires_docker!();
    let container = engine.container(&[], &["sleep", "600"]);
    for upgrade in [UPGRADE, ""] {
        let (head, output) = subject::same(engine.socket(), |subject| {
            let exec = create_exec(subject, container.id(), "cat; sleep 1; echo late; exit 3");
            let body = r#"{"Detach":false,"Tty":false}"#;
            let mut stream = subject.connect();
            let head = stream
                .exchange(format!(
                    "POST /exec/{exec}/start HTTP/1.1\r\nHost: docker\r\n{upgrade}\
                     Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
                    body.len()
                ))
                .head;
            stream.send("hi\n");
            stream.shutdown_write();
            let output = stream.read_to_end_within(DEADLINE);
            let state = testkit::stream::get(subject.endpoint(), &format!("/exec/{exec}/json"));
            assert_eq!(state.json()["ExitCode"], 3, "{subject}");
            (head, output)
        });
        let status = if upgrade.is_empty() { "200 OK" } else { "101 UPGRADED" };
        assert!(head.starts_with(&format!("HTTP/1.1 {status}\r\n")), "{head}");
        assert_eq!(output, b"\x01\0\0\0\0\0\0\x03hi\n\x01\0\0\0\0\0\0\x05late\n");
    }
}

#[test]
fn a_websocket_attach_works() {
    let engine = requires_docker!();
    let output = subject::same(engine.socket(), |subject| {
        let container = engine.interactive_container(&["cat"]);
        let host = subject.endpoint().to_string();
        let host = host.strip_prefix("tcp://").unwrap_or("docker");
        let mut stream = subject.connect();
        let answer = stream.exchange(format!(
            "GET /containers/{}/attach/ws?stream=1&stdin=1&stdout=1 HTTP/1.1\r\nHost: {host}\r\n\
             Connection: Upgrade\r\nUpgrade: websocket\r\nOrigin: http://{host}\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
            container.id()
        ));
        assert_eq!(answer.status, 101, "{}", answer.head);
        // The key and its answer are those of RFC 6455 section 1.3.
        assert_eq!(answer.header("sec-websocket-accept"), Some("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="));
        send_frame(&mut stream, BINARY, b"hello\n");
        let echoed = read_frames(&mut stream, b"hello\n".len());
        send_frame(&mut stream, CLOSE, &1000_u16.to_be_bytes());
        stream.expect_closed(DEADLINE);
        echoed
    });
    assert_eq!(output, b"hello\n");
}

fn attach(container: &str, upgrade: &str) -> String {
    format!(
        "POST /containers/{container}/attach?stream=1&stdin=1&stdout=1&stderr=1 HTTP/1.1\r\n\
         Host: docker\r\n{upgrade}Content-Length: 0\r\n\r\n"
    )
}

fn create_exec(subject: &Subject, container: &str, script: &str) -> String {
    let body = serde_json::json!({
        "AttachStdin": true,
        "AttachStdout": true,
        "AttachStderr": true,
        "Cmd": ["sh", "-c", script],
    })
    .to_string();
    let created = request(
        subject.endpoint(),
        format!(
            "POST /containers/{container}/exec HTTP/1.1\r\nHost: docker\r\nConnection: close\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        ),
    );
    created.json()["Id"].as_str().expect("the id of an exec").to_owned()
}

/// A client's frame, whole and masked (RFC 6455 section 5.2).
fn send_frame(stream: &mut Stream, opcode: u8, payload: &[u8]) {
    let mask = [0x12, 0x34, 0x56, 0x78];
    let length = u8::try_from(payload.len()).expect("short");
    let masked = payload.iter().zip(mask.iter().cycle()).map(|(byte, mask)| byte ^ mask);
    let frame: Vec<u8> =
        [0x80 | opcode, 0x80 | length].into_iter().chain(mask).chain(masked).collect();
    stream.send(frame);
}

/// The payloads of the Engine's frames, up to so many bytes.
fn read_frames(stream: &mut Stream, bytes: usize) -> Vec<u8> {
    let mut all = Vec::new();
    while all.len() < bytes {
        let head = stream.read_exact_n(2);
        assert!(matches!(head[0] & 0x0f, 0 | BINARY), "opcode {:#x}", head[0]);
        assert!(head[1] < 126, "a long frame, or a masked one");
        all.extend(stream.read_exact_n(head[1].into()));
    }
    all
}

const UPGRADE: &str = "Connection: Upgrade\r\nUpgrade: tcp\r\n";
const BINARY: u8 = 2;
const CLOSE: u8 = 8;
