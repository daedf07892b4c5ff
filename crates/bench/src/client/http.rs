//! As much of HTTP/1.1 as both ends of a benchmark need.

use std::io::{self, Read, Write};
use std::time::Instant;

/// How a body ends.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Framing {
    /// After so many bytes.
    Length(u64),
    /// With its last chunk.
    Chunked,
}

/// The head of a request or an answer.
#[derive(Debug, Eq, PartialEq)]
pub(crate) struct Head<'a> {
    /// Without its line end.
    pub(crate) first_line: &'a str,
    /// Bytes, the empty line included.
    pub(crate) len: usize,
    /// How the body ends; one without either field has no body.
    pub(crate) framing: Framing,
}

impl<'a> Head<'a> {
    /// The head that these bytes begin with, if all of it is there.
    pub(crate) fn parse(bytes: &'a [u8]) -> Option<Self> {
        let len = bytes.windows(4).position(|four| four == b"\r\n\r\n")? + 4;
        let text = std::str::from_utf8(&bytes[..len]).ok()?;
        let mut lines = text.split("\r\n");
        let first_line = lines.next()?;
        let mut framing = Framing::Length(0);
        for (name, value) in lines.filter_map(|line| line.split_once(':')) {
            if name.eq_ignore_ascii_case("content-length") {
                framing = Framing::Length(value.trim().parse().ok()?);
            } else if name.eq_ignore_ascii_case("transfer-encoding") {
                framing = Framing::Chunked;
            }
        }
        Some(Self { first_line, len, framing })
    }
}

/// An answer that has begun.
#[derive(Debug)]
pub(crate) struct Answer {
    /// When its first byte came.
    pub(crate) first_byte: Instant,
    /// Bytes, head and body; the body may not be there yet.
    pub(crate) len: u64,
    /// What came already.
    pub(crate) came: Vec<u8>,
}

impl Answer {
    /// Reads an answer's head, and whatever came with it. Any status but this one is an error.
    pub(crate) fn begin(stream: &mut impl Read, status: &str) -> io::Result<Self> {
        let mut came = vec![0; 4 << 10];
        let mut filled = 0;
        let mut first_byte = None;
        loop {
            let read = stream.read(&mut came[filled..])?;
            if read == 0 {
                return Err(io::Error::other("the connection ended in an answer's head"));
            }
            first_byte.get_or_insert_with(Instant::now);
            filled += read;
            let Some(head) = Head::parse(&came[..filled]) else { continue };
            if head.first_line.split(' ').nth(1) != Some(status) {
                let line = head.first_line;
                return Err(io::Error::other(format!("it answers `{line}`, not {status}")));
            }
            let Framing::Length(body) = head.framing else {
                return Err(io::Error::other("it answers in chunks"));
            };
            let len = head.len as u64 + body;
            came.truncate(filled);
            let first_byte = first_byte.unwrap_or_else(Instant::now);
            return Ok(Self { first_byte, len, came });
        }
    }

    /// Bytes that are still to come.
    pub(crate) fn left(&self) -> u64 {
        self.len.saturating_sub(self.came.len() as u64)
    }

    /// Reads what is left and throws it away.
    pub(crate) fn finish(&self, stream: &mut impl Read, buffer: &mut [u8]) -> io::Result<()> {
        let mut left = self.left();
        while left > 0 {
            let want = usize::try_from(left).unwrap_or(usize::MAX).min(buffer.len());
            match stream.read(&mut buffer[..want])? as u64 {
                0 => return Err(io::Error::other("the connection ended in an answer's body")),
                read => left = left.saturating_sub(read),
            }
        }
        Ok(())
    }
}

/// Asks for [`LIST`] and reads all of the answer.
pub(crate) fn ask(stream: &mut (impl Read + Write)) -> io::Result<Answer> {
    stream.write_all(LIST)?;
    stream.flush()?;
    let answer = Answer::begin(stream, "200")?;
    answer.finish(stream, &mut [0; 2 << 10])?;
    Ok(answer)
}

/// A request with a small answer.
pub(crate) const LIST: &[u8] = b"GET /v1.41/containers/json HTTP/1.1\r\nHost: docker\r\n\
    User-Agent: Docker-Client/28.2.2 (linux)\r\n\r\n";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_is_read_once_it_is_whole() {
        let bytes = b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello";
        assert_eq!(Head::parse(&bytes[..bytes.len() - 7]), None);
        let head = Head::parse(bytes).unwrap();
        assert_eq!(head.first_line, "HTTP/1.1 200 OK");
        assert_eq!((head.len, head.framing), (bytes.len() - 5, Framing::Length(5)));
    }

    #[test]
    fn a_coding_is_recognised() {
        let head =
            Head::parse(b"POST /build HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n").unwrap();
        assert_eq!(head.framing, Framing::Chunked);
    }

    #[test]
    fn another_status_is_an_error_that_shows_it() {
        let mut bytes = &b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n"[..];
        let error = Answer::begin(&mut bytes, "200").unwrap_err().to_string();
        assert_eq!(error, "it answers `HTTP/1.1 403 Forbidden`, not 200");
    }
}
