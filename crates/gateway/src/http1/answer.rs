//! What of an answer's head decides how the answer ends, and what comes after it.

use docker_api_access::Transport;
use docker_api_core::relay::{Chunks, Framing};

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
    let mut lines =
        head.split(|&byte| byte == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line));
    let is_old = lines.next().is_some_and(|line| line.starts_with(b"HTTP/1.0"));
    let mut framing = None;
    let (mut closes, mut keeps) = (false, false);
    for line in lines {
        if line.is_empty() {
            break;
        }
        let colon = line.iter().position(|&byte| byte == b':').ok_or(BadAnswer::Field)?;
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
