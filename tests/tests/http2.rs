//! HTTP/2 in its two forms: `Upgrade: h2c`, as BuildKit asks for it, and prior knowledge.

use testkit::subject::{self, undated};
use testkit::{Bridge, DEADLINE, RudeEngine, StandIn, requires_docker};

#[test]
fn a_session_is_upgraded_and_the_engine_speaks_first() {
    let engine = requires_docker!();
    let (head, preface) = subject::same(engine.socket(), |subject| {
        let mut stream = subject.connect();
        let head = stream
            .exchange(format!(
                "POST /session HTTP/1.1\r\nHost: docker\r\nConnection: Upgrade\r\n\
                 Upgrade: h2c\r\nX-Docker-Expose-Session-Uuid: http2-{subject}-{}\r\n\
                 X-Docker-Expose-Session-Name: http2\r\n\r\n",
                std::process::id()
            ))
            .head;
        (head, stream.read_exact_n(PREFACE.len()))
    });
    assert!(head.starts_with("HTTP/1.1 101 Switching Protocols\r\n"), "{head}");
    assert!(head.contains("Upgrade: h2c\r\n"), "{head}");
    assert_eq!(preface, PREFACE);
}

#[test]
fn grpc_is_upgraded_and_speaks_http_2() {
    let engine = requires_docker!();
    let (head, settings) = subject::same(engine.socket(), |subject| {
        let mut stream = subject.connect();
        let head = stream
            .exchange(
                "POST /grpc HTTP/1.1\r\nHost: docker\r\nConnection: Upgrade\r\n\
                 Upgrade: h2c\r\n\r\n",
            )
            .head;
        stream.send([PREFACE, &EMPTY_SETTINGS].concat());
        (head, stream.read_exact_n(9)[3])
    });
    assert!(head.starts_with("HTTP/1.1 101 Switching Protocols\r\n"), "{head}");
    assert_eq!(settings, SETTINGS_FRAME);
}

#[test]
fn prior_knowledge_gets_the_engines_own_answer() {
    let engine = requires_docker!();
    let answer = subject::same(engine.socket(), |subject| {
        let mut stream = subject.connect();
        stream.send([PREFACE, &EMPTY_SETTINGS].concat());
        undated(&stream.read_head())
    });
    assert!(answer.starts_with("HTTP/1.1 "), "this Engine knows no prior knowledge: {answer}");
}

#[test]
fn the_preface_and_all_behind_it_pass_untouched() {
    let engine = RudeEngine::start();
    let bridge = Bridge::before(&engine);
    let mut client = bridge.endpoint().connect();
    let sent = [PREFACE, &EMPTY_SETTINGS, b"\0\x01\xff anything"].concat();
    client.send(&sent);
    let mut upstream = engine.accept(DEADLINE);
    assert_eq!(upstream.read_exact_n(sent.len()), sent);
    upstream.send(EMPTY_SETTINGS);
    assert_eq!(client.read_exact_n(EMPTY_SETTINGS.len()), EMPTY_SETTINGS);
}

/// What Engines do from 29 on.
#[test]
fn an_engine_that_knows_prior_knowledge_answers_in_http_2() {
    let engine = StandIn::builder().http2().start();
    let first = subject::same(engine.socket(), |subject| {
        let mut stream = subject.connect();
        stream.send([PREFACE, &EMPTY_SETTINGS].concat());
        stream.read_exact_n(9)
    });
    assert_eq!(first[3], SETTINGS_FRAME);
}

/// RFC 9113 section 3.4.
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
const SETTINGS_FRAME: u8 = 4;
const EMPTY_SETTINGS: [u8; 9] = [0, 0, 0, SETTINGS_FRAME, 0, 0, 0, 0, 0];
