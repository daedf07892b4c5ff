//! Requests behind others, on one connection.

use super::{Attack, whole};

pub(super) fn attacks() -> Vec<Attack> {
    whole(FAMILY, WHOLE)
}

const FAMILY: &str = "pipelines";

const WHOLE: &[(&str, &[u8])] = &[
    ("behind an allowed one", b"GET /_ping HTTP/1.1\r\nHost: docker\r\n\r\n{smuggled}"),
    ("behind an allowed HEAD", b"HEAD /_ping HTTP/1.1\r\nHost: docker\r\n\r\n{smuggled}"),
    (
        "behind an allowed one with a body",
        b"GET /_ping HTTP/1.1\r\nHost: docker\r\nContent-Length: 4\r\n\r\nbody{smuggled}",
    ),
    (
        "behind an allowed one with chunks",
        b"GET /_ping HTTP/1.1\r\nHost: docker\r\nTransfer-Encoding: chunked\r\n\r\n\
          4\r\nbody\r\n0\r\n\r\n{smuggled}",
    ),
    (
        "behind five allowed ones",
        b"GET /_ping HTTP/1.1\r\nHost: docker\r\n\r\nGET /version HTTP/1.1\r\nHost: docker\r\n\r\n\
          HEAD /_ping HTTP/1.1\r\nHost: docker\r\n\r\nGET /_ping HTTP/1.1\r\nHost: docker\r\n\r\n\
          GET /version HTTP/1.1\r\nHost: docker\r\n\r\n{smuggled}",
    ),
    (
        "behind one that is refused",
        b"POST /build HTTP/1.1\r\nHost: docker\r\nContent-Length: 0\r\n\r\n{smuggled}",
    ),
    (
        "behind one that is refused and had a body",
        b"POST /build HTTP/1.1\r\nHost: docker\r\nContent-Length: 4\r\n\r\nbody{smuggled}",
    ),
    (
        "between a refused one and an allowed one",
        b"POST /build HTTP/1.1\r\nHost: docker\r\nContent-Length: 0\r\n\r\n\
          POST {tag} HTTP/1.1\r\nHost: docker\r\nContent-Length: 0\r\n\r\n\
          GET /_ping HTTP/1.1\r\nHost: docker\r\nConnection: close\r\n\r\n",
    ),
    (
        "behind one that can't be read",
        b"GET /_ping HTTP/1.1\r\nHost: docker\r\nContent-Length: x\r\n\r\n{smuggled}",
    ),
    (
        "behind one with a head too long for some",
        b"GET /_ping?xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx \
          HTTP/1.1\r\nHost: docker\r\n\r\n{smuggled}",
    ),
    (
        "behind one that wants to close",
        b"GET /_ping HTTP/1.1\r\nHost: docker\r\nConnection: close\r\n\r\n{smuggled}",
    ),
    (
        "behind one that nobody knows",
        b"GET /nowhere HTTP/1.1\r\nHost: docker\r\n\r\n{smuggled}",
    ),
    (
        "behind one that is sent elsewhere",
        b"GET //_ping HTTP/1.1\r\nHost: docker\r\n\r\n{smuggled}",
    ),
    (
        "behind OPTIONS",
        b"OPTIONS * HTTP/1.1\r\nHost: docker\r\n\r\n{smuggled}",
    ),
    (
        "behind a stream",
        b"GET /events?since=1&until=2 HTTP/1.1\r\nHost: docker\r\n\r\n{smuggled}",
    ),
    (
        "behind a stream that doesn't end",
        b"GET /events HTTP/1.1\r\nHost: docker\r\n\r\n{smuggled}",
    ),
    (
        "behind a version too old",
        b"GET /v1.11/_ping HTTP/1.1\r\nHost: docker\r\n\r\n{smuggled}",
    ),
    (
        "behind an empty line",
        b"GET /_ping HTTP/1.1\r\nHost: docker\r\n\r\n\r\n{smuggled}",
    ),
    (
        "behind empty lines, with bare line feeds",
        b"GET /_ping HTTP/1.1\r\nHost: docker\r\n\r\n\n\n{smuggled}",
    ),
    (
        "behind an empty line and a body",
        b"GET /_ping HTTP/1.1\r\nHost: docker\r\nContent-Length: 2\r\n\r\nxx\r\n{smuggled}",
    ),
    (
        "a request that begins in a body and ends behind it",
        b"GET /_ping HTTP/1.1\r\nHost: docker\r\nContent-Length: 5\r\n\r\nPOST {tag} HTTP/1.1\r\n\
          Host: docker\r\n\r\n",
    ),
    (
        "a create behind an allowed one",
        b"GET /_ping HTTP/1.1\r\nHost: docker\r\n\r\n\
          POST /containers/create?name={marker} HTTP/1.1\r\nHost: docker\r\n\
          Content-Type: application/json\r\nContent-Length: {create-length}\r\n\r\n{create}",
    ),
];
