//! Frames of HTTP/2 by prior knowledge, written by hand.

use super::{Attack, OR_HIJACKS, SMUGGLED, whole};

pub(super) fn attacks() -> Vec<Attack> {
    let paths = PATHS.iter().map(|path| {
        let name = format!("POST {}", path.escape_ascii());
        Attack::new(FAMILY, &name, &spoken(&[headers(1, END, &request(b"POST", path))]))
    });
    let methods = METHODS.iter().map(|method| {
        let name = String::from_utf8_lossy(method);
        Attack::new(FAMILY, &name, &spoken(&[headers(1, END, &request(method, TAG))]))
    });
    let extra = EXTRA.iter().map(|(name, value)| {
        let fields = [request(b"POST", TAG), field(name, value)].concat();
        let title = format!("POST with {}: {}", name.escape_ascii(), value.escape_ascii());
        Attack::new(FAMILY, &title, &spoken(&[headers(1, END, &fields)]))
    });
    let odd = orders()
        .into_iter()
        .chain(forms())
        .map(|(name, frames)| Attack::new(FAMILY, name, &spoken(&frames)));
    let kinds = KINDS.iter().map(|kinds| {
        let kinds: Vec<Vec<u8>> = kinds.iter().map(|kind| field(b"content-type", kind)).collect();
        let fields = [request(b"POST", TAG), kinds.concat()].concat();
        let name = format!("POST with {}", kinds.concat().escape_ascii());
        let attack = Attack::new(FAMILY, &name, &spoken(&[headers(1, END, &fields)]));
        attack.under(OR_HIJACKS)
    });
    paths.chain(kinds).chain(methods).chain(extra).chain(odd).chain(whole(FAMILY, WHOLE)).collect()
}

const FAMILY: &str = "HTTP/2";
/// As in an expanded attack: lengths stand within the frames.
const TAG: &[u8] = super::TAG.as_bytes();

const PATHS: &[&[u8]] = &[
    b"/images/docker-api-test/tag?repo={marker}",
    b"/images/docker-api-test/%74ag?repo={marker}",
    b"/images%2fdocker-api-test%2ftag?repo={marker}",
    b"//images/docker-api-test/tag?repo={marker}",
    b"/_ping/../images/docker-api-test/tag?repo={marker}",
    b"/v1.23/containers/{marker}/start",
    b"images/docker-api-test/tag?repo={marker}",
    b"http://docker/images/docker-api-test/tag?repo={marker}",
    b"*/images/docker-api-test/tag?repo={marker}",
    b"?repo={marker}",
    b"/images/docker-api-test/tag?repo={marker} HTTP/1.1\r\nX: y",
    b"/images/docker-api-test/tag\n?repo={marker}",
    b"/images/docker-api-test/tag\x00?repo={marker}",
    b"/images/docker-api-test/tag#?repo={marker}",
    b"/images/docker-api-test/tag\xff?repo={marker}",
    b"/images/docker-api-test/tag ?repo={marker}",
    b"/containers/create?name={marker}",
    b"/grpc?m={marker}",
    b"/session?m={marker}",
    b"/moby.buildkit.v1.Control/Solve?m={marker}",
];

const METHODS: &[&[u8]] = &[b"post", b"PUT", b"CONNECT", b"POST ", b"PO\x00ST", b"PRI", b"DELETE"];

const EXTRA: &[(&[u8], &[u8])] = &[
    (b"content-type", b"application/grpc"),
    (b"content-type", b"application/grpc+proto"),
    (b"content-type", b"application/grpc-web"),
    (b"Content-Type", b"application/json"),
    (b"connection", b"close"),
    (b"connection", b"upgrade"),
    (b"upgrade", b"tcp"),
    (b"transfer-encoding", b"chunked"),
    (b"te", b"chunked"),
    (b"host", b"other"),
    (b"x\r\ny", b"z"),
    (b"x", b"y\r\nz: a"),
    (b"x", b"y\x00z"),
    (b"x:y", b"z"),
    (b"", b"z"),
    (b":path", b"/_ping"),
    (b":method", b"GET"),
    (b":protocol", b"websocket"),
    (b":unknown", b"x"),
    (b"content-length", b"5"),
    (b"content-length", b"x"),
];

