//! A request's head, read.

use memchr::memchr;

use super::BadHead;
use super::line::{Cursor, is_token, is_version};

/// Reads a whole head: the bytes that [`super::Look::Head`] counted, blank line included.
///
/// Values may hold any byte but CR and NUL, for the Engine is the one to judge them; a folded line
/// is an error.
pub fn parse(head: &[u8]) -> Result<Head<'_>, BadHead> {
    let mut cursor = Cursor::default();
    let first = cursor.next_line(head).ok_or(BadHead::Unfinished)?;
    let RequestLine { method, target, version } =
        RequestLine::parse(first).ok_or(BadHead::RequestLine)?;
    let start = cursor.position();
    loop {
        let end = cursor.position();
        let line = cursor.next_line(head).ok_or(BadHead::Unfinished)?;
        if line.is_empty() {
            return if cursor.position() == head.len() {
                Ok(Head { method, target, version, fields: &head[start..end] })
            } else {
                Err(BadHead::Unfinished)
            };
        }
        check_field(line)?;
    }
}

/// A request's head that has been read; it borrows the head's bytes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Head<'a> {
    /// The method, a token; its case counts.
    pub method: &'a [u8],
    /// The target as it stands there, without white space and control bytes.
    pub target: &'a [u8],
    /// `HTTP/` and two digits with a dot between.
    pub version: &'a [u8],
    /// The header lines, each checked.
    fields: &'a [u8],
}

impl<'a> Head<'a> {
    /// Every header line in order: its name as it stands there, and its value without the spaces
    /// and tabs around it.
    pub fn headers(&self) -> impl Iterator<Item = (&'a [u8], &'a [u8])> + Clone + use<'a> {
        let fields = self.fields;
        let mut cursor = Cursor::default();
        std::iter::from_fn(move || split_field(cursor.next_line(fields)?))
    }

    /// The values of every line with that name, in any case.
    pub fn header_values<'n>(
        &self,
        name: &'n str,
    ) -> impl Iterator<Item = &'a [u8]> + Clone + use<'a, 'n> {
        self.headers()
            .filter(|(found, _)| found.eq_ignore_ascii_case(name.as_bytes()))
            .map(|(_, value)| value)
    }

    /// Whether a header that is a list with commas, such as `Connection`, holds that token, in any
    /// case and in any of its lines.
    #[must_use]
    pub fn has_token(&self, name: &str, token: &str) -> bool {
        self.header_values(name)
            .flat_map(|value| value.split(|&byte| byte == b','))
            .any(|item| trim(item).eq_ignore_ascii_case(token.as_bytes()))
    }

    /// Whether it asks to leave HTTP: it has an `Upgrade` header.
    #[must_use]
    pub fn is_upgrade(&self) -> bool {
        self.header_values("upgrade").next().is_some()
    }
}

/// The parts of a request's first line (RFC 9112 section 3).
pub(crate) struct RequestLine<'a> {
    pub(crate) method: &'a [u8],
    pub(crate) target: &'a [u8],
    version: &'a [u8],
}

impl<'a> RequestLine<'a> {
    /// The line that the bytes begin with, if they seem to begin a request of HTTP/1 for a path. No
    /// more than 8 KiB are looked at.
    pub(crate) fn seen_in(bytes: &'a [u8]) -> Option<Self> {
        let (first, _) = bytes.split_first()?;
        if !first.is_ascii_uppercase() {
            return None;
        }
        let line = Cursor::default().next_line(&bytes[..bytes.len().min(LONGEST_SEEN)])?;
        Self::parse(line)
            .filter(|line| line.target.starts_with(b"/") && line.version.starts_with(b"HTTP/1."))
    }

    /// Reads a line without its end. HTTP/0.9, which has no version, is none.
    pub(super) fn parse(line: &'a [u8]) -> Option<Self> {
        let mut parts = line.split(|&byte| byte == b' ');
        let line = Self { method: parts.next()?, target: parts.next()?, version: parts.next()? };
        let right = parts.next().is_none()
            && is_token(line.method)
            && !line.target.is_empty()
            && !line.target.iter().any(u8::is_ascii_control)
            && is_version(line.version);
        right.then_some(line)
    }
}

/// Checks a header line that isn't empty.
fn check_field(line: &[u8]) -> Result<(), BadHead> {
    if matches!(line.first(), Some(b' ' | b'\t')) {
        return Err(BadHead::Fold);
    }
    let (name, value) = split_field(line).ok_or(BadHead::Name)?;
    if !is_token(name) {
        Err(BadHead::Name)
    } else if value.contains(&b'\r') || value.contains(&0) {
        Err(BadHead::Value)
    } else {
        Ok(())
    }
}

/// A header line's name and trimmed value, if it has a colon.
fn split_field(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let colon = memchr(b':', line)?;
    Some((&line[..colon], trim(&line[colon + 1..])))
}

/// Without the spaces and tabs around it (`OWS`, RFC 9110 section 5.6.3); `trim_ascii` would take
/// other control bytes too.
fn trim(mut value: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] | [rest @ .., b' ' | b'\t'] = value {
        value = rest;
    }
    value
}

