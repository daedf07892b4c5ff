//! Frames that no client sends by mistake. Nothing of them reaches the Engine.

use testkit::StandIn;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::UnixStream;

use crate::support::{Front, within};

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const GOAWAY: u8 = 7;
const CONTINUATION: u8 = 9;

const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;

/// RFC 9113 section 4.1.
fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes()[..], payload].concat()
}

/// Literal fields without indexing (RFC 7541 section 6.2.2), each shorter than 127 bytes.
fn fields(pairs: &[(&[u8], &[u8])]) -> Vec<u8> {
    let text = |bytes: &[u8]| [&[u8::try_from(bytes.len()).unwrap()][..], bytes].concat();
    pairs.iter().flat_map(|(name, value)| [vec![0], text(name), text(value)].concat()).collect()
}

type Fields<'a> = Vec<(&'a [u8], &'a [u8])>;

fn get(path: &[u8]) -> Fields<'_> {
    vec![(b":method", b"GET"), (b":scheme", b"http"), (b":authority", b"docker"), (b":path", path)]
}

/// What comes back until a reset, the end of an answer, or the end of the connection.
#[derive(Debug, Eq, PartialEq)]
enum Back {
    Answer,
    Reset,
    Closed,
}

struct Raw(UnixStream);

impl Raw {
    async fn new(front: &mut Front) -> Self {
        let mut stream = front.connect();
        stream.write_all(&[PREFACE, &frame(SETTINGS, 0, 0, &[])].concat()).await.unwrap();
        Self(stream)
    }

    /// The other side may have had enough already.
    async fn send(&mut self, bytes: &[u8]) -> bool {
        within(self.0.write_all(bytes)).await.is_ok()
    }

    async fn back(&mut self) -> Back {
        loop {
            let mut head = [0; 9];
            if within(self.0.read_exact(&mut head)).await.is_err() {
                return Back::Closed;
            }
            let length = u32::from_be_bytes([0, head[0], head[1], head[2]]);
            let mut payload = vec![0; usize::try_from(length).unwrap()];
            if within(self.0.read_exact(&mut payload)).await.is_err() {
                return Back::Closed;
            }
            match (head[3], head[4] & END_STREAM) {
                (RST_STREAM, _) => return Back::Reset,
                (GOAWAY, _) => return Back::Closed,
                (HEADERS | DATA, END_STREAM) => return Back::Answer,
                _ => {}
            }
        }
    }
}

/// Sends one head to a gate of role `full`, which is the most generous.
async fn sent(pairs: &[(&[u8], &[u8])]) -> (Back, usize) {
    let engine = StandIn::builder().http2().start();
    let mut front = Front::new(engine.socket(), "full");
    let mut raw = Raw::new(&mut front).await;
    raw.send(&frame(HEADERS, END_STREAM | END_HEADERS, 1, &fields(pairs))).await;
    let back = raw.back().await;
    (back, engine.requests().len())
}

#[tokio::test]
async fn the_same_frames_with_nothing_amiss_are_answered_by_the_engine() {
    assert_eq!(sent(&get(b"/_ping")).await, (Back::Answer, 1));
}

