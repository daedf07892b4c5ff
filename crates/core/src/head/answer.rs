//! Where the head of an answer ends, and which one it is.

use super::MAX_HEAD;
use super::line::{Cursor, is_version};

/// Looks for the ends of the heads of an answer, while its bytes arrive.
#[derive(Clone, Debug, Default)]
pub struct AnswerScanner {
    cursor: Cursor,
    status: Option<u16>,
}

impl AnswerScanner {
    /// A scanner for an answer of which nothing has come yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Says what the bytes are, which begin with the answer's first byte or behind its last
    /// interim head.
    ///
    /// After [`AnswerLook::More`], call it again with the same bytes and those that came since.
    /// After [`AnswerLook::Interim`], call it again with what came behind that head.
    pub fn look(&mut self, bytes: &[u8]) -> AnswerLook {
        let start = &bytes[..bytes.len().min(START.len())];
        if !START.starts_with(start) {
            return AnswerLook::Bad(BadAnswer::NotHttp);
        }
        let window = &bytes[..bytes.len().min(MAX_HEAD)];
        loop {
            let Some(line) = self.cursor.next_line(window) else {
                return if bytes.len() > MAX_HEAD {
                    AnswerLook::Bad(BadAnswer::TooLong)
                } else {
                    AnswerLook::More
                };
            };
            let Some(status) = self.status else {
                let Some(status) = parse_status_line(line) else {
                    return AnswerLook::Bad(BadAnswer::NotHttp);
                };
                self.status = Some(status);
                continue;
            };
            if line.is_empty() {
                let len = self.cursor.position();
                *self = Self::default();
                // 101 is the last head of its connection.
                return if matches!(status, 100 | 102..=199) {
                    AnswerLook::Interim { status, len }
                } else {
                    AnswerLook::Final { status, len }
                };
            }
        }
    }
}

/// What the first bytes of an answer are.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum AnswerLook {
    /// No answer that could be edited: not to be handed on.
    Bad(BadAnswer),
    /// The final head, of `len` bytes with its blank line.
    Final {
        /// 101, or 200 and more.
        status: u16,
        /// Bytes, with the blank line.
        len: usize,
    },
    /// An interim head (RFC 9110 section 15.2), which is handed on as it is; another follows.
    Interim {
        /// 100 to 199, but not 101.
        status: u16,
        /// Bytes, with the blank line.
        len: usize,
    },
    /// Too few to tell.
    More,
}

/// Why the bytes of an Engine are no answer.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum BadAnswer {
    /// They don't begin with a status line.
    #[error("the answer does not begin with an HTTP status line")]
    NotHttp,
    /// More than [`MAX_HEAD`] bytes without an end.
    #[error("the head of the answer is longer than 1 MiB")]
    TooLong,
}

/// The status of `HTTP/1.1 200 OK`; the reason may be missing, and so may the space before it (RFC
/// 9112 section 4).
fn parse_status_line(line: &[u8]) -> Option<u16> {
    let (version, rest) = line.split_at_checked(START.len() + "1.1".len())?;
    let rest = rest.strip_prefix(b" ")?;
    let (digits, reason) = rest.split_at_checked(3)?;
    let right = is_version(version)
        && matches!(digits[0], b'1'..=b'9')
        && digits.iter().all(u8::is_ascii_digit)
        && matches!(reason.first(), None | Some(b' '));
    right.then(|| digits.iter().fold(0, |status, digit| status * 10 + u16::from(digit - b'0')))
}

/// What every status line begins with.
const START: &[u8] = b"HTTP/";

#[cfg(test)]
mod tests {
    use super::*;

    fn look(bytes: &[u8]) -> AnswerLook {
        AnswerScanner::new().look(bytes)
    }

    #[test]
    fn a_final_head_ends_with_its_blank_line() {
        for (bytes, status, len) in [
            (&b"HTTP/1.1 200 OK\r\nA: b\r\n\r\nbody"[..], 200, 25),
            (b"HTTP/1.1 404 \r\n\r\n", 404, 17),
            (b"HTTP/1.0 500\n\nbody", 500, 14),
            (b"HTTP/1.1 101 UPGRADED\r\n\r\nraw", 101, 25),
        ] {
            assert_eq!(look(bytes), AnswerLook::Final { status, len });
        }
    }

    #[test]
    fn interim_heads_are_told_one_by_one() {
        let mut rest = &b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\n\
            HTTP/1.1 201 Created\r\n\r\n{}"[..];
        let mut scanner = AnswerScanner::new();
        for (status, expected) in [(100, 25), (103, 37)] {
            assert_eq!(scanner.look(rest), AnswerLook::Interim { status, len: expected });
            rest = &rest[expected..];
        }
        assert_eq!(scanner.look(rest), AnswerLook::Final { status: 201, len: 24 });
    }

    #[test]
    fn what_does_not_begin_with_a_status_line_is_bad_at_once() {
        for bytes in [
            &b"X"[..],
            b"HTTX",
            b"http/1.1 200 OK\r\n",
            b"\r\nHTTP/1.1 200 OK\r\n",
            b"HTTP/1.1\r\n",
            b"HTTP/1.1 \r\n",
            b"HTTP/1.1 20\r\n",
            b"HTTP/1.1 2000\r\n",
            b"HTTP/1.1 099 A\r\n",
            b"HTTP/1.1 2x0 A\r\n",
            b"HTTP/1.1  200 A\r\n",
            b"HTTP/11 200 A\r\n",
            b"HTTP/\n",
            b"\0\0\x12\x04",
        ] {
            assert_eq!(look(bytes), AnswerLook::Bad(BadAnswer::NotHttp), "{bytes:?}");
        }
    }

    #[test]
    fn a_head_that_never_ends_is_bad() {
        let mut bytes = b"HTTP/1.1 200 OK\r\na: ".to_vec();
        bytes.resize(MAX_HEAD, b'x');
        assert_eq!(look(&bytes), AnswerLook::More);
        bytes.push(b'x');
        assert_eq!(look(&bytes), AnswerLook::Bad(BadAnswer::TooLong));
    }
}
