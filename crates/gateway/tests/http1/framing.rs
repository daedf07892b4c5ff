//! What could be read in two ways is refused, and nothing of it reaches the Engine.

use testkit::{DEADLINE, Stream};

use crate::plain::{PING, PONG, road};

/// Sends it and a request behind it, and asserts that the only answer is that status, and that the
/// Engine saw nothing.
fn refused(status: u16, raw: &[u8]) {
    let (engine, gate, mut client) = road("user");
    client.send(raw);
    // The gate may have closed already.
    let _closed = std::io::Write::write_all(&mut client, PING.as_bytes());
    let shown = raw[..raw.len().min(200)].escape_ascii();
    assert_eq!(client.read_response(false).status, status, "{shown}");
    client.expect_closed(DEADLINE);
    if let Some(mut daemon) = engine.try_accept() {
        daemon.expect_eof(DEADLINE);
    }
    assert!(!gate.log.asked().iter().any(|line| line.starts_with("GET /_ping")), "{shown}");
}

fn refused_post(lines: &str) {
    refused(400, format!("POST /containers/a/start HTTP/1.1\r\nHost: a\r\n{lines}").as_bytes());
}

#[test]
fn a_body_has_one_framing() {
    for lines in [
        "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n",
        "Transfer-Encoding: identity\r\n\r\n",
        "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
        "Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n",
        "Transfer-Encoding: chunked,\r\n\r\n0\r\n\r\n",
        "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
        "Transfer-Encoding: \"chunked\"\r\n\r\n0\r\n\r\n",
        "Transfer-Encoding: chunked;a=b\r\n\r\n0\r\n\r\n",
        "Transfer-Encoding:\r\n\r\n",
        "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
        "Transfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n",
        "Content-Length: 0\r\nContent-Length: 0\r\n\r\n",
        "Content-Length: 0\r\ncontent-length: 5\r\n\r\n",
        "Content-Length: 0, 0\r\n\r\n",
        "Content-Length:\r\n\r\n",
        "Content-Length: +0\r\n\r\n",
        "Content-Length: -1\r\n\r\n",
        "Content-Length: 0x0\r\n\r\n",
        "Content-Length: 1 0\r\n\r\n",
        "Content-Length: 9223372036854775808\r\n\r\n",
        "Content-Length: 99999999999999999999\r\n\r\n",
    ] {
        refused_post(lines);
    }
    refused(400, b"POST /build HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n");
}

#[test]
fn lines_end_in_cr_lf_and_hold_no_control_bytes() {
    for lines in [
        "X: a\n\r\n",
        "X: a\r\n\n",
        "X: a\n\n",
        "X: a\rContent-Length: 5\r\n\r\n",
        "X: a\0\r\n\r\n",
        "X: a\x01\r\n\r\n",
        "X: a\x7f\r\n\r\n",
        "X: a\r\n b\r\n\r\n",
        "X: a\r\n\tContent-Length: 5\r\n\r\n",
        " X: a\r\n\r\n",
        "X\r\n\r\n",
        ": a\r\n\r\n",
        "X : a\r\n\r\n",
        "X\t: a\r\n\r\n",
        "X\0: a\r\n\r\n",
        "X(: a\r\n\r\n",
        "\u{e4}: a\r\n\r\n",
        "Host: b\r\n\r\n",
        "Host: a\r\n\r\n",
    ] {
        refused_post(lines);
    }
}

