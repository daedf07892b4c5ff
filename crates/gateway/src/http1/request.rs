//! A request's head, read as strictly as it can be: what could be read in two ways is refused.

use std::mem::MaybeUninit;

use docker_api_core::guard::{self, Guard};
use docker_api_core::relay::{Chunks, Framing};
use httparse::Header;

/// Why a request's head can't be read.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum BadHead {
    /// A control byte that isn't a tab.
    #[error("it holds a control byte")]
    Control,
    /// A header line without a colon, or with a name that is no token.
    #[error("a header line does not begin with a name and a colon")]
    Field,
    /// A line that begins with white space.
    #[error("a header line begins with white space")]
    Fold,
    /// None over HTTP/1.1, or more than one.
    #[error("it must have one Host")]
    Host,
    /// More than one `Content-Length`, or one that isn't a number.
    #[error("its Content-Length is not one number")]
    Length,
    /// A bare CR or a bare LF.
    #[error("a line does not end in CR LF")]
    LineEnd,
    /// CONNECT, or one that isn't of capital letters.
    #[error("its method is not one that the Engine knows")]
    Method,
    /// Not a method, a target and HTTP/1.0 or 1.1, with one space between each.
    #[error("the first line is not a method, a target and HTTP/1.1")]
    RequestLine,
    /// Not a path, nor `http://` and the `Host` before one, nor the `*` of OPTIONS.
    #[error("its target is not a path")]
    Target,
    /// More than 1 MiB.
    #[error("the request head is longer than 1 MiB")]
    TooLong,
    /// A `Transfer-Encoding` beside a `Content-Length` or in HTTP/1.0, or that isn't `chunked`.
    #[error("its Transfer-Encoding is not chunked and nothing else")]
    TransferEncoding,
}

/// What of a request's head decides.
#[derive(Clone, Debug)]
pub struct Request<'h> {
    /// The method.
    pub method: &'h [u8],
    /// The target as it stands there.
    pub target: &'h [u8],
    /// The target without scheme and authority: it begins with `/`, or is `*`.
    pub path: &'h [u8],
    /// How its body ends.
    pub body: Framing,
    /// Whether it has an `Expect`: its body may never come.
    pub expects: bool,
    /// Whether it is the last of its connection: it says so, or is HTTP/1.0.
    pub closes: bool,
    /// What the browser guard says of it.
    pub guard: guard::Verdict,
}

impl<'h> Request<'h> {
    /// Reads a head whose end and lines [`super::Scanner`] has found. `secure` says that the
    /// client came over TLS.
    ///
    /// # Errors
    /// When it can't be read, or could be read in two ways.
    pub fn read(head: &'h [u8], guard: Option<&Guard>, secure: bool) -> Result<Self, BadHead> {
        let mut few = [const { MaybeUninit::uninit() }; FEW];
        let mut many = Vec::new();
        let mut parsed = httparse::Request::new(&mut []);
        let mut read = parsed.parse_with_uninit_headers(head, &mut few);
        if read == Err(httparse::Error::TooManyHeaders) {
            let lines = head.split(|&byte| byte == b'\n').count();
            many.resize(lines, httparse::EMPTY_HEADER);
            parsed = httparse::Request::new(&mut many);
            read = parsed.parse(head);
        }
        match read {
            Ok(httparse::Status::Complete(length)) if length == head.len() => {}
            Ok(_) => return Err(BadHead::LineEnd),
            Err(httparse::Error::Token | httparse::Error::Version) => {
                return Err(BadHead::RequestLine);
            }
            Err(_) => return Err(BadHead::Field),
        }
        let (method, target, version) = match (parsed.method, parsed.path, parsed.version) {
            (Some(method), Some(target), Some(version)) => {
                (method.as_bytes(), target.as_bytes(), version)
            }
            _ => return Err(BadHead::RequestLine),
        };
        let line = method.len() + target.len() + "  HTTP/1.1\r\n".len();
        if head.get(line - 1) != Some(&b'\n') {
            // More than one space, which httparse may skip.
            return Err(BadHead::RequestLine);
        }
        if method == b"CONNECT" || !method.iter().all(u8::is_ascii_uppercase) {
            return Err(BadHead::Method);
        }

        let facts = Facts::gather(parsed.headers);
        let is_old = version == 0;
        if facts.hosts > 1 || (facts.hosts == 0 && !is_old) {
            return Err(BadHead::Host);
        }
        let pairs = parsed.headers.iter().map(|header| (header.name.as_bytes(), header.value));
        Ok(Self {
            method,
            target,
            path: path(method, target, facts.host)?,
            body: facts.framing(is_old)?,
            expects: facts.expects,
            closes: is_old || facts.closes,
            guard: guard.map_or(guard::Verdict::Pass, |guard| {
                guard.judge(&guard::Request::new(method, pairs, secure))
            }),
        })
    }
}

/// What header lines say of framing and of the connection.
#[derive(Default)]
struct Facts<'h> {
    host: &'h [u8],
    hosts: usize,
    length: Option<&'h [u8]>,
    lengths: usize,
    coding: Option<&'h [u8]>,
    codings: usize,
    expects: bool,
    closes: bool,
}

