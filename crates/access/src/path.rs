//! A request's path as the Engine's router reads it: gorilla/mux on Go's decoded `URL.Path`.

use crate::escape::{Buffer, decoded, encode};
use crate::pattern::{Part, matches};
use crate::{Operation, Request, Transport, route};

/// What the router sees.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Path<'a> {
    /// As sent, without the query.
    raw: &'a str,
    /// The version prefix's number, `1.41` of `/v1.41/…`, unchecked.
    pub(crate) version: Option<&'a str>,
    /// Decoded, without version prefix and first slash; `None` of `*`.
    pub(crate) decoded: Option<&'a str>,
}

/// Why a path goes no further.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Unread {
    /// It can't be read, or could be read in two ways.
    Bad(&'static str),
    /// The router sends the client to this clean path.
    Redirect(String),
}

impl<'a> Path<'a> {
    /// Reads a request's target.
    pub(crate) fn read(request: &Request<'a>, buffer: &'a mut Buffer) -> Result<Self, Unread> {
        let target = str::from_utf8(request.target).map_err(|_| Unread::Bad("not UTF-8"))?;
        if let Some(length) = plain_path(request.target) {
            let raw = &target[..length];
            return Ok(Self::below(raw, raw));
        }
        Self::read_any(target, request.method, buffer)
    }

    /// The same of a target that may hold anything.
    fn read_any(target: &'a str, method: &[u8], buffer: &'a mut Buffer) -> Result<Self, Unread> {
        if target.bytes().any(|byte| byte <= b' ' || byte == b'\x7f') {
            return Err(Unread::Bad("a control character or a space in the target"));
        }
        // Go keeps it, others end the path there.
        if target.contains('#') {
            return Err(Unread::Bad("a raw # in the target"));
        }
        if target == "*" && method == b"OPTIONS" {
            return Ok(Self { raw: target, version: None, decoded: None });
        }
        let (raw, query) = target.split_at(target.find('?').unwrap_or(target.len()));
        if !raw.starts_with('/') {
            return Err(Unread::Bad("the target doesn't begin with a slash"));
        }
        let malformed = Unread::Bad("the path has a malformed escape or isn't UTF-8");
        let path = buffer.decode(raw).ok_or(malformed)?;
        if path.chars().any(|letter| letter.is_control() || letter == '\\') {
            return Err(Unread::Bad("a control character or a backslash in the path"));
        }
        if path.contains("/.") && path.split('/').any(|segment| matches!(segment, "." | "..")) {
            return Err(Unread::Bad("a dot segment in the path"));
        }
        if path.contains("//") {
            return Err(match method {
                b"GET" | b"HEAD" => Unread::Redirect(encode(&clean(path)) + query),
                _ => Unread::Bad("an empty segment in the path"),
            });
        }
        Ok(Self::below(raw, path))
    }

    /// A decoded path that holds nothing amiss.
    fn below(raw: &'a str, decoded: &'a str) -> Self {
        let path = decoded.strip_prefix('/').unwrap_or(decoded);
        match version(path) {
            Some((version, rest)) => Self { raw, version: Some(version), decoded: Some(rest) },
            None => Self { raw, version: None, decoded: Some(path) },
        }
    }

    /// One that needs no reading: without version prefix and first slash.
    pub(crate) fn plain(path: &'a str) -> Self {
        Self { raw: path, version: None, decoded: Some(path) }
    }

    /// The operation that it is with this method.
    pub(crate) fn operation(&self, method: &[u8]) -> Option<Operation> {
        match self.decoded {
            Some(path) => route::find(method, path, self.version.is_some()),
            None => Some(Operation::ApiOptions),
        }
    }

    /// Whether it is an attach or an exec of Podman's own, whose router takes `%2F` for a part of a
    /// segment.
    pub(crate) fn is_podmans_stream(&self, method: &[u8]) -> bool {
        let below = self.decoded.and_then(|path| path.strip_prefix("libpod/"));
        let operation = below.and_then(|path| route::find(method, path, self.version.is_some()));
        operation.is_some_and(|operation| operation.transport() == Transport::Hijack)
            && !self.hides_slashes()
    }