#[test]
fn a_request_line_is_a_method_a_path_and_a_version() {
    for raw in [
        "GET /_ping\r\n",
        "GET /_ping\r\n\r\n",
        "\r\nGET /_ping HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET  /_ping HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET /_ping  HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET\t/_ping HTTP/1.1\r\nHost: a\r\n\r\n",
        " GET /_ping HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET /_ping HTTP/1.1 \r\nHost: a\r\n\r\n",
        "GET /_ping x HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET /_ping HTTP/1.1\n\r\n",
        "GET /_ping HTTP/1.2\r\nHost: a\r\n\r\n",
        "GET /_ping HTTP/2.0\r\nHost: a\r\n\r\n",
        "GET /_ping http/1.1\r\nHost: a\r\n\r\n",
        "GET /_ping HTTP/01.1\r\nHost: a\r\n\r\n",
        "get /_ping HTTP/1.1\r\nHost: a\r\n\r\n",
        "Get /_ping HTTP/1.1\r\nHost: a\r\n\r\n",
        "G\u{e4}T /_ping HTTP/1.1\r\nHost: a\r\n\r\n",
        "CONNECT / HTTP/1.1\r\nHost: a\r\n\r\n",
        "CONNECT a:80 HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET _ping HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET * HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET foo:/_ping HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET http:/_ping HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET http:///_ping HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET http:///_ping HTTP/1.1\r\nHost:\r\n\r\n",
        "GET http://b/_ping HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET http://A/_ping HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET http://ab/_ping HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET http://a HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET http://a?/_ping HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET http://x@a/_ping HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET http://x@a/_ping HTTP/1.1\r\nHost: x@a\r\n\r\n",
        "GET http://a/x/_ping HTTP/1.1\r\nHost: a/x\r\n\r\n",
        "GET HTTP://a/_ping HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET https://a/_ping HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET //_ping\x7f HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET /_ping HTTP/1.1\r\n\r\n",
        "PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n",
        "\x16\x03\x01\x02",
    ] {
        refused(400, raw.as_bytes());
    }
    refused(400, b"GET /\xff HTTP/1.1\r\nHost: a\r\n\r\n");
}

#[test]
fn a_target_may_be_absolute_where_its_authority_is_the_host() {
    for raw in [
        "GET http://docker:2375/_ping HTTP/1.1\r\nHost: docker:2375\r\n\r\n",
        "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n",
    ] {
        let (engine, _gate, mut client) = road("read-only");
        client.send(raw);
        let mut daemon = engine.accept(DEADLINE);
        assert_eq!(daemon.read_head(), raw);
        daemon.send(PONG);
        assert_eq!(client.read_response(false).status, 200);
    }
}

#[test]
fn a_body_that_is_badly_chunked_from_its_begin_on_never_reaches_the_engine() {
    for body in [
        "x\r\n",
        "\r\n",
        ";a=b\r\n\r\n",
        "0\n\r\n",
        "0;a\n\r\n",
        "0x0\r\n\r\n",
        "-0\r\n\r\n",
        " 0\r\n\r\n",
        "00000000000000000\r\n\r\n",
        "5\r\nhelloX\r\n0\r\n\r\n",
        "5\r\nhello\n0\r\n\r\n",
        "0\r\nX: a\n\n",
        "0\r\n\n",
        "0\r\n folded\r\n\r\n",
        "0\r\nX : a\r\n\r\n",
        "0\r\nno-colon\r\n\r\n",
    ] {
        refused_post(&format!("Transfer-Encoding: chunked\r\n\r\n{body}"));
    }
}

#[test]
fn a_body_that_goes_wrong_later_ends_there_for_both_sides() {
    let (engine, gate, mut client) = road("user");
    let head = "POST /build HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhe";
    client.send(head);
    let mut daemon = engine.accept(DEADLINE);
    assert_eq!(daemon.read_exact_n(head.len()), head.as_bytes());
    client.send(format!("lloX\r\n0\r\n\r\n{PING}"));
    daemon.expect_eof(DEADLINE);
    let answer = client.read_response(false);
    assert_eq!((answer.status, answer.header("connection")), (400, Some("close")));
    client.expect_closed(DEADLINE);
    assert_eq!(gate.log.ended(1).len(), 1);
    assert_eq!(gate.log.asked().len(), 1);
}

#[test]
fn a_head_of_900_kb_passes_and_one_of_more_than_a_mebibyte_does_not() {
    let (engine, _gate, mut client) = road("read-only");
    let head = |bytes: usize| {
        format!("GET /_ping HTTP/1.1\r\nHost: a\r\nX-Registry-Auth: {}\r\n\r\n", "a".repeat(bytes))
    };
    let many = format!("GET /_ping HTTP/1.1\r\nHost: a\r\n{}\r\n", "X: a\r\n".repeat(3000));
    let mut daemon: Option<Stream> = None;
    for sent in [head(900_000), many] {
        let sending = std::thread::spawn({
            let (mut client, sent) = (client.try_clone(), sent.clone());
            move || client.send(sent)
        });
        let daemon = daemon.get_or_insert_with(|| engine.accept(DEADLINE));
        assert!(daemon.read_exact_n(sent.len()) == sent.as_bytes());
        sending.join().unwrap();
        daemon.send(PONG);
        assert_eq!(client.read_response(false).status, 200);
    }
    refused(431, head(1 << 20).as_bytes());
}
