//! `http://HOST[:PORT][/PATH]`, and as wget and curl take it, without the scheme too.

use std::net::{IpAddr, Ipv6Addr};

use super::outcome::Refusal;

/// A host that is asked for; whether it is the container itself is not yet known.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Host {
    Ip(IpAddr),
    /// In lower case.
    Name(String),
}

impl Host {
    /// A name or an address, the brackets of an IPv6 address gone.
    ///
    /// # Errors
    /// When it is neither.
    pub(super) fn read(text: &str) -> Result<Self, Refusal> {
        if let Ok(ip) = text.parse() {
            return Ok(Self::Ip(ip));
        }
        let is_name = !text.is_empty()
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._".contains(&byte));
        if !is_name {
            return Err(Refusal::new(format!("`{text}` is no host")));
        }
        Ok(Self::Name(text.to_ascii_lowercase()))
    }
}

/// What is asked for.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Url {
    pub(super) host: Host,
    pub(super) port: u16,
    /// As it was written, for the header `Host`.
    pub(super) authority: String,
    /// With the query: visible ASCII, so it can be nothing but one word of a request line.
    pub(super) path: String,
}

impl Url {
    /// # Errors
    /// When it isn't one, or one that a bridge doesn't ask for: no plain HTTP, or with a user.
    pub(super) fn read(text: &str) -> Result<Self, Refusal> {
        let rest = match text.split_once("://") {
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case("http") => rest,
            Some((scheme, _)) if scheme.bytes().all(|byte| byte.is_ascii_alphanumeric()) => {
                return Err(Refusal::new(format!("`{text}` is not plain HTTP")));
            }
            _ => text,
        };
        if !rest.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(Refusal::new(format!("`{text}` has characters that no URL has")));
        }
        let rest = rest.split('#').next().unwrap_or(rest);
        let (authority, path) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
        let bad = || Refusal::new(format!("`{text}` is no URL"));
        let (host, port) = if let Some(bracketed) = authority.strip_prefix('[') {
            let (host, port) = bracketed.split_once(']').ok_or_else(bad)?;
            (Host::Ip(host.parse::<Ipv6Addr>().map_err(|_| bad())?.into()), port)
        } else {
            let end = authority.find(':').unwrap_or(authority.len());
            let (host, port) = authority.split_at(end);
            (Host::read(host).map_err(|_| bad())?, port)
        };
        let port = match port.strip_prefix(':') {
            Some(port) => read_port(port).map_err(|_| bad())?,
            None if port.is_empty() => 80,
            None => return Err(bad()),
        };
        let slash = if path.starts_with('/') { "" } else { "/" };
        Ok(Self { host, port, authority: authority.to_owned(), path: format!("{slash}{path}") })
    }
}

/// 1 to 65535.
///
/// # Errors
/// When it is no such number.
pub(super) fn read_port(text: &str) -> Result<u16, Refusal> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    let port = text.parse().ok().filter(|&port| digits && port != 0);
    port.ok_or_else(|| Refusal::new(format!("`{text}` is no port")))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_url_has_a_host_a_port_and_a_path() {
        for (text, host, port, path) in [
            ("http://localhost:2375/version", "localhost", 2375, "/version"),
            ("HTTP://LocalHost", "localhost", 80, "/"),
            ("localhost:2375/_ping", "localhost", 2375, "/_ping"),
            ("http://127.0.0.1:2375/a?b=c#d", "127.0.0.1", 2375, "/a?b=c"),
            ("http://[::1]:2375?a=http://b", "::1", 2375, "/?a=http://b"),
            ("[::1]", "::1", 80, "/"),
            ("my_proxy:1", "my_proxy", 1, "/"),
        ] {
            let url = Url::read(text).unwrap();
            assert_eq!(url.host, Host::read(host).unwrap(), "{text}");
            assert_eq!((url.port, url.path.as_str()), (port, path), "{text}");
        }
    }

    #[test]
    fn what_is_not_plain_http_to_a_host_is_refused() {
        for text in [
            "https://localhost:2376/_ping",
            "ftp://localhost",
            "file:///etc/passwd",
            "http://user@localhost/",
            "http://localhost:0/",
            "http://localhost:65536/",
            "http://localhost:+1/",
            "http://localhost:/",
            "http://[::1",
            "http://[::1]x/",
            "http://[localhost]/",
            "http:///version",
            "http://a b/",
            "http://localhost/\r\nX: y",
            "",
        ] {
            assert!(Url::read(text).is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn a_path_is_always_one_word_of_a_request_line(text in "(http://)?[a-z\\[]{0,4}\\PC{0,20}[ \r\n]?.*") {
            if let Ok(url) = Url::read(&text) {
                prop_assert!(url.path.starts_with('/'));
                prop_assert!(url.path.bytes().chain(url.authority.bytes()).all(|b| b.is_ascii_graphic()));
                prop_assert!(url.port != 0);
            }
        }
    }
}