/// Content types that aren't gRPC's to the Engine, which looks at how the first one begins: under a role
/// that may speak gRPC, which has its way whatever the path, they leave the path what it is.
const KINDS: &[&[&[u8]]] = &[
    &[],
    &[b"Application/grpc"],
    &[b"application/GRPC"],
    &[b" application/grpc"],
    &[b"\tapplication/grpc"],
    &[b"\"application/grpc\""],
    &[b"application /grpc"],
    &[b"application/json;application/grpc"],
    &[b"application/json, application/grpc"],
    &[b"application/json", b"application/grpc"],
    &[b"", b"application/grpc"],
    &[b"application/grp"],
    &[b"xapplication/grpc"],
];

/// Frames in an order of their own.
fn orders() -> Vec<(&'static str, Vec<Vec<u8>>)> {
    let ping = request(b"GET", b"/_ping");
    let tag = request(b"POST", TAG);
    let half = tag.len() / 2;
    vec![
        ("behind a ping", vec![headers(1, END, &ping), headers(3, END, &tag)]),
        (
            "beside a ping that is not whole",
            vec![headers(1, NOT_YET, &ping), headers(3, END, &tag)],
        ),
        ("in trailers of a ping", vec![headers(1, NOT_YET, &ping), headers(1, END, &tag)]),
        (
            "in the data of a ping",
            vec![headers(1, NOT_YET, &ping), frame(DATA, END_STREAM, 1, SMUGGLED)],
        ),
        ("on the same stream again", vec![headers(1, END, &ping), headers(1, END, &tag)]),
        ("on a stream of the server's", vec![headers(2, END, &tag)]),
        ("on no stream", vec![headers(0, END, &tag)]),
        ("on a stream before the last", vec![headers(5, END, &ping), headers(3, END, &tag)]),
        (
            "continued",
            vec![
                frame(HEADERS, END_STREAM, 1, &tag[..half]),
                frame(CONTINUATION, END_HEADERS, 1, &tag[half..]),
            ],
        ),
        (
            "continued behind a ping that isn't",
            vec![
                frame(HEADERS, END_STREAM, 1, &ping),
                frame(CONTINUATION, END_HEADERS, 1, &field(b":path", TAG)),
            ],
        ),
        (
            "continued on another stream",
            vec![frame(HEADERS, END_STREAM, 1, &ping), frame(CONTINUATION, END_HEADERS, 3, &tag)],
        ),
        (
            "continued behind another frame",
            vec![
                frame(HEADERS, END_STREAM, 1, &tag[..half]),
                frame(DATA, 0, 3, b""),
                frame(CONTINUATION, END_HEADERS, 1, &tag[half..]),
            ],
        ),
        ("never ended", vec![frame(HEADERS, END_STREAM, 1, &tag)]),
        (
            "promised",
            vec![
                headers(1, END, &ping),
                frame(PUSH_PROMISE, END_HEADERS, 1, &[&[0, 0, 0, 2], tag.as_slice()].concat()),
            ],
        ),
    ]
}

/// Frames of a form of their own.
fn forms() -> Vec<(&'static str, Vec<Vec<u8>>)> {
    let tag = request(b"POST", TAG);
    vec![
        (
            "with a path before its method",
            vec![headers(
                1,
                END,
                &[field(b":path", TAG), field(b":scheme", b"http"), field(b":method", b"POST")]
                    .concat(),
            )],
        ),
        (
            "with its path last",
            vec![headers(
                1,
                END,
                &[
                    field(b":method", b"POST"),
                    field(b":scheme", b"http"),
                    field(b"x", b"y"),
                    field(b":path", TAG),
                ]
                .concat(),
            )],
        ),
        (
            "without a method",
            vec![headers(1, END, &[field(b":scheme", b"http"), field(b":path", TAG)].concat())],
        ),
        (
            "without a scheme",
            vec![headers(1, END, &[field(b":method", b"POST"), field(b":path", TAG)].concat())],
        ),
        (
            "with a path in the authority",
            vec![headers(
                1,
                END,
                &[
                    field(b":method", b"POST"),
                    field(b":scheme", b"http"),
                    field(b":authority", TAG),
                    field(b":path", b"/"),
                ]
                .concat(),
            )],
        ),
        (
            "with the path from the table",
            vec![
                // Stored for both, then recalled by its number.
                headers(
                    1,
                    END,
                    &[field(b":method", b"GET"), field(b":scheme", b"http"), stored(b":path", TAG)]
                        .concat(),
                ),
                headers(
                    3,
                    END,
                    &[field(b":method", b"POST"), field(b":scheme", b"http"), vec![0xbe]].concat(),
                ),
            ],
        ),
        (
            "padded",
            vec![frame(HEADERS, END | PADDED, 1, &[&[4], tag.as_slice(), &[0; 4]].concat())],
        ),
        (
            "with a padding too long",
            vec![frame(HEADERS, END | PADDED, 1, &[&[255], tag.as_slice()].concat())],
        ),
        (
            "with a priority",
            vec![frame(HEADERS, END | PRIORITY, 1, &[&[0, 0, 0, 0, 16], tag.as_slice()].concat())],
        ),
        (
            "behind a table too large",
            vec![headers(1, END, &[&[0x3f, 0xff, 0xff, 0xff, 0x7f], tag.as_slice()].concat())],
        ),
        ("behind a frame nobody knows", vec![frame(0xbb, 0, 0, b"x"), headers(1, END, &tag)]),
        ("behind a frame of HTTP/1", vec![SMUGGLED.to_vec()]),
    ]
}

