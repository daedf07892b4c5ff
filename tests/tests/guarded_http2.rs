//! HTTP/2 by prior knowledge through the guarded gate: what one client can hold, and what waits.

#![expect(clippy::expect_used, reason = "to a test a panic is an answer")]

use std::process::Command;
use std::time::Duration;

use testkit::process::finish;
use testkit::stream::{get, request};
use testkit::{
    Access, Bridge, DEADLINE, Endpoint, StandIn, Stream, Transport, eventually, requires_tool,
};

#[test]
fn heads_that_are_on_their_way_share_the_memory_of_all_heads() {
    requires_tool!("curl");
    let engine = StandIn::builder().http2().start();
    let bridge = guarded(&engine);
    let front = bridge.endpoint();
    assert_eq!((status(&bridge).as_str(), long_head(&front)), ("200", 200));

    // Each may come to a mebibyte.
    let mut holders: Vec<_> = (0..MOST_HEADS).map(|_| with_open_head(&front)).collect();
    for holder in &mut holders {
        expect_to_be_read(holder);
    }
    with_open_head(&front).drain(DEADLINE).1.unwrap();
    assert_eq!(long_head(&front), 503);
    // Short ones are read whatever others send.
    assert_eq!((status(&bridge).as_str(), get(&front, "/_ping").status), ("200", 200));

    drop(holders);
    eventually(DEADLINE, "it is given back", || long_head(&front) == 200);
}

#[test]
fn one_connection_holds_no_more_than_one_open_head() {
    let engine = StandIn::builder().http2().start();
    let bridge = guarded(&engine);
    let mut client = with_open_head(&bridge.endpoint());
    client.send(head(3, 0));
    client.drain(DEADLINE).1.unwrap();
    assert_eq!(engine.requests(), []);
}

/// curl waits for a second, then sends its body, as everybody has to.
#[test]
fn a_client_that_waits_for_100_is_served() {
    requires_tool!("curl");
    let engine = StandIn::builder().http2().start();
    let bridge = guarded(&engine);
    let words = ["--header", "Expect: 100-continue", "--data-binary", "a body"];
    let echo = [&words[..], &["--header", "Content-Type: application/grpc"]].concat();
    assert_eq!(curl(&bridge, "/a.B/C", &echo), "a body");
}

const MOST_HEADS: usize = 64;

fn guarded(engine: &StandIn) -> Bridge {
    let builder = Bridge::builder().over(Transport::Tcp).access(Access::Guarded);
    builder.upstream(engine.socket()).start()
}

/// The status of a request over HTTP/1 with a head of half a mebibyte.
fn long_head(front: &Endpoint) -> u16 {
    let long = "x".repeat(512 * 1024);
    let head = format!("GET /_ping HTTP/1.1\r\nHost: docker\r\nX-Long: {long}\r\n");
    request(front, head + "Connection: close\r\n\r\n").status
}

/// A client whose request has begun, and isn't whole.
fn with_open_head(front: &Endpoint) -> Stream {
    let mut stream = front.connect();
    stream.send([PREFACE, &EMPTY_SETTINGS, &head(1, 0)].concat());
    stream
}

/// What a client sent was read when its settings are acknowledged (RFC 9113 section 6.5.3).
fn expect_to_be_read(client: &mut Stream) {
    loop {
        let header = client.read_exact_n(9);
        client.read_exact_n(usize::from(header[2]));
        if header[3..5] == [SETTINGS, ACK] {
            return;
        }
    }
}

/// `GET /_ping` (RFC 7541 section 6.1 and 6.2.2) in a frame of headers (RFC 9113 section 6.2).
fn head(stream: u8, flags: u8) -> Vec<u8> {
    let fields = b"\x82\x86\x04\x06/_ping";
    let length = u8::try_from(fields.len()).expect("a short head");
    [&[0, 0, length, HEADERS, flags, 0, 0, 0, stream], &fields[..]].concat()
}

fn status(bridge: &Bridge) -> String {
    curl(bridge, "/_ping", &["--output", "/dev/null", "--write-out", "%{http_code}"])
}

fn curl(bridge: &Bridge, path: &str, words: &[&str]) -> String {
    let mut command = Command::new("curl");
    command.args(["--silent", "--noproxy", "*", "--http2-prior-knowledge"]).args(words);
    command.arg(format!("http://{}{path}", bridge.addr()));
    let output = finish(command, Duration::from_secs(30));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// RFC 9113 section 3.4.
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
const EMPTY_SETTINGS: [u8; 9] = [0, 0, 0, 4, 0, 0, 0, 0, 0];
const SETTINGS: u8 = 4;
const ACK: u8 = 1;
const HEADERS: u8 = 1;
