//! First lines, taken apart in other ways than by one space and one space.

use super::{Attack, whole};

pub(super) fn attacks() -> Vec<Attack> {
    let lines = LINES.iter().map(|line| {
        let raw = [line, b"\r\nHost: docker\r\nContent-Length: 0\r\n\r\n".as_slice()].concat();
        Attack::new(FAMILY, &line.escape_ascii().to_string(), &raw)
    });
    lines.chain(whole(FAMILY, WHOLE)).collect()
}

const FAMILY: &str = "request lines";

const LINES: &[&[u8]] = &[
    b"POST {tag} HTTP/1.1",
    b"POST  {tag} HTTP/1.1",
    b"POST {tag}  HTTP/1.1",
    b"POST\t{tag}\tHTTP/1.1",
    b"POST\t{tag} HTTP/1.1",
    b"POST {tag}\tHTTP/1.1",
    b"POST\x0b{tag}\x0bHTTP/1.1",
    b"POST\x0c{tag} HTTP/1.1",
    b"POST\xa0{tag} HTTP/1.1",
    b" POST {tag} HTTP/1.1",
    b"\tPOST {tag} HTTP/1.1",
    b"POST {tag} HTTP/1.1 ",
    b"POST {tag} HTTP/1.1\t",
    b"POST {tag} HTTP/1.1 x",
    b"POST {tag} x HTTP/1.1",
    b"POST /_ping {tag} HTTP/1.1",
    b"GET /_ping HTTP/1.1 POST {tag} HTTP/1.1",
    b"POST {tag}",
    b"POST {tag} ",
    b"POST {tag} HTTP",
    b"POST {tag} HTTP/",
    b"POST {tag} HTTP/1",
    b"POST {tag} HTTP/1.",
    b"POST {tag} HTTP/1.10",
    b"POST {tag} HTTP/1.01",
    b"POST {tag} HTTP/01.1",
    b"POST {tag} HTTP/1.2",
    b"POST {tag} HTTP/1.9",
    b"POST {tag} HTTP/2.0",
    b"POST {tag} HTTP/0.9",
    b"POST {tag} HTTP/3.0",
    b"POST {tag} http/1.1",
    b"POST {tag} HTTP/1,1",
    b"POST {tag} HTTPS/1.1",
    b"POST {tag} ICY/1.0",
    b"POST {tag} HTTP /1.1",
    b"POST {tag} HTTP/1.1\r",
    b"POST {tag}\r HTTP/1.1",
    b"POST \r{tag} HTTP/1.1",
    b"POST {tag}\x00 HTTP/1.1",
    b"POST\x00 {tag} HTTP/1.1",
    b"\x00POST {tag} HTTP/1.1",
    b"POST {tag}\x7f HTTP/1.1",
    b"POST {tag}\x01 HTTP/1.1",
    b"\xef\xbb\xbfPOST {tag} HTTP/1.1",
    b"CONNECT docker:2375 HTTP/1.1\r\nX: {tag}",
    b"CONNECT {tag} HTTP/1.1",
    b" {tag} HTTP/1.1",
    b"{tag} HTTP/1.1",
    b"(POST) {tag} HTTP/1.1",
    b"PO\x00ST {tag} HTTP/1.1",
    b"PRI {tag} HTTP/2.0",
    b"PRI * HTTP/1.1\r\nX: {tag}",
];

const WHOLE: &[(&str, &[u8])] = &[
    ("HTTP/0.9", b"POST {tag}\r\n\r\n"),
    ("HTTP/0.9 GET", b"GET /containers/{canary}/export?m={marker}\r\n\r\n"),
    ("HTTP/0.9 with a bare line feed", b"GET /containers/{canary}/export?m={marker}\n"),
    ("HTTP/0.9, then a request", b"GET /_ping\r\n{smuggled}"),
    ("HTTP/0.9 with an empty line, then a request", b"GET /_ping\r\n\r\n{smuggled}"),
    ("HTTP/1.0", b"POST {tag} HTTP/1.0\r\n\r\n"),
    ("HTTP/1.0 kept alive", b"POST {tag} HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"),
    ("empty lines before", b"\r\n\r\n{smuggled}"),
    ("bare line feeds before", b"\n\n{smuggled}"),
    ("a bare carriage return before", b"\r{smuggled}"),
    ("an answer before", b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n{smuggled}"),
    (
        "CONNECT, then a request",
        b"CONNECT docker:2375 HTTP/1.1\r\nHost: docker:2375\r\n\r\n{smuggled}",
    ),
    (
        "CONNECT of a path, then a request",
        b"CONNECT /_ping HTTP/1.1\r\nHost: docker\r\n\r\n{smuggled}",
    ),
    ("the PROXY protocol before", b"PROXY TCP4 127.0.0.1 127.0.0.1 1 2375\r\n{smuggled}"),
    ("the PROXY protocol, version 2, before", b"\r\n\r\n\x00\r\nQUIT\n\x20\x00\x00\x00{smuggled}"),
    ("a TLS record before", b"\x16\x03\x01\x00\x05hello{smuggled}"),
];