const WHOLE: &[(&str, &[u8])] = &[
    ("the preface, then HTTP/1", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n{smuggled}"),
    ("half the preface, then HTTP/1", b"PRI * HTTP/2.0\r\n\r\n{smuggled}"),
    ("the preface of a later version", b"PRI * HTTP/3.0\r\n\r\nSM\r\n\r\n{smuggled}"),
    ("the preface with another end", b"PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n{smuggled}"),
    (
        "the preface with a header line",
        b"PRI * HTTP/2.0\r\nHost: docker\r\n\r\nSM\r\n\r\n{smuggled}",
    ),
    ("the preface of another path", b"PRI {tag} HTTP/2.0\r\n\r\nSM\r\n\r\n{smuggled}"),
    (
        "the preface behind a ping",
        b"GET /_ping HTTP/1.1\r\nHost: docker\r\n\r\nPRI * HTTP/2.0\r\n\r\nSM\r\n\r\n{smuggled}",
    ),
];

/// What a client says on a connection: its preface, its settings, and these frames.
fn spoken(frames: &[Vec<u8>]) -> Vec<u8> {
    let beginning = [PREFACE, &frame(SETTINGS, 0, 0, b"")].concat();
    [beginning, frames.concat()].concat()
}

fn request(method: &[u8], path: &[u8]) -> Vec<u8> {
    [
        field(b":method", method),
        field(b":scheme", b"http"),
        field(b":authority", b"docker"),
        field(b":path", path),
    ]
    .concat()
}

/// RFC 7541 section 6.2.2: a literal that isn't stored, its name too.
fn field(name: &[u8], value: &[u8]) -> Vec<u8> {
    [[0].as_slice(), &text(name), &text(value)].concat()
}

/// RFC 7541 section 6.2.1: the same, stored in the table.
fn stored(name: &[u8], value: &[u8]) -> Vec<u8> {
    [[0x40].as_slice(), &text(name), &text(value)].concat()
}

/// RFC 7541 section 5.2, without Huffman's code.
fn text(text: &[u8]) -> Vec<u8> {
    let length = u8::try_from(text.len()).expect("a short text");
    assert!(length < 127, "its length has one byte");
    [&[length], text].concat()
}

fn headers(stream: u32, flags: u8, fields: &[u8]) -> Vec<u8> {
    frame(HEADERS, flags, stream, fields)
}

/// RFC 9113 section 4.1.
fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).expect("a short frame").to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

/// RFC 9113 section 3.4.
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
const DATA: u8 = 0;
const HEADERS: u8 = 1;
const SETTINGS: u8 = 4;
const PUSH_PROMISE: u8 = 5;
const CONTINUATION: u8 = 9;
const END_STREAM: u8 = 0x1;
const END_HEADERS: u8 = 0x4;
const PADDED: u8 = 0x8;
const PRIORITY: u8 = 0x20;
/// A request whose end this is.
const END: u8 = END_STREAM | END_HEADERS;
/// One whose body follows.
const NOT_YET: u8 = END_HEADERS;