/// Bytes of a line that is only looked at, so that nothing waits for it long.
const LONGEST_SEEN: usize = 8 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_seen_by_its_first_line() {
        let seen = |bytes: &'static str| {
            let RequestLine { method, target, .. } = RequestLine::seen_in(bytes.as_bytes())?;
            Some((str::from_utf8(method).unwrap(), str::from_utf8(target).unwrap()))
        };
        for (bytes, line) in [
            ("GET /events?a=b HTTP/1.1\r\nHost: d\r\n\r\n", Some(("GET", "/events?a=b"))),
            ("HEAD /_ping HTTP/1.0\n", Some(("HEAD", "/_ping"))),
            ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", None),
            ("GET /events HTTP/2.0\r\n", None),
            ("GET /etc/passwd\n", None),
            ("ls /var HTTP/1.1\n", None),
            ("GET  /events HTTP/1.1\r\n", None),
            ("GET /events HTTP/1.1", None),
            (" / HTTP/1.1\n", None),
            ("\n", None),
            ("", None),
        ] {
            assert_eq!(seen(bytes), line, "{bytes:?}");
        }
        let long = format!("GET /{} HTTP/1.1\r\n", "a".repeat(LONGEST_SEEN));
        assert!(RequestLine::seen_in(long.as_bytes()).is_none());
    }

    fn with_line(line: &str) -> Result<(), BadHead> {
        parse(format!("GET / HTTP/1.1\r\nHost: a\r\n{line}\r\n\r\n").as_bytes()).map(|_| ())
    }

    #[test]
    fn a_head_is_read_as_it_stands() {
        let head = b"get /a?b HTTP/1.0\nHost:docker\r\nX-A: \t b c\t \nx-a:\r\n\r\n";
        let head = parse(head).unwrap();
        assert_eq!(
            (head.method, head.target, head.version),
            (&b"get"[..], &b"/a?b"[..], &b"HTTP/1.0"[..])
        );
        let lines: Vec<_> = head.headers().collect();
        assert_eq!(lines, [(&b"Host"[..], &b"docker"[..]), (b"X-A", b"b c"), (b"x-a", b"")],);
    }

    #[test]
    fn values_are_found_by_a_name_in_any_case() {
        let head = parse(b"GET / HTTP/1.1\r\nOrigin: a\r\nB: c\r\nORIGIN: \r\n\r\n").unwrap();
        let values: Vec<_> = head.header_values("origin").collect();
        assert_eq!(values, [&b"a"[..], b""]);
        assert_eq!(head.header_values("host").next(), None);
    }

    #[test]
    fn a_token_is_found_in_any_item_of_any_line() {
        let head = b"GET / HTTP/1.1\r\nConnection: keep-alive ,\tUpgrade\r\nconnection: x\r\n\r\n";
        let head = parse(head).unwrap();
        assert!(head.has_token("Connection", "upgrade"));
        assert!(head.has_token("Connection", "X"));
        assert!(!head.has_token("Connection", "keep"));
        assert!(!head.has_token("Upgrade", "tcp"));
    }

    #[test]
    fn an_upgrade_header_makes_an_upgrade() {
        let head = |line: &str| format!("POST / HTTP/1.1\r\n{line}\r\n\r\n");
        assert!(parse(head("upgrade: tcp").as_bytes()).unwrap().is_upgrade());
        assert!(parse(head("Upgrade:").as_bytes()).unwrap().is_upgrade());
        assert!(!parse(head("Connection: Upgrade").as_bytes()).unwrap().is_upgrade());
    }

    #[test]
    fn a_value_may_hold_what_engines_serve() {
        for line in ["a: \x01\x1b\x7f", "a: \u{e4}", "a:b:c", "a: ", "a:", "!#$%&'*+-.^_`|~9: b"] {
            assert_eq!(with_line(line), Ok(()), "{line:?}");
        }
    }

    #[test]
    fn a_line_that_could_be_read_in_two_ways_is_bad() {
        for (line, why) in [
            (" folded", BadHead::Fold),
            ("\tfolded: a", BadHead::Fold),
            (" ", BadHead::Fold),
            ("no colon", BadHead::Name),
            (": b", BadHead::Name),
            ("Host : a", BadHead::Name),
            ("Ho st: a", BadHead::Name),
            ("Host\t: a", BadHead::Name),
            ("\x01: a", BadHead::Name),
            ("\u{e4}: a", BadHead::Name),
            ("\rHost: a", BadHead::Name),
            ("\r", BadHead::Name),
            ("a: b\rOrigin: c", BadHead::Value),
            ("a: b\r", BadHead::Value),
            ("a: \0", BadHead::Value),
        ] {
            assert_eq!(with_line(line), Err(why), "{line:?}");
        }
    }

    #[test]
    fn a_first_header_line_that_begins_with_white_space_is_bad() {
        assert_eq!(parse(b"GET / HTTP/1.1\r\n Host: a\r\n\r\n"), Err(BadHead::Fold));
    }

    #[test]
    fn a_head_is_one_head_and_all_of_it() {
        for bytes in [
            &b""[..],
            b"GET / HTTP/1.1",
            b"GET / HTTP/1.1\r\n",
            b"GET / HTTP/1.1\r\nHost: a\r\n",
            b"GET / HTTP/1.1\r\n\r\nrest",
            b"GET / HTTP/1.1\r\n\r\nGET / HTTP/1.1\r\n\r\n",
        ] {
            assert_eq!(parse(bytes), Err(BadHead::Unfinished), "{bytes:?}");
        }
        assert_eq!(parse(b"GET /\r\n\r\n"), Err(BadHead::RequestLine));
    }
}
