//! Lines and tokens.

use memchr::memchr;

/// A place in bytes that are still arriving. It remembers how far it looked, so that a head that
/// comes byte by byte is searched once.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Cursor {
    /// Where the current line begins.
    line: usize,
    /// Before here is no line end that hasn't been returned.
    looked: usize,
}

impl Cursor {
    /// The next line without its LF or CRLF, if all of it is there.
    ///
    /// Each call gets the bytes of the calls before, and maybe more behind them.
    pub(super) fn next_line<'a>(&mut self, bytes: &'a [u8]) -> Option<&'a [u8]> {
        let Some(offset) = memchr(b'\n', bytes.get(self.looked..)?) else {
            self.looked = bytes.len();
            return None;
        };
        let line = &bytes[self.line..self.looked + offset];
        self.looked += offset + 1;
        self.line = self.looked;
        Some(line.strip_suffix(b"\r").unwrap_or(line))
    }

    /// Where the next line begins.
    pub(super) fn position(&self) -> usize {
        self.line
    }
}

/// Whether `version` is `HTTP/` and a digit, a dot, a digit (RFC 9112 section 2.3).
pub(super) fn is_version(version: &[u8]) -> bool {
    matches!(version, [b'H', b'T', b'T', b'P', b'/', major, b'.', minor]
        if major.is_ascii_digit() && minor.is_ascii_digit())
}

/// Whether `bytes` is a token (RFC 9110 section 5.6.2).
pub(super) fn is_token(bytes: &[u8]) -> bool {
    !bytes.is_empty() && bytes.iter().all(|&byte| is_token_byte(byte))
}

/// Whether `byte` may stand in a token, and so begin a method.
pub fn is_token_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

/// Whether `byte` may stand in a header's value by the grammar (RFC 9110 section 5.5): no control
/// byte but the tab.
pub fn is_field_byte(byte: u8) -> bool {
    byte == b'\t' || !byte.is_ascii_control()
}
