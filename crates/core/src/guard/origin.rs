//! Hosts, authorities and origins as header values spell them (RFC 3986 section 3.2, RFC 6454
//! section 6), read without allocation. What can't be read is none, and so refused.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The host of a `Host` header or an origin.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Host<N> {
    /// An address as the standard library reads it, IPv6 in brackets. Browsers rewrite every
    /// other spelling (`127.1`, `0x7f000001`) before they send it.
    Ip(IpAddr),
    /// A name, without a trailing dot.
    Name(N),
}

/// A host and, if there is one, a port.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Authority<N> {
    pub(super) host: Host<N>,
    pub(super) port: Option<u16>,
}

/// A scheme and an authority.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Origin<N> {
    pub(super) scheme: N,
    pub(super) authority: Authority<N>,
}

impl<'a> Authority<&'a str> {
    /// Reads `host` or `host:port`; an empty port is none.
    pub(super) fn parse(value: &'a [u8]) -> Option<Self> {
        let text = std::str::from_utf8(value).ok()?;
        let (host, port) = if let Some(rest) = text.strip_prefix('[') {
            let (address, rest) = rest.split_once(']')?;
            let port = if rest.is_empty() { "" } else { rest.strip_prefix(':')? };
            (Host::Ip(IpAddr::V6(address.parse::<Ipv6Addr>().ok()?)), port)
        } else {
            let (host, port) = text.split_once(':').unwrap_or((text, ""));
            (Host::parse(host)?, port)
        };
        // `parse` alone would take `+80`.
        if !port.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let port = if port.is_empty() { None } else { Some(port.parse().ok()?) };
        Some(Self { host, port })
    }
}

impl<N: AsRef<str>> Authority<N> {
    /// Whether both mean the same place, a missing port meaning `default`.
    pub(super) fn is<M: AsRef<str>>(&self, other: &Authority<M>, default: u16) -> bool {
        self.host.is(&other.host) && self.port.unwrap_or(default) == other.port.unwrap_or(default)
    }
}

impl<'a> Host<&'a str> {
    fn parse(text: &'a str) -> Option<Self> {
        if let Ok(address) = text.parse::<Ipv4Addr>() {
            return Some(Self::Ip(IpAddr::V4(address)));
        }
        let name = text.strip_suffix('.').unwrap_or(text);
        let is_label = |label: &str| {
            let mut bytes = label.bytes();
            !label.is_empty()
                && bytes.all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
        };
        name.split('.').all(is_label).then_some(Self::Name(name))
    }

    pub(super) fn to_lowercase(&self) -> Host<String> {
        match self {
            Self::Ip(address) => Host::Ip(*address),
            Self::Name(name) => Host::Name(name.to_ascii_lowercase()),
        }
    }
}

impl<N: AsRef<str>> Host<N> {
    /// Whether both are the same host; names have no case.
    pub(super) fn is<M: AsRef<str>>(&self, other: &Host<M>) -> bool {
        match (self, other) {
            (Self::Ip(one), Host::Ip(two)) => one == two,
            (Self::Name(one), Host::Name(two)) => one.as_ref().eq_ignore_ascii_case(two.as_ref()),
            _ => false,
        }
    }
}

impl<N: AsRef<str>> fmt::Display for Host<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ip(IpAddr::V4(address)) => write!(f, "{address}"),
            Self::Ip(IpAddr::V6(address)) => write!(f, "[{address}]"),
            Self::Name(name) => f.write_str(name.as_ref()),
        }
    }
}

impl<'a> Origin<&'a str> {
    /// Reads an `Origin` header's value. Browsers send no path; websocket libraries that are
    /// given `http://localhost/` send the slash with it. `null` is no origin.
    pub(super) fn parse(value: &'a [u8]) -> Option<Self> {
        let (origin, path) = Self::split(value)?;
        matches!(path, b"" | b"/").then_some(origin)
    }

