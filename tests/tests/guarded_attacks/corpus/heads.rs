//! Header lines: their ends, what is smuggled into them, and what is told twice.

use super::{Attack, OR_HIJACKS, whole};

pub(super) fn attacks() -> Vec<Attack> {
    let lines = LINES.iter().map(|(name, line)| {
        let raw = [
            b"POST {tag} HTTP/1.1\r\nHost: docker\r\n".as_slice(),
            line,
            b"\r\nContent-Length: 0\r\n\r\n",
        ];
        Attack::new(FAMILY, name, &raw.concat())
    });
    let grpc = whole(FAMILY, GRPC).into_iter().map(|attack| attack.under(OR_HIJACKS));
    lines.chain(grpc).chain(whole(FAMILY, WHOLE)).collect()
}

const FAMILY: &str = "heads";

/// A line among others, of a request that is forbidden anyway: it must not become another one.
const LINES: &[(&str, &[u8])] = &[
    ("nothing odd", b"X: y"),
    ("a trusted client's address", b"X-Forwarded-For: 127.0.0.1"),
    ("a role", b"X-Role: full"),
    ("a certificate's name", b"X-SSL-Client-CN: admin\r\nSSL_CLIENT_S_DN: CN=admin"),
    ("basic credentials", b"Authorization: Basic YWRtaW46YWRtaW4="),
    ("a registry's credentials", b"X-Registry-Auth: e30="),
    ("an allowed operation's path", b"X-Original-URI: /_ping"),
    ("a Connection that names Host", b"Connection: Host, close"),
    ("a Connection that names Content-Length", b"Connection: Content-Length"),
    ("a websocket's key", b"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: AAAA"),
];

/// It is gRPC's over HTTP/2 alone.
const GRPC: &[(&str, &[u8])] = &[
    (
        "a gRPC content type",
        b"POST {tag} HTTP/1.1\r\nHost: docker\r\nContent-Type: application/grpc\r\n\
          Content-Length: 0\r\n\r\n",
    ),
    (
        "a gRPC content type in a version that says it is HTTP/2",
        b"POST {tag} HTTP/2.0\r\nHost: docker\r\nContent-Type: application/grpc\r\n\
          Content-Length: 0\r\n\r\n",
    ),
];