    /// The decoded path's segments behind the version prefix.
    pub(crate) fn segments(&self) -> impl Iterator<Item = &'a str> + Clone {
        self.decoded.into_iter().flat_map(|path| path.split('/'))
    }

    /// Whether it matches as the Engine's router reads it, and also as one does that takes `%2F`
    /// for a part of a segment (Podman's).
    pub(crate) fn fits(&self, pattern: &[Part<String>]) -> bool {
        matches(pattern, self.segments(), |segment, literal| segment == literal)
            && (!self.hides_slashes() || matches(pattern, self.raw_segments(), decodes_to))
    }

    /// Whether there are slashes in it that only decoding brings to light.
    pub(crate) fn hides_slashes(&self) -> bool {
        self.raw
            .split('%')
            .skip(1)
            .any(|escape| escape.starts_with("2f") || escape.starts_with("2F"))
    }

    fn raw_segments(&self) -> impl Iterator<Item = &'a str> + Clone {
        // A version that isn't a segment of its own is none to such a router.
        let own = |version: &str| {
            let first = self.raw.split('/').nth(1).unwrap_or_default();
            decoded(first).skip(1).eq(version.bytes().map(Some))
        };
        let skipped = if self.version.is_some_and(own) { 2 } else { 1 };
        self.raw.split('/').skip(skipped)
    }
}

/// Where the Engine begins to read a version prefix, valid or not: `(1.41, rest)`.
pub(crate) fn version(path: &str) -> Option<(&str, &str)> {
    let (version, rest) = path.strip_prefix('v')?.split_once('/')?;
    let is_version = |text: &str| text.bytes().all(|byte| byte == b'.' || byte.is_ascii_digit());
    (!version.is_empty() && is_version(version)).then_some((version, rest))
}

/// The length of the path of a target in which there is nothing to decode and nothing amiss, as nearly
/// all are: letters, digits and few more, no segment that is empty or begins with a dot.
fn plain_path(target: &[u8]) -> Option<usize> {
    let mut before = None;
    for (at, &byte) in target.iter().enumerate() {
        match byte {
            b'/' | b'.' if before == Some(b'/') => return None,
            b'?' if at > 0 => return is_plain_query(&target[at..]).then_some(at),
            b'/' | b'.' | b'-' | b'_' | b':' => {}
            _ if byte.is_ascii_alphanumeric() => {}
            _ => return None,
        }
        if at == 0 && byte != b'/' {
            return None;
        }
        before = Some(byte);
    }
    before.map(|_| target.len())
}

fn is_plain_query(query: &[u8]) -> bool {
    query.iter().all(|byte| byte.is_ascii_graphic() && *byte != b'#')
}

fn decodes_to(raw: &str, literal: &str) -> bool {
    decoded(raw).eq(literal.bytes().map(Some))
}