impl<'h> Facts<'h> {
    fn gather(headers: &[Header<'h>]) -> Self {
        let mut facts = Self::default();
        for header in headers {
            let value = trim(header.value);
            let is = |name: &str| header.name.eq_ignore_ascii_case(name);
            if is("host") {
                facts.host = value;
                facts.hosts += 1;
            } else if is("content-length") {
                facts.length = Some(value);
                facts.lengths += 1;
            } else if is("transfer-encoding") {
                facts.coding = Some(value);
                facts.codings += 1;
            } else if is("expect") {
                facts.expects = true;
            } else if is("connection") {
                facts.closes |= has_token(value, b"close");
            }
        }
        facts
    }

    /// RFC 9112 section 6.3, without what it lets servers repair.
    fn framing(&self, is_old: bool) -> Result<Framing, BadHead> {
        match (self.coding, self.length) {
            (None, None) => Ok(Framing::NONE),
            (None, Some(length)) if self.lengths == 1 => {
                parse_length(length).map(Framing::Exactly).ok_or(BadHead::Length)
            }
            (None, Some(_)) => Err(BadHead::Length),
            (Some(coding), None)
                if self.codings == 1 && !is_old && coding.eq_ignore_ascii_case(b"chunked") =>
            {
                Ok(Framing::Chunked(Chunks::new()))
            }
            (Some(_), _) => Err(BadHead::TransferEncoding),
        }
    }
}

/// The path of a target (RFC 9112 section 3.2). Go's servers find one in `foo:/…` and `http:/…`
/// too.
fn path<'h>(method: &[u8], target: &'h [u8], host: &[u8]) -> Result<&'h [u8], BadHead> {
    if target.starts_with(b"/") || (target == b"*" && method == b"OPTIONS") {
        return Ok(target);
    }
    let rest = target.strip_prefix(b"http://").ok_or(BadHead::Target)?;
    let (authority, path) = rest.split_at_checked(host.len()).ok_or(BadHead::Target)?;
    let right = authority == host
        && !host.is_empty()
        && !host.iter().any(|byte| b"/?#@\\".contains(byte))
        && path.starts_with(b"/");
    if right { Ok(path) } else { Err(BadHead::Target) }
}

/// A length that Go's servers read (63 bits): digits and nothing else.
pub(super) fn parse_length(value: &[u8]) -> Option<u64> {
    if value.is_empty() || !value.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let length: u64 = str::from_utf8(value).ok()?.parse().ok()?;
    i64::try_from(length).is_ok().then_some(length)
}

/// Whether a list with commas holds that token, in any case.
pub(super) fn has_token(list: &[u8], token: &[u8]) -> bool {
    list.split(|&byte| byte == b',').any(|item| trim(item).eq_ignore_ascii_case(token))
}

/// Without the spaces and tabs around it.
pub(super) fn trim(mut value: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] | [rest @ .., b' ' | b'\t'] = value {
        value = rest;
    }
    value
}

