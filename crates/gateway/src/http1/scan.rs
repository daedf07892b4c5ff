//! Where a request's head ends, and whether its lines are lines.

use docker_api_core::head::{MAX_HEAD, is_field_byte};

use super::BadHead;

/// Looks for the end of a head while its bytes arrive, and checks each of them once: lines end in
/// CR LF and in nothing else, and hold no control byte but the tab.
#[derive(Clone, Copy, Debug, Default)]
pub struct Scanner {
    /// Bytes that were looked at.
    looked: usize,
    /// Where the current line begins.
    line: usize,
}

impl Scanner {
    /// The length of the head that `bytes` begin with, blank line included, if all of it is there.
    ///
    /// After `None`, call it again with the same bytes and those that came since.
    ///
    /// # Errors
    /// When they are no head.
    pub fn look(&mut self, bytes: &[u8]) -> Result<Option<usize>, BadHead> {
        let window = &bytes[..bytes.len().min(MAX_HEAD)];
        loop {
            let unseen = window.get(self.looked..).unwrap_or_default();
            let Some(plain) = unseen.iter().position(|&byte| !is_field_byte(byte)) else {
                self.looked = window.len();
                return if bytes.len() > MAX_HEAD { Err(BadHead::TooLong) } else { Ok(None) };
            };
            let end = self.looked + plain;
            // A CR is looked at again when what follows it is there.
            self.looked = end;
            match (window[end], window.get(end + 1)) {
                (b'\r', Some(b'\n')) => {
                    let line = &window[self.line..end];
                    let is_first = self.line == 0;
                    self.looked = end + 2;
                    self.line = self.looked;
                    match line {
                        [] if is_first => return Err(BadHead::RequestLine),
                        [] => return Ok(Some(self.looked)),
                        [b' ' | b'\t', ..] => return Err(BadHead::Fold),
                        _ if is_first && !has_version(line) => return Err(BadHead::RequestLine),
                        _ => {}
                    }
                }
                (b'\r', None) if bytes.len() > MAX_HEAD => return Err(BadHead::TooLong),
                (b'\r', None) => return Ok(None),
                (b'\r' | b'\n', _) => return Err(BadHead::LineEnd),
                _ => return Err(BadHead::Control),
            }
        }
    }
}

fn has_version(line: &[u8]) -> bool {
    line.ends_with(b" HTTP/1.1") || line.ends_with(b" HTTP/1.0")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn look(bytes: &[u8]) -> Result<Option<usize>, BadHead> {
        Scanner::default().look(bytes)
    }

    #[test]
    fn a_head_ends_with_its_blank_line_in_however_many_pieces_it_comes() {
        let head = b"GET / HTTP/1.1\r\nHost: a\r\nX:\tb \xe4\r\n\r\n";
        let mut scanner = Scanner::default();
        for end in 0..head.len() {
            assert_eq!(scanner.look(&head[..end]), Ok(None), "{end}");
        }
        assert_eq!(scanner.look(head), Ok(Some(head.len())));
        assert_eq!(look(&[head, &b"\0\nbody"[..]].concat()), Ok(Some(head.len())));
    }

    #[test]
    fn what_ends_lines_in_other_ways_is_no_head() {
        for (bytes, why) in [
            (&b"GET / HTTP/1.1\n"[..], BadHead::LineEnd),
            (b"GET / HTTP/1.1\r\nHost: a\n", BadHead::LineEnd),
            (b"GET / HTTP/1.1\r\nHost: a\r\n\n", BadHead::LineEnd),
            (b"GET / HTTP/1.1\r\r\n", BadHead::LineEnd),
            (b"GET / HTTP/1.1\r\nX: a\rb", BadHead::LineEnd),
            (b"GET / HTTP/1.1\r\nX: a\0", BadHead::Control),
            (b"GET / HTTP/1.1\r\nX: a\x0b", BadHead::Control),
            (b"GET / HTTP/1.1\r\nX: a\x7f", BadHead::Control),
            (b"\x16\x03\x01", BadHead::Control),
            (b"GET / HTTP/1.1\r\n Host: a\r\n", BadHead::Fold),
            (b"GET / HTTP/1.1\r\nX: a\r\n\tb\r\n", BadHead::Fold),
            (b"\r\n", BadHead::RequestLine),
            (b"GET /\r\n", BadHead::RequestLine),
            (b"GET / HTTP/2.0\r\n", BadHead::RequestLine),
            (b"GET / HTTP/1.2\r\n", BadHead::RequestLine),
            (b"GET / http/1.1\r\n", BadHead::RequestLine),
            (b"GET / HTTP/1.1 \r\n", BadHead::RequestLine),
            (b"SSH-2.0-OpenSSH_9.2\r\n", BadHead::RequestLine),
        ] {
            assert_eq!(look(bytes), Err(why), "{}", bytes.escape_ascii());
        }
    }

    #[test]
    fn a_head_may_be_one_mebibyte_long_and_no_longer() {
        let mut head = b"GET / HTTP/1.1\r\na: ".to_vec();
        head.resize(MAX_HEAD - 4, b'x');
        head.extend(b"\r\n\r\n");
        assert_eq!(look(&head), Ok(Some(MAX_HEAD)));
        head.insert(20, b'x');
        assert_eq!(look(&head[..MAX_HEAD]), Ok(None));
        assert_eq!(look(&head), Err(BadHead::TooLong));
        head.insert(20, b'x');
        assert_eq!(look(&head), Err(BadHead::TooLong));
        assert_eq!(look(&vec![b'x'; MAX_HEAD + 1]), Err(BadHead::TooLong));
    }
}