/// Without empty segments. The last slash stays, as the router leaves it.
fn clean(path: &str) -> String {
    let segments = path.split('/').filter(|segment| !segment.is_empty());
    let mut clean: String = segments.flat_map(|segment| ["/", segment]).collect();
    if path.ends_with('/') {
        clean.push('/');
    }
    clean
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(method: &str, target: &[u8]) -> Result<(Option<String>, Option<String>), Unread> {
        let request = Request { method: method.as_bytes(), target, grpc: false };
        let mut buffer = Buffer::new();
        let path = Path::read(&request, &mut buffer)?;
        Ok((path.version.map(str::to_owned), path.decoded.map(str::to_owned)))
    }

    #[test]
    fn a_path_is_plain_only_if_nothing_in_it_could_be_read_otherwise() {
        for (target, length) in [
            ("/", Some(1)),
            ("/v1.41/containers/a_b-c.d/json", Some(30)),
            ("/images/a:5000/b.c:latest/json?x=%2F..//&y", Some(30)),
            ("", None),
            ("?", None),
            ("*", None),
            ("a/b", None),
            ("//a", None),
            ("/a//b", None),
            ("/a/", Some(3)),
            ("/a/./b", None),
            ("/a/.b", None),
            ("/a/..", None),
            ("/a%2fb", None),
            ("/a\\b", None),
            ("/a b", None),
            ("/a;b", None),
            ("/\u{e4}", None),
            ("/a#b", None),
            ("/a?b#c", None),
            ("/a?b c", None),
            ("/a?b\u{7f}", None),
            ("/a?\u{e4}", None),
        ] {
            assert_eq!(plain_path(target.as_bytes()), length, "{target}");
        }
    }

    #[test]
    fn a_plain_path_is_read_as_any_other() {
        let letters = "/.v1?-a%#";
        let mut targets = vec![String::from("/")];
        for _ in 0..5 {
            let longer =
                |target: &String| letters.chars().map(|c| format!("{target}{c}")).collect();
            targets = targets.iter().flat_map::<Vec<_>, _>(longer).collect();
            for target in targets.iter().filter(|target| plain_path(target.as_bytes()).is_some()) {
                let request = Request { method: b"GET", target: target.as_bytes(), grpc: false };
                let mut buffers = [Buffer::new(), Buffer::new()];
                let [first, second] = &mut buffers;
                let [quickly, slowly] =
                    [Path::read(&request, first), Path::read_any(target, b"GET", second)]
                        .map(|path| path.map(|path| (path.raw, path.version, path.decoded)));
                assert_eq!(quickly, slowly, "{target}");
            }
        }
    }

    #[test]
    fn a_path_is_decoded_and_loses_one_version() {
        for (target, version, path) in [
            ("/containers/json?all=1", None, "containers/json"),
            ("/v1.41/containers/json", Some("1.41"), "containers/json"),
            ("/v1%2e41%2fcontainers/json", Some("1.41"), "containers/json"),
            ("/%76%31.41/containers/json", Some("1.41"), "containers/json"),
            ("/v1.41/v1.41/info", Some("1.41"), "v1.41/info"),
            ("/v..1/info", Some("..1"), "info"),
            ("/v1.41", None, "v1.41"),
            ("/v1.41/", Some("1.41"), ""),
            ("/V1.41/info", None, "V1.41/info"),
            ("/v1.41x/info", None, "v1.41x/info"),
            ("/version", None, "version"),
            ("/volumes/v/", None, "volumes/v/"),
            ("/", None, ""),
            ("/info?/../x", None, "info"),
            ("/info%3fa", None, "info?a"),
            ("/a;b", None, "a;b"),
            ("/info?a?b", None, "info"),
            ("/info%23a", None, "info#a"),
            ("/a%252fb", None, "a%2fb"),
            ("/a%20b", None, "a b"),
            ("/...", None, "..."),
            ("/.a", None, ".a"),
        ] {
            let expected = (version.map(str::to_owned), Some(path.to_owned()));
            assert_eq!(read("GET", target.as_bytes()), Ok(expected), "{target}");
        }
        assert_eq!(read("OPTIONS", b"*"), Ok((None, None)));
    }

    #[test]
    fn what_could_be_read_in_two_ways_is_not_read() {
        let targets: [&[u8]; 25] = [
            b"",
            b"*",
            b"info",
            b"http://x/info",
            b"?/info",
            b"/%",
            b"/%zz",
            b"/a%00b",
            b"/a\x00b",
            b"/a%0ab",
            b"/a%7f",
            b"/a%c2%85",
            b"/a b",
            b"/a\tb",
            b"/info?a\r\nb",
            b"/%ff",
            b"/\xff",
            b"/%c0%ae%c0%ae/info",
            b"/info#",
            b"/info?a#b",
            b"/containers/../info",
            b"/containers/%2e%2E/info",
            b"/containers%2f..%2finfo",
            b"/./info",
            b"/a\\b",
        ];
        for target in targets {
            let text = String::from_utf8_lossy(target);
            assert!(matches!(read("GET", target), Err(Unread::Bad(_))), "{text}");
        }
        assert!(matches!(read("GET", b"/a%5cb"), Err(Unread::Bad(_))));
        assert!(matches!(read("GET", b"/info/.."), Err(Unread::Bad(_))));
        assert!(matches!(read("GET", b"//../info"), Err(Unread::Bad(_))));
    }

    #[test]
    fn empty_segments_send_readers_to_the_clean_path_and_writers_nowhere() {
        for (target, clean) in [
            ("//v1.41/info", "/v1.41/info"),
            ("/v1.41//containers///json?all=1", "/v1.41/containers/json?all=1"),
            ("/a%2f%2Fb%20c", "/a/b%20c"),
            ("/a//?", "/a/?"),
            ("//", "/"),
            ("/a%3f//b?x=//", "/a%3F/b?x=//"),
        ] {
            let redirect = Unread::Redirect(clean.to_owned());
            assert_eq!(read("GET", target.as_bytes()), Err(redirect.clone()), "{target}");
            assert_eq!(read("HEAD", target.as_bytes()), Err(redirect), "{target}");
            assert!(matches!(read("POST", target.as_bytes()), Err(Unread::Bad(_))), "{target}");
        }
    }
}