/// Header lines that are read without an allocation.
const FEW: usize = 64;

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::super::Scanner;
    use super::*;

    fn read(head: &str) -> Result<Request<'_>, BadHead> {
        Request::read(head.as_bytes(), None, false)
    }

    fn body(lines: &str) -> Result<Framing, BadHead> {
        read(&format!("POST / HTTP/1.1\r\nHost: a\r\n{lines}\r\n")).map(|request| request.body)
    }

    #[test]
    fn a_head_is_read_as_it_stands() {
        let request = read("GET /a?b=%2F HTTP/1.1\r\nHost:\r\nX: y\r\n\r\n").unwrap();
        assert_eq!((request.method, request.target), (&b"GET"[..], &b"/a?b=%2F"[..]));
        assert_eq!(request.path, request.target);
        assert_eq!(request.body, Framing::NONE);
        assert!(!request.expects && !request.closes);
        let old = read("GET / HTTP/1.0\r\n\r\n").unwrap();
        assert!(old.closes);
    }

    #[test]
    fn an_absolute_target_is_judged_by_its_path() {
        let request =
            read("GET http://[::1]:2375/a?b HTTP/1.1\r\nHost: [::1]:2375\r\n\r\n").unwrap();
        assert_eq!(request.target, b"http://[::1]:2375/a?b");
        assert_eq!(request.path, b"/a?b");
        let star = read("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n").unwrap();
        assert_eq!(star.path, b"*");
    }

    #[test]
    fn bodies_are_framed_by_one_header() {
        assert_eq!(body("Content-Length: 0042\r\n"), Ok(Framing::Exactly(42)));
        assert_eq!(
            body("content-length:\t9223372036854775807 \r\n"),
            Ok(Framing::Exactly(i64::MAX as u64))
        );
        assert_eq!(body("transfer-encoding: Chunked\r\n"), Ok(Framing::Chunked(Chunks::new())));
        assert_eq!(body("Content-Length: 1\r\nContent-Length: 1\r\n"), Err(BadHead::Length));
        assert_eq!(body("Content-Length: 1_0\r\n"), Err(BadHead::Length));
        assert_eq!(
            body("Transfer-Encoding: chunked\r\nContent-Length: 1\r\n"),
            Err(BadHead::TransferEncoding)
        );
        let old = read("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n");
        assert_eq!(old.unwrap_err(), BadHead::TransferEncoding);
    }

    #[test]
    fn what_its_lines_say_of_the_connection_is_found_in_any_of_them() {
        let head = "GET / HTTP/1.1\r\nHost: a\r\nConnection: x\r\nConnection: y ,CLOSE\r\nEXPECT: z\r\n\r\n";
        let request = read(head).unwrap();
        assert!(request.closes && request.expects);
    }

    #[test]
    fn any_number_of_lines_is_read_and_each_of_them_counts() {
        let lines = "X: y\r\n".repeat(100_000);
        let one = format!("GET / HTTP/1.1\r\n{lines}Host: a\r\nExpect: b\r\n\r\n");
        assert!(read(&one).unwrap().expects);
        let two = format!("GET / HTTP/1.1\r\nHost: a\r\n{lines}Host: a\r\n\r\n");
        assert_eq!(read(&two).unwrap_err(), BadHead::Host);
    }

    #[test]
    fn what_the_scanner_lets_pass_is_still_read_strictly() {
        for (head, why) in [
            ("GET /a b HTTP/1.1\r\nHost: a\r\n\r\n", BadHead::RequestLine),
            ("GET  / HTTP/1.1\r\nHost: a\r\n\r\n", BadHead::RequestLine),
            ("GET /  HTTP/1.1\r\nHost: a\r\n\r\n", BadHead::RequestLine),
            ("GET HTTP/1.1\r\nHost: a\r\n\r\n", BadHead::RequestLine),
            ("GE(T / HTTP/1.1\r\nHost: a\r\n\r\n", BadHead::RequestLine),
            ("M-SEARCH / HTTP/1.1\r\nHost: a\r\n\r\n", BadHead::Method),
            ("GET / HTTP/1.1\r\nHost: a\r\nb\r\n\r\n", BadHead::Field),
            ("GET / HTTP/1.1\r\nHost : a\r\n\r\n", BadHead::Field),
            ("GET / HTTP/1.1\r\n\r\n", BadHead::Host),
            ("GET a HTTP/1.1\r\nHost: a\r\n\r\n", BadHead::Target),
            ("GET / HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.1\r\n\r\n", BadHead::LineEnd),
        ] {
            assert_eq!(read(head).unwrap_err(), why, "{head:?}");
        }
    }

    /// Bytes that are often nearly a head.
    fn nearly_a_head() -> impl Strategy<Value = Vec<u8>> {
        let piece = prop::sample::select(vec![
            "GET /_ping HTTP/1.1\r\n",
            "POST http://a/b HTTP/1.0\r\n",
            "Host: a\r\n",
            "Host:a\r\n",
            "Content-Length: 5\r\n",
            "Transfer-Encoding: chunked\r\n",
            "X:\r\n",
            "X : y\r\n",
            "X: y\n",
            " fold\r\n",
            "\r\n",
            "\n",
            "\r",
            "\0",
            "x",
            ":",
            "\t",
            "\u{e4}",
        ]);
        vec(piece, 0..8).prop_map(|pieces| pieces.concat().into_bytes())
    }

    proptest! {
        #[test]
        fn a_head_is_found_in_whatever_pieces_it_comes(
            bytes in nearly_a_head(),
            cuts in vec(any::<usize>(), 0..6),
        ) {
            let mut cuts: Vec<_> = cuts.iter().map(|cut| cut % (bytes.len() + 1)).collect();
            cuts.sort_unstable();
            cuts.push(bytes.len());
            let mut scanner = Scanner::default();
            let mut looks = cuts.into_iter().map(|cut| scanner.look(&bytes[..cut]));
            let in_pieces = looks.find(|look| *look != Ok(None)).unwrap_or(Ok(None));
            let whole = Scanner::default().look(&bytes);
            prop_assert_eq!(in_pieces, whole);
        }

        #[test]
        fn what_is_read_is_what_a_lenient_reader_reads(bytes in nearly_a_head()) {
            let Ok(Some(length)) = Scanner::default().look(&bytes) else { return Ok(()) };
            let Ok(request) = Request::read(&bytes[..length], None, false) else { return Ok(()) };
            let other = docker_api_core::head::parse(&bytes[..length]).unwrap();
            prop_assert_eq!((request.method, request.target), (other.method, other.target));
            prop_assert_eq!(request.closes, other.version == b"HTTP/1.0");
            let lengths = other.header_values("content-length").count();
            let codings = other.header_values("transfer-encoding").count();
            prop_assert_eq!((lengths, codings), match request.body {
                Framing::Exactly(0) => (0, 0),
                Framing::Exactly(_) => (1, 0),
                Framing::Chunked(_) => (0, 1),
                Framing::UntilEnd => (9, 9),
            });
        }

        #[test]
        fn no_bytes_make_the_reader_panic(bytes in vec(any::<u8>(), 0..200)) {
            let _ = Scanner::default().look(&bytes);
            drop(Request::read(&bytes, None, false));
        }
    }
}