    /// Reads the origin of a whole URL, such as a `Referer`.
    pub(super) fn of_url(value: &'a [u8]) -> Option<Self> {
        Self::split(value).map(|(origin, _)| origin)
    }

    /// Its port, a missing one being its scheme's.
    pub(super) fn port(&self) -> Option<u16> {
        self.authority.port.or_else(|| default_port(self.scheme))
    }

    fn split(value: &'a [u8]) -> Option<(Self, &'a [u8])> {
        let colon = value.iter().position(|&byte| byte == b':')?;
        let scheme = std::str::from_utf8(&value[..colon]).ok()?;
        if !is_scheme(scheme) {
            return None;
        }
        let rest = value[colon..].strip_prefix(b"://")?;
        let end = rest.iter().position(|byte| b"/?#".contains(byte)).unwrap_or(rest.len());
        let (authority, path) = rest.split_at(end);
        Some((Self { scheme, authority: Authority::parse(authority)? }, path))
    }
}

/// The port that a URL of this scheme leaves out.
pub(super) fn default_port(scheme: &str) -> Option<u16> {
    let is = |known: &str| scheme.eq_ignore_ascii_case(known);
    if is("http") || is("ws") {
        Some(80)
    } else if is("https") || is("wss") {
        Some(443)
    } else {
        None
    }
}

/// RFC 3986 section 3.1.
fn is_scheme(text: &str) -> bool {
    let is_mark = |byte| matches!(byte, b'+' | b'-' | b'.');
    text.starts_with(|first: char| first.is_ascii_alphabetic())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || is_mark(byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(host: &[u8]) -> Option<(String, Option<u16>)> {
        Authority::parse(host).map(|read| (read.host.to_string(), read.port))
    }

    #[test]
    fn a_host_is_read_with_and_without_its_port() {
        for (text, host, port) in [
            ("docker", "docker", None),
            ("docker:", "docker", None),
            ("nas.lan.:2375", "nas.lan", Some(2375)),
            ("192.168.7.7:2375", "192.168.7.7", Some(2375)),
            ("[::1]", "[::1]", None),
            ("[0:0::1]:80", "[::1]", Some(80)),
        ] {
            assert_eq!(shown(text.as_bytes()), Some((host.into(), port)), "{text}");
        }
    }

    #[test]
    fn what_is_no_host_is_not_read() {
        for text in [
            "",
            ":80",
            ".",
            "a..b",
            ".a",
            "a b",
            "a@b",
            "a/b",
            "a,b",
            "::1",
            "[::1",
            "[::1]x",
            "[::1]80",
            "[a]",
            "a:+80",
            "a:65536",
            "a:b",
            "a:1:2",
            "\u{e4}.local",
            "a\0",
        ] {
            assert_eq!(shown(text.as_bytes()), None, "{text:?}");
        }
        assert_eq!(shown(b"\xff"), None);
    }

    #[test]
    fn only_what_the_standard_library_calls_an_address_is_one() {
        for text in ["127.1", "0x7f.1", "2130706433", "127.0.0.01", "127.0.0.1."] {
            let read = Authority::parse(text.as_bytes()).unwrap();
            assert!(matches!(read.host, Host::Name(_)), "{text}");
        }
    }

    #[test]
    fn an_origin_has_no_path_and_a_url_may() {
        assert!(Origin::parse(b"http://a:1").is_some());
        assert!(Origin::parse(b"http://a/").is_some());
        for text in ["http://a/b", "http://a?b", "http://a/ http://b", "null", "", "a", "//a"] {
            assert_eq!(Origin::parse(text.as_bytes()), None, "{text:?}");
        }
        for text in ["http://a/b", "http://a?b", "http://a#b"] {
            assert!(Origin::of_url(text.as_bytes()).is_some(), "{text:?}");
        }
        for text in ["http://b@a/", "http://a\\b/", "1http://a", "about:blank"] {
            assert_eq!(Origin::of_url(text.as_bytes()), None, "{text:?}");
        }
    }
}