const WHOLE: &[(&str, &[u8])] = &[
    ("bare line feeds throughout", b"POST {tag} HTTP/1.1\nHost: docker\nContent-Length: 0\n\n"),
    (
        "a bare line feed behind the first line",
        b"POST {tag} HTTP/1.1\nHost: docker\r\nContent-Length: 0\r\n\r\n",
    ),
    (
        "a head that ends by a bare line feed, then a request",
        b"GET /_ping HTTP/1.1\r\nHost: docker\r\n\n{smuggled}",
    ),
    (
        "a head that ends by two bare line feeds, then a request",
        b"GET /_ping HTTP/1.1\r\nHost: docker\n\n{smuggled}\r\n\r\n",
    ),
    (
        "a head that ends between a line feed and an empty line",
        b"GET /_ping HTTP/1.1\nHost: docker\n\r\n{smuggled}",
    ),
    (
        "a second head behind bare line feeds within the first",
        b"GET /_ping HTTP/1.1\r\nHost: docker\r\nX: y\n\nPOST {tag} HTTP/1.1\nHost: docker\r\n\r\n",
    ),
    (
        "a second head behind bare carriage returns",
        b"GET /_ping HTTP/1.1\r\nHost: docker\r\nX: y\r\r{smuggled}",
    ),
    (
        "a second head behind a carriage return too many",
        b"GET /_ping HTTP/1.1\r\nHost: docker\r\n\r\r\n{smuggled}",
    ),
    (
        "a line that ends with a bare carriage return",
        b"GET /_ping HTTP/1.1\r\nHost: docker\rPOST {tag} HTTP/1.1\r\n\r\n",
    ),
    (
        "a header name with a line feed in it",
        b"GET /_ping HTTP/1.1\r\nHost: docker\r\nX\n: y\r\n\r\n{smuggled}",
    ),
    (
        "NUL in a value",
        b"POST {tag} HTTP/1.1\r\nHost: docker\r\nX: a\x00b\r\nContent-Length: 0\r\n\r\n",
    ),
    (
        "NUL in a name",
        b"POST {tag} HTTP/1.1\r\nHost: docker\r\nX\x00Y: a\r\nContent-Length: 0\r\n\r\n",
    ),
    (
        "NUL behind an allowed head",
        b"GET /_ping HTTP/1.1\r\nHost: docker\r\n\x00\r\n\r\n{smuggled}",
    ),
    ("a folded Host", b"POST {tag} HTTP/1.1\r\nHost:\r\n docker\r\nContent-Length: 0\r\n\r\n"),
    (
        "a folded line that looks like a request",
        b"GET /_ping HTTP/1.1\r\nHost: docker\r\nX: y\r\n POST {tag} HTTP/1.1\r\n\r\n",
    ),
    (
        "a length in a folded line, and a request as the body",
        b"GET /_ping HTTP/1.1\r\nHost: docker\r\nX: y\r\n Content-Length: {rest}\r\n\r\n{smuggled}",
    ),
    (
        "a folded length, and a request as the body",
        b"GET /_ping HTTP/1.1\r\nHost: docker\r\nContent-Length:\r\n {rest}\r\n\r\n{smuggled}",
    ),
    (
        "a folded coding",
        b"GET /_ping HTTP/1.1\r\nHost: docker\r\nTransfer-Encoding:\r\n chunked\r\n\r\n\
          0\r\n\r\n{smuggled}",
    ),
    (
        "a first header line that is folded",
        b"POST {tag} HTTP/1.1\r\n Host: docker\r\nHost: docker\r\nContent-Length: 0\r\n\r\n",
    ),
    (
        "a space before the colon of a length",
        b"GET /_ping HTTP/1.1\r\nHost: docker\r\nContent-Length : {rest}\r\n\r\n{smuggled}",
    ),
    (
        "a tab before the colon of a length",
        b"GET /_ping HTTP/1.1\r\nHost: docker\r\nContent-Length\t: {rest}\r\n\r\n{smuggled}",
    ),
    (
        "a space before the colon of a coding",
        b"GET /_ping HTTP/1.1\r\nHost: docker\r\nTransfer-Encoding : chunked\r\n\r\n\
          0\r\n\r\n{smuggled}",
    ),
    (
        "a space before a name",
        b"GET /_ping HTTP/1.1\r\nHost: docker\r\n Content-Length: {rest}\r\n\r\n{smuggled}",
    ),
    (
        "a length without a colon",
        b"GET /_ping HTTP/1.1\r\nHost: docker\r\nContent-Length {rest}\r\n\r\n{smuggled}",
    ),
    (
        "a line without a colon",
        b"POST {tag} HTTP/1.1\r\nHost: docker\r\nnonsense\r\nContent-Length: 0\r\n\r\n",
    ),
    ("an empty name", b"POST {tag} HTTP/1.1\r\nHost: docker\r\n: y\r\nContent-Length: 0\r\n\r\n"),
    (
        "an empty name before a request",
        b"GET /_ping HTTP/1.1\r\nHost: docker\r\n:\r\n\r\n{smuggled}",
    ),
    (
        "a name that is no token",
        b"POST {tag} HTTP/1.1\r\nHost: docker\r\nX[Y]: z\r\nContent-Length: 0\r\n\r\n",
    ),
    (
        "a name that is no ASCII",
        b"GET /_ping HTTP/1.1\r\nHost: docker\r\nContent-Length\xa0: {rest}\r\n\r\n{smuggled}",
    ),
    (
        "an underscore in place of a hyphen",
        b"GET /_ping HTTP/1.1\r\nHost: docker\r\nContent_Length: {rest}\r\n\r\n{smuggled}",
    ),
    ("no Host", b"POST {tag} HTTP/1.1\r\nContent-Length: 0\r\n\r\n"),
    (
        "two Hosts",
        b"POST {tag} HTTP/1.1\r\nHost: docker\r\nHost: other\r\nContent-Length: 0\r\n\r\n",
    ),
    (
        "two Hosts of an allowed request, then another",
        b"GET /_ping HTTP/1.1\r\nHost: docker\r\nHost: docker\r\n\r\n{smuggled}",
    ),
    (
        "two Hosts in different case",
        b"POST {tag} HTTP/1.1\r\nHost: docker\r\nhOST: docker\r\nContent-Length: 0\r\n\r\n",
    ),
    ("a Host with a space", b"POST {tag} HTTP/1.1\r\nHost: docker x\r\nContent-Length: 0\r\n\r\n"),
    (
        "a Host that is a list",
        b"POST {tag} HTTP/1.1\r\nHost: docker, other\r\nContent-Length: 0\r\n\r\n",
    ),
    (
        "a vertical tab around a length",
        b"GET /_ping HTTP/1.1\r\nHost: docker\r\nContent-Length:\x0b{rest}\r\n\r\n{smuggled}",
    ),
    (
        "a form feed around a coding",
        b"GET /_ping HTTP/1.1\r\nHost: docker\r\nTransfer-Encoding:\x0cchunked\r\n\r\n\
          0\r\n\r\n{smuggled}",
    ),
    (
        "a no-break space around a coding",
        b"GET /_ping HTTP/1.1\r\nHost: docker\r\nTransfer-Encoding:\xc2\xa0chunked\r\n\r\n\
          0\r\n\r\n{smuggled}",
    ),
    ("a head in which a second one begins", b"GET /_ping HTTP/1.1\r\nHost: docker\r\n{smuggled}"),
    ("a head without its end", b"POST {tag} HTTP/1.1\r\nHost: docker\r\nContent-Length: 0\r\n"),
    (
        "an Expect that nobody knows",
        b"POST {tag} HTTP/1.1\r\nHost: docker\r\nExpect: a-miracle\r\nContent-Length: 0\r\n\r\n",
    ),
    (
        "a connection header of a proxy",
        b"POST {tag} HTTP/1.1\r\nHost: docker\r\nProxy-Connection: keep-alive\r\n\
          Content-Length: 0\r\n\r\n",
    ),
];
