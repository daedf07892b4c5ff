//! What of an answer's head decides how the answer ends, and what comes after it.

use docker_api_access::Transport;
use docker_api_core::relay::{Chunks, Framing};
use memchr::{memchr, memchr_iter};

use super::request::{has_token, parse_length, trim};

/// What the request says about its answer.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wanted {
    /// It was HEAD: the answer has no body.
    pub(super) head: bool,
    /// A browser's signs: the answer is made harmless.
    pub(super) browser: bool,
    /// How the operation uses its connection.
    pub(super) transport: Transport,
}

/// What comes behind an answer's head.
#[derive(Debug, Eq, PartialEq)]
pub(super) enum Next {
    /// A body, and then the next answer.
    Body(Framing),
    /// A body, and then nothing.
    LastBody(Framing),
    /// A stream in both directions.
    Stream,
}

/// Why an answer isn't handed on.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub(super) enum BadAnswer {
    #[error("a header line of the answer can't be read")]
    Field,
    #[error("the answer's length can be read in two ways")]
    Framing,
    #[error("the Engine switched protocols for a request that has no stream")]
    Switched,
}

/// Reads a final answer's head, which ends with its blank line.
pub(super) fn read(head: &[u8], status: u16, wanted: Wanted) -> Result<Next, BadAnswer> {
    let is_old = head.starts_with(b"HTTP/1.0");
    let mut ends = memchr_iter(b'\n', head);
    let mut begin = ends.next().map_or(head.len(), |end| end + 1);
    let mut framing = None;
    let (mut closes, mut keeps) = (false, false);
    for end in ends {
        let line = &head[begin..end];
        begin = end + 1;
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if line.is_empty() {
            break;
        }
        let colon = memchr(b':', line).ok_or(BadAnswer::Field)?;
        let (name, value) = (&line[..colon], trim(&line[colon + 1..]));
        let found = if name.eq_ignore_ascii_case(b"content-length") {
            Framing::Exactly(parse_length(value).ok_or(BadAnswer::Framing)?)
        } else if name.eq_ignore_ascii_case(b"transfer-encoding") {
            if !value.eq_ignore_ascii_case(b"chunked") {
                return Err(BadAnswer::Framing);
            }
            Framing::Chunked(Chunks::new())
        } else {
            if name.eq_ignore_ascii_case(b"connection") {
                closes |= has_token(value, b"close");
                keeps |= has_token(value, b"keep-alive");
            }
            continue;
        };
        if framing.replace(found).is_some() {
            return Err(BadAnswer::Framing);
        }
    }

    let hijacks = wanted.transport == Transport::Hijack && !wanted.head;
    let last = closes || (is_old && !keeps);
    Ok(match (status, framing) {
        (101, _) if wanted.transport == Transport::Plain => return Err(BadAnswer::Switched),
        (101, _) => Next::Stream,
        (200, None) if hijacks => Next::Stream,
        (204 | 304, _) => body(Framing::NONE, last),
        _ if wanted.head => body(Framing::NONE, last),
        (_, Some(framing)) => body(framing, last),
        (_, None) => Next::LastBody(Framing::UntilEnd),
    })
}

fn body(framing: Framing, last: bool) -> Next {
    if last { Next::LastBody(framing) } else { Next::Body(framing) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: Wanted = Wanted { head: false, browser: false, transport: Transport::Plain };
    const HIJACK: Wanted = Wanted { transport: Transport::Hijack, ..PLAIN };
    const HEAD: Wanted = Wanted { head: true, ..PLAIN };

    fn of(status: u16, lines: &str, wanted: Wanted) -> Result<Next, BadAnswer> {
        read(format!("HTTP/1.1 {status} OK\r\n{lines}\r\n").as_bytes(), status, wanted)
    }

    #[test]
    fn only_an_operation_that_takes_it_becomes_a_stream() {
        let websocket = Wanted { transport: Transport::Websocket, ..PLAIN };
        for (status, lines, wanted, next) in [
            (101, "Upgrade: tcp\r\n", HIJACK, Ok(Next::Stream)),
            (101, "Content-Length: 5\r\n", websocket, Ok(Next::Stream)),
            (200, "", HIJACK, Ok(Next::Stream)),
            (200, "", websocket, Ok(Next::LastBody(Framing::UntilEnd))),
            (200, "", PLAIN, Ok(Next::LastBody(Framing::UntilEnd))),
            (201, "", HIJACK, Ok(Next::LastBody(Framing::UntilEnd))),
            (404, "", HIJACK, Ok(Next::LastBody(Framing::UntilEnd))),
            (200, "Content-Length: 0\r\n", HIJACK, Ok(Next::Body(Framing::NONE))),
            (200, "", Wanted { head: true, ..HIJACK }, Ok(Next::Body(Framing::NONE))),
            (101, "Upgrade: h2c\r\n", PLAIN, Err(BadAnswer::Switched)),
        ] {
            assert_eq!(of(status, lines, wanted), next, "{status} {lines:?} {wanted:?}");
        }
    }

    #[test]
    fn an_answer_is_as_long_as_its_head_says() {
        for (status, lines, wanted, next) in [
            (200, "content-length: 7\r\n", PLAIN, Next::Body(Framing::Exactly(7))),
            (
                200,
                "Transfer-Encoding: CHUNKED\r\n",
                PLAIN,
                Next::Body(Framing::Chunked(Chunks::new())),
            ),
            (200, "Content-Length: 7\r\n", HEAD, Next::Body(Framing::NONE)),
            (304, "Content-Length: 7\r\n", PLAIN, Next::Body(Framing::NONE)),
            (204, "", PLAIN, Next::Body(Framing::NONE)),
            (
                500,
                "Connection: close\r\nContent-Length: 1\r\n",
                PLAIN,
                Next::LastBody(Framing::Exactly(1)),
            ),
        ] {
            assert_eq!(of(status, lines, wanted), Ok(next), "{status} {lines:?}");
        }
    }

    #[test]
    fn an_old_answer_is_the_last_unless_it_says_otherwise() {
        let old = |lines: &str| {
            read(
                format!("HTTP/1.0 200 OK\r\nContent-Length: 1\r\n{lines}\r\n").as_bytes(),
                200,
                PLAIN,
            )
        };
        assert_eq!(old(""), Ok(Next::LastBody(Framing::Exactly(1))));
        assert_eq!(old("Connection: Keep-Alive\r\n"), Ok(Next::Body(Framing::Exactly(1))));
    }

    #[test]
    fn what_could_be_read_in_two_ways_is_no_answer() {
        for lines in [
            "Content-Length: 1\r\nContent-Length: 1\r\n",
            "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n",
            "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
            "Transfer-Encoding: gzip, chunked\r\n",
            "Content-Length: 1, 1\r\n",
            "Content-Length:\r\n",
        ] {
            assert_eq!(of(200, lines, PLAIN), Err(BadAnswer::Framing), "{lines:?}");
        }
        assert_eq!(of(200, "no colon\r\n", PLAIN), Err(BadAnswer::Field));
    }
}