#[tokio::test]
async fn a_head_that_could_be_read_in_two_ways_never_reaches_the_engine() {
    let with = |more: &[(&'static [u8], &'static [u8])]| [get(b"/_ping"), more.to_vec()].concat();
    let refused: [(&str, Fields<'_>); 22] = [
        ("a path without a slash", get(b"_ping")),
        ("an absolute path", get(b"http://docker/_ping")),
        ("a star", get(b"*")),
        ("no path at all", get(b"")[..3].to_vec()),
        ("an empty path", get(b"")),
        ("a space", get(b"/_ping HTTP/1.1")),
        ("a line feed", get(b"/_ping\nHost: a")),
        ("a NUL", get(b"/_ping\0")),
        ("a byte that is no UTF-8", get(b"/_ping\xff")),
        ("two paths", with(&[(b":path", b"/containers/json")])),
        ("two methods", with(&[(b":method", b"POST")])),
        ("two authorities", with(&[(b":authority", b"a")])),
        ("a status", with(&[(b":status", b"200")])),
        ("an unknown pseudo-header", with(&[(b":x", b"y")])),
        ("a protocol", with(&[(b":protocol", b"websocket")])),
        ("a pseudo-header behind a header", with(&[(b"a", b"b"), (b":path", b"/")])),
        ("a connection header", with(&[(b"connection", b"upgrade")])),
        ("an upgrade", with(&[(b"upgrade", b"tcp")])),
        ("a transfer coding", with(&[(b"transfer-encoding", b"chunked")])),
        ("a name in upper case", with(&[(b"Host", b"a")])),
        ("a line feed in a value", with(&[(b"a", b"b\r\nc: d")])),
        ("two content types", with(&[(b"content-type", b"a"), (b"content-type", b"b")])),
    ];
    for (what, pairs) in refused {
        let (_, arrived) = sent(&pairs).await;
        assert_eq!(arrived, 0, "{what}");
    }
}

#[tokio::test]
async fn connect_never_reaches_the_engine() {
    let plain: [(&[u8], &[u8]); 2] = [(b":method", b"CONNECT"), (b":authority", b"docker:80")];
    assert_eq!(sent(&plain).await, (Back::Answer, 0));
    let extended: [(&[u8], &[u8]); 5] = [
        (b":method", b"CONNECT"),
        (b":protocol", b"websocket"),
        (b":scheme", b"http"),
        (b":path", b"/containers/x/attach/ws"),
        (b":authority", b"docker"),
    ];
    assert_eq!(sent(&extended).await.1, 0);
}

#[tokio::test]
async fn other_schemes_and_methods_in_lower_case_are_refused() {
    let lower: [(&[u8], &[u8]); 4] = [
        (b":method", b"get"),
        (b":scheme", b"http"),
        (b":authority", b"docker"),
        (b":path", b"/_ping"),
    ];
    assert_eq!(sent(&lower).await, (Back::Answer, 0));
    let scheme: [(&[u8], &[u8]); 4] = [
        (b":method", b"GET"),
        (b":scheme", b"ftp"),
        (b":authority", b"docker"),
        (b":path", b"/_ping"),
    ];
    assert_eq!(sent(&scheme).await, (Back::Answer, 0));
}

#[tokio::test]
async fn a_fragment_is_cut_off_before_the_judgement() {
    let engine = StandIn::builder().http2().start();
    let mut front = Front::new(engine.socket(), "full");
    let mut raw = Raw::new(&mut front).await;
    let head = fields(&get(b"/_ping#/../containers/json"));
    raw.send(&frame(HEADERS, END_STREAM | END_HEADERS, 1, &head)).await;
    assert_eq!(raw.back().await, Back::Answer);
    assert_eq!(front.heard()[0], "asked full GET /_ping: Allow");
    assert_eq!(engine.requests()[0].path, "/_ping");
}

#[tokio::test]
async fn a_flood_of_continuations_ends_the_connection() {
    let engine = StandIn::builder().http2().start();
    let mut front = Front::new(engine.socket(), "full");
    let mut raw = Raw::new(&mut front).await;
    raw.send(&frame(HEADERS, END_STREAM, 1, &fields(&get(b"/_ping")))).await;
    let more = frame(CONTINUATION, 0, 1, &fields(&[(b"a", b"b")]));
    while raw.send(&more).await {}
    assert_eq!(raw.back().await, Back::Closed);
    front.ended().await;
    assert_eq!(engine.requests(), []);
}

#[tokio::test]
async fn a_head_of_more_than_one_mebibyte_gets_431() {
    let engine = StandIn::builder().http2().start();
    let mut front = Front::new(engine.socket(), "full");
    let mut client = front.client().await;
    let big = "x".repeat(1 << 20);
    let answer = client.ask("GET", "http://docker/_ping", &[("x-registry-auth", &big)]).await;
    assert_eq!(answer.status, 431);
    assert_eq!(engine.requests(), []);
    let legal = "x".repeat(900_000);
    let answer = client.ask("GET", "http://docker/_ping", &[("x-registry-auth", &legal)]).await;
    assert_eq!(answer.status, 200);
    assert_eq!(engine.requests()[0].header("x-registry-auth").unwrap().len(), 900_000);
}

#[tokio::test]
async fn http_1_behind_the_preface_never_reaches_the_engine() {
    let engine = StandIn::builder().http2().start();
    let mut front = Front::new(engine.socket(), "full");
    let mut raw = Raw::new(&mut front).await;
    raw.send(b"POST /containers/create HTTP/1.1\r\nHost: a\r\n\r\n").await;
    assert_eq!(raw.back().await, Back::Closed);
    front.ended().await;
    assert_eq!(engine.requests(), []);
}
