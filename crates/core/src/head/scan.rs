//! Where the first head of a connection ends, and whether it is one.

use super::line::{Cursor, is_token_byte};
use super::request::RequestLine;
use super::{BadHead, MAX_HEAD};

/// Looks for the end of the first request head of a connection, while its bytes arrive.
#[derive(Clone, Debug, Default)]
pub struct Scanner {
    cursor: Cursor,
}

impl Scanner {
    /// A scanner for a connection that has sent nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Says what the bytes are, which are all that the connection has sent.
    ///
    /// After [`Look::More`], call it again with the same bytes and those that came since: a head
    /// of n bytes costs O(n), in however many pieces it comes. Any other answer is final.
    pub fn look(&mut self, bytes: &[u8]) -> Look {
        match bytes {
            [] => return Look::More,
            [first, ..] if !is_token_byte(*first) => return Look::NotHttp,
            _ if bytes.starts_with(PREFACE) => return Look::NotHttp,
            _ if PREFACE.starts_with(bytes) => return Look::More,
            _ => {}
        }
        let window = &bytes[..bytes.len().min(MAX_HEAD)];
        loop {
            let first = self.cursor.position() == 0;
            match self.cursor.next_line(window) {
                Some(line) if first => {
                    if RequestLine::parse(line).is_none() {
                        return Look::Bad(BadHead::RequestLine);
                    }
                }
                Some(b"") => return Look::Head(self.cursor.position()),
                Some(_) => {}
                None if bytes.len() > MAX_HEAD => return Look::TooLong,
                None => return Look::More,
            }
        }
    }
}

/// What the first bytes of a connection are.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Look {
    /// A first line that is no request's, so no head at all: 400.
    Bad(BadHead),
    /// A whole head: this many bytes with its blank line. [`super::parse`] reads it.
    Head(usize),
    /// Too few to tell.
    More,
    /// No HTTP/1: the first byte can't begin a method, or they begin with the preface of HTTP/2.
    /// Relayed as it is.
    NotHttp,
    /// More than [`MAX_HEAD`] bytes without an end: 431.
    TooLong,
}

/// RFC 9113 section 3.4.
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

#[cfg(test)]
mod tests {
    use super::*;

    fn look(bytes: &[u8]) -> Look {
        Scanner::new().look(bytes)
    }

    #[test]
    fn a_head_ends_with_its_blank_line() {
        assert_eq!(look(b"GET / HTTP/1.1\r\nHost: a\r\n\r\nbody"), Look::Head(27));
        assert_eq!(look(b"GET / HTTP/1.0\r\n\r\n"), Look::Head(18));
    }

    #[test]
    fn a_line_may_end_in_a_bare_line_feed() {
        assert_eq!(look(b"GET / HTTP/1.1\nHost: a\n\nbody"), Look::Head(24));
        assert_eq!(look(b"GET / HTTP/1.1\nHost: a\n\r\nbody"), Look::Head(25));
        assert_eq!(look(b"GET / HTTP/1.1\r\nHost: a\r\n\nbody"), Look::Head(26));
    }

    #[test]
    fn a_line_of_white_space_or_of_two_returns_is_not_blank() {
        assert_eq!(look(b"GET / HTTP/1.1\r\n \r\n"), Look::More);
        assert_eq!(look(b"GET / HTTP/1.1\r\n\r\r\n"), Look::More);
    }

    #[test]
    fn a_head_that_has_not_ended_is_waited_for() {
        let head = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n";
        let mut scanner = Scanner::new();
        for end in 0..head.len() {
            assert_eq!(scanner.look(&head[..end]), Look::More, "{end}");
        }
        assert_eq!(scanner.look(head), Look::Head(head.len()));
    }

    #[test]
    fn a_first_byte_that_begins_no_method_is_not_http() {
        for byte in
            [b"\x16\x03\x01".as_slice(), b"\0", b" GET", b"\r\n", b"\n", b"\x80", b"{", b":"]
        {
            assert_eq!(look(byte), Look::NotHttp, "{byte:?}");
        }
    }

    #[test]
    fn the_preface_of_http_2_is_not_http_1() {
        let mut scanner = Scanner::new();
        for end in 0..PREFACE.len() {
            assert_eq!(scanner.look(&PREFACE[..end]), Look::More, "{end}");
        }
        assert_eq!(scanner.look(PREFACE), Look::NotHttp);
        assert_eq!(look(&[PREFACE, b"\0\0\x12\x04"].concat()), Look::NotHttp);
    }

    #[test]
    fn what_only_begins_like_the_preface_is_a_head() {
        assert_eq!(look(b"PRI * HTTP/2.0\r\n\r\nSX"), Look::Head(18));
        assert_eq!(look(b"PRI * HTTP/2.0\r\nHost: a\r\n\r\n"), Look::Head(27));
    }

    #[test]
    fn a_first_line_that_is_no_requests_is_bad_at_once() {
        for line in [
            "GET /\r\n",
            "GET\r\n",
            "GET  / HTTP/1.1\r\n",
            "GET / HTTP/1.1 \r\n",
            "GET / HTTP/1.1\r\r\n",
            "GET / http/1.1\r\n",
            "GET / HTTP/1\r\n",
            "GET / HTTP/1.10\r\n",
            "GET / HTTP/a.b\r\n",
            "GET /a b HTTP/1.1\r\n",
            "GET /\t HTTP/1.1\r\n",
            "GET /\x7f HTTP/1.1\r\n",
            "GET /\r HTTP/1.1\r\n",
            "GE(T / HTTP/1.1\r\n",
            "SSH-2.0-OpenSSH_9.2\r\n",
        ] {
            assert_eq!(look(line.as_bytes()), Look::Bad(BadHead::RequestLine), "{line:?}");
        }
    }

    #[test]
    fn a_head_may_be_one_mebibyte_long_and_no_longer() {
        let mut head = b"GET / HTTP/1.1\r\na: ".to_vec();
        head.resize(MAX_HEAD - 4, b'x');
        head.extend(b"\r\n\r\n");
        assert_eq!(look(&head), Look::Head(MAX_HEAD));

        head.truncate(MAX_HEAD - 4);
        head.extend(b"x\r\n\r\n");
        assert_eq!(look(&head[..MAX_HEAD]), Look::More);
        assert_eq!(look(&head), Look::TooLong);
    }

    #[test]
    fn any_number_of_lines_is_read() {
        let head = format!("GET / HTTP/1.1\r\n{}\r\n", "a: b\r\n".repeat(100_000));
        let mut scanner = Scanner::new();
        let look = (0..=head.len())
            .map(|end| scanner.look(&head.as_bytes()[..end]))
            .find(|look| *look != Look::More);
        assert_eq!(look, Some(Look::Head(head.len())), "byte by byte, in linear time");
    }
}
