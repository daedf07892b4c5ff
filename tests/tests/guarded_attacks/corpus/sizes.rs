//! Heads, bodies and chunks as long as buffers are, and requests right behind their ends.

use super::{Attack, CREATE, SMUGGLED};

pub(super) fn attacks() -> Vec<Attack> {
    let mut attacks = Vec::new();
    for count in [31, 32, 63, 64, 65, 99, 100, 101, 127, 128, 129, 255, 256, 1000, 3000] {
        let lines = b"X: y\r\n".repeat(count);
        let chunked = [
            b"GET /_ping HTTP/1.1\r\nHost: docker\r\n".as_slice(),
            &lines,
            b"Content-Length: {rest}\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n{smuggled}",
        ];
        let name = format!("chunks behind {count} header lines");
        attacks.push(Attack::new(FAMILY, &name, &chunked.concat()));
        let ended = [
            b"GET /_ping HTTP/1.1\r\nHost: docker\r\n".as_slice(),
            &lines,
            b"Content-Length: 4\r\n\r\nbody{smuggled}",
        ];
        attacks.push(Attack::new(FAMILY, &format!("a body behind {count} lines"), &ended.concat()));
    }
    for length in LENGTHS {
        let begin = b"GET /_ping HTTP/1.1\r\nHost: docker\r\nX: ";
        let padding = vec![b'x'; length - begin.len() - 4];
        let raw = [begin.as_slice(), &padding, b"\r\n\r\n", SMUGGLED];
        let name = format!("behind a head of {length} bytes");
        attacks.push(Attack::new(FAMILY, &name, &raw.concat()));

        let target = vec![b'x'; length];
        let raw = [b"POST {tag}&x=".as_slice(), &target, b" HTTP/1.1\r\nHost: docker\r\n\r\n"];
        let name = format!("a query of {length} bytes");
        attacks.push(Attack::new(FAMILY, &name, &raw.concat()));
    }
    for length in LENGTHS {
        let body = vec![b'x'; length];
        for (what, line) in [("an allowed", "GET /_ping"), ("a refused", "POST /build")] {
            let head =
                format!("{line} HTTP/1.1\r\nHost: docker\r\nContent-Length: {length}\r\n\r\n");
            let raw = [head.as_bytes(), &body, SMUGGLED];
            let name = format!("behind {what} body of {length} bytes");
            attacks.push(Attack::new(FAMILY, &name, &raw.concat()));

            // Whoever gives up behind so many bytes must not go on with the next request.
            let whole = length + SMUGGLED.len();
            let head =
                format!("{line} HTTP/1.1\r\nHost: docker\r\nContent-Length: {whole}\r\n\r\n");
            let raw = [head.as_bytes(), &body, SMUGGLED];
            let name = format!("in {what} body behind {length} bytes");
            attacks.push(Attack::new(FAMILY, &name, &raw.concat()));

            let head = format!(
                "{line} HTTP/1.1\r\nHost: docker\r\nTransfer-Encoding: chunked\r\n\r\n{length:x}\r\n"
            );
            let raw = [head.as_bytes(), &body, b"\r\n0\r\n\r\n", SMUGGLED];
            let name = format!("behind {what} chunk of {length} bytes");
            attacks.push(Attack::new(FAMILY, &name, &raw.concat()));
        }
    }
    for length in [100, 4000, 4094, 4095, 4096, 4097, 5000, 70_000] {
        let extension = vec![b'x'; length];
        let raw = [
            b"GET /_ping HTTP/1.1\r\nHost: docker\r\nTransfer-Encoding: chunked\r\n\r\n3;"
                .as_slice(),
            &extension,
            b"\r\nabc\r\n0\r\n\r\n",
            SMUGGLED,
        ];
        let name = format!("behind an extension of {length} bytes");
        attacks.push(Attack::new(FAMILY, &name, &raw.concat()));

        let raw = [
            b"GET /_ping HTTP/1.1\r\nHost: docker\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX: "
                .as_slice(),
            &extension,
            b"\r\n\r\n",
            SMUGGLED,
        ];
        let name = format!("behind a trailer of {length} bytes");
        attacks.push(Attack::new(FAMILY, &name, &raw.concat()));
    }
    let create = format!(
        "POST /containers/create?name={{marker}} HTTP/1.1\r\nHost: docker\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n",
        CREATE.len() + 300_000
    );
    let raw = [create.as_bytes(), CREATE.as_bytes(), &b" ".repeat(300_000)];
    attacks.push(Attack::new(FAMILY, "a create of 300,000 bytes", &raw.concat()));
    attacks
}

const FAMILY: &str = "sizes";

/// Around what buffers and limits are made of; Go drains 256 KiB.
const LENGTHS: [usize; 12] =
    [512, 4095, 4096, 8192, 16_383, 16_384, 65_535, 65_536, 262_143, 262_144, 262_145, 300_000];
