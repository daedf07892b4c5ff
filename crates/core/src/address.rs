//! Addresses: the places where clients connect, and the Engine behind.

use std::fmt;
use std::net::{Ipv6Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::str::FromStr;

/// A place to listen on: `tcp://HOST:PORT`, `unix:///path`, `fd://NAME`.
///
/// Parsing is the only way from text, so one that exists has a port or a path that can be bound.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum ListenAddress {
    /// Listeners inherited from systemd.
    Inherited(Inherited),
    /// A TCP address.
    Tcp(HostPort),
    /// A unix socket.
    Unix(UnixPath),
}

/// A place that can be dialled: the Engine's `unix:///path`, or `tcp://HOST:PORT`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum UpstreamAddress {
    /// A TCP address, its name resolved at each dial.
    Tcp(HostPort),
    /// A unix socket.
    Unix(UnixPath),
}

/// A host, by name or by address, and a port that isn't 0.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct HostPort {
    /// A name or an address; an IPv6 address stands without its brackets.
    pub host: String,
    /// 1 to 65535.
    pub port: u16,
}

/// A version of IP.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum IpVersion {
    /// IPv4.
    V4,
    /// IPv6.
    V6,
}

impl IpVersion {
    /// Whether an address is of this version.
    pub fn is_of(self, address: &SocketAddr) -> bool {
        (self == Self::V4) == address.is_ipv4()
    }
}

/// Where a unix socket lives.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum UnixPath {
    /// In the abstract namespace of Linux (unix(7)), without the leading NUL.
    Abstract(String),
    /// In the file system, by absolute path.
    File(PathBuf),
}

/// Which of the descriptors that systemd passes (`sd_listen_fds(3)`).
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Inherited {
    /// `fd://` and `fd://*`: all of them.
    All,
    /// `fd://3`: the descriptor with this number.
    Descriptor(i32),
    /// `fd://NAME`: those with this `FileDescriptorName=`.
    Named(String),
}

/// Why a text is not an address. The text itself is part of the message.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("`{text}` {why}")]
pub struct AddressError {
    text: String,
    why: String,
}

impl ListenAddress {
    /// Reads an address; one without a port gets `default_port`.
    pub fn parse(text: &str, default_port: u16) -> Result<Self, AddressError> {
        let fail = |why: &str| Err(AddressError { text: text.into(), why: why.into() });
        if let Some(name) = text.strip_prefix("fd://") {
            return Ok(Self::Inherited(match name.parse::<i32>() {
                _ if name.is_empty() || name == "*" => Inherited::All,
                Ok(number) if number >= 3 => Inherited::Descriptor(number),
                Ok(_) => return fail("is not a passed descriptor: they begin at 3 (write fd://3)"),
                Err(_) => Inherited::Named(name.into()),
            }));
        }
        Ok(match parse(text, default_port)? {
            UpstreamAddress::Tcp(to) => Self::Tcp(to),
            UpstreamAddress::Unix(to) => Self::Unix(to),
        })
    }
}

impl FromStr for UpstreamAddress {
    type Err = AddressError;

    /// Reads an address; one without a port gets 2375, dockerd's plain port.
    fn from_str(text: &str) -> Result<Self, AddressError> {
        if text.starts_with("fd://") {
            return Err(AddressError {
                text: text.into(),
                why: "can be listened on but not dialled (write unix:///var/run/docker.sock)"
                    .into(),
            });
        }
        parse(text, 2375)
    }
}

fn parse(text: &str, default_port: u16) -> Result<UpstreamAddress, AddressError> {
    let fail = |why: String| Err(AddressError { text: text.into(), why });
    if let Some(path) = text.strip_prefix("unix://") {
        return match path {
            "" => fail("has no path (write unix:///var/run/docker.sock)".into()),
            path if path.starts_with('/') => unix(text, path),
            path => fail(format!("has a relative path (write unix:///{path})")),
        };
    }
    if text.starts_with('/') {
        return unix(text, text);
    }
    if let Some(rest) = text.strip_prefix("tcp://") {
        return HostPort::parse(rest, default_port).map(UpstreamAddress::Tcp).or_else(fail);
    }
    if let Some((scheme, _)) = text.split_once("://") {
        return fail(format!(
            "has the unknown scheme `{scheme}` (write tcp://127.0.0.1:{default_port} or \
             unix:///var/run/docker.sock)"
        ));
    }
    if let Some((scheme @ ("tcp" | "unix"), rest)) = text.split_once(':')
        && rest.contains(['/', ':', '.'])
    {
        return fail(format!(
            "has no `//` behind `{scheme}:` (write tcp://127.0.0.1:{default_port} or \
             unix:///var/run/docker.sock)"
        ));
    }
    if text.starts_with('.') || text.split(':').next().is_some_and(|name| name.contains('/')) {
        return fail("is a relative path (write unix:///var/run/docker.sock)".into());
    }
    if !text.contains(':') {
        return fail(format!(
            "is neither an address nor an absolute path (write tcp://127.0.0.1:{default_port} or \
             unix:///var/run/docker.sock)"
        ));
    }
    HostPort::parse(text, default_port).map(UpstreamAddress::Tcp).or_else(fail)
}

fn unix(text: &str, path: &str) -> Result<UpstreamAddress, AddressError> {
    // sockaddr_un holds 108 bytes, one of them the final NUL (unix(7)).
    if path.len() > 107 {
        let why = format!("is too long for a socket: {} bytes, at most 107", path.len());
        return Err(AddressError { text: text.into(), why });
    }
    if path.ends_with('/') {
        let why = "is a directory (name the socket in it, such as /var/run/docker.sock)";
        return Err(AddressError { text: text.into(), why: why.into() });
    }
    Ok(UpstreamAddress::Unix(UnixPath::File(path.into())))
}

impl HostPort {
    fn parse(text: &str, default_port: u16) -> Result<Self, String> {
        let text = text.strip_suffix('/').unwrap_or(text);
        let (host, port) = match text.strip_prefix('[') {
            Some(rest) => {
                let (host, port) = rest
                    .split_once(']')
                    .ok_or_else(|| format!("has no `]` (write tcp://[::1]:{default_port})"))?;
                if host.parse::<Ipv6Addr>().is_err() {
                    return Err(format!(
                        "has brackets around what isn't an IPv6 address (write \
                         tcp://[::1]:{default_port})"
                    ));
                }
                match port.strip_prefix(':') {
                    Some(port) => (host, Some(port)),
                    None if port.is_empty() => (host, None),
                    None => {
                        return Err(format!(
                            "has no `:` behind the bracket (write tcp://[{host}]:{default_port})"
                        ));
                    }
                }
            }
            None => match text.split_once(':') {
                Some((_, rest)) if rest.contains(':') => {
                    return Err(format!(
                        "looks like an IPv6 address without brackets (write \
                         tcp://[::1]:{default_port})"
                    ));
                }
                Some((host, port)) => (host, Some(port)),
                None => (text, None),
            },
        };
        if host.is_empty() {
            return Err(format!(
                "has no host (write tcp://127.0.0.1:{default_port}, or tcp://[::]:{default_port} \
                 for every interface)"
            ));
        }
        if !host.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._:%".contains(&b)) {
            return Err(format!(
                "has a host that isn't a name (write tcp://127.0.0.1:{default_port})"
            ));
        }
        let port = match port {
            None => default_port,
            Some(port) => match port.parse() {
                Ok(number) if number > 0 && port.bytes().all(|b| b.is_ascii_digit()) => number,
                _ => {
                    let example = Self { host: host.into(), port: default_port };
                    return Err(format!(
                        "has the port `{port}`, which isn't a number from 1 to 65535 (write \
                         {example})"
                    ));
                }
            },
        };
        Ok(Self { host: host.into(), port })
    }
}

impl UnixPath {
    /// The path in the file system, if there is one.
    pub fn as_file(&self) -> Option<&Path> {
        match self {
            Self::Abstract(_) => None,
            Self::File(path) => Some(path),
        }
    }
}

impl fmt::Display for HostPort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') {
            write!(f, "tcp://[{}]:{}", self.host, self.port)
        } else {
            write!(f, "tcp://{}:{}", self.host, self.port)
        }
    }
}

impl fmt::Display for UnixPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Abstract(name) => write!(f, "unix://@{name}"),
            Self::File(path) => write!(f, "unix://{}", path.display()),
        }
    }
}

impl fmt::Display for ListenAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Inherited(Inherited::All) => write!(f, "fd://*"),
            Self::Inherited(Inherited::Descriptor(number)) => write!(f, "fd://{number}"),
            Self::Inherited(Inherited::Named(name)) => write!(f, "fd://{name}"),
            Self::Tcp(at) => at.fmt(f),
            Self::Unix(at) => at.fmt(f),
        }
    }
}

impl fmt::Display for UpstreamAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(to) => to.fmt(f),
            Self::Unix(to) => to.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listen(text: &str) -> Result<String, String> {
        ListenAddress::parse(text, 2375).map(|a| a.to_string()).map_err(|e| e.to_string())
    }

    #[test]
    fn every_form_of_the_contract_is_read() {
        for (text, shown) in [
            ("tcp://127.0.0.1:2375", "tcp://127.0.0.1:2375"),
            ("127.0.0.1:1234", "tcp://127.0.0.1:1234"),
            ("tcp://[::]:2375", "tcp://[::]:2375"),
            ("[::1]:99", "tcp://[::1]:99"),
            ("tcp://docker.example", "tcp://docker.example:2375"),
            ("tcp://127.0.0.1", "tcp://127.0.0.1:2375"),
            ("unix:///run/docker.sock", "unix:///run/docker.sock"),
            ("/run/docker.sock", "unix:///run/docker.sock"),
            ("fd://", "fd://*"),
            ("fd://*", "fd://*"),
            ("fd://3", "fd://3"),
            ("fd://docker-api", "fd://docker-api"),
        ] {
            assert_eq!(listen(text).as_deref(), Ok(shown), "{text}");
        }
    }

    #[test]
    fn what_is_no_address_is_named_with_what_to_write() {
        for (text, part) in [
            ("http://x:1", "has the unknown scheme `http` (write tcp://127.0.0.1:2375"),
            ("unix://run/docker.sock", "has a relative path (write unix:///run/docker.sock)"),
            ("run/docker.sock", "is a relative path"),
            ("docker.sock", "is neither an address nor an absolute path"),
            ("tcp://127.0.0.1:0", "has the port `0`"),
            ("tcp://127.0.0.1:70000", "has the port `70000`"),
            ("tcp://127.0.0.1:+1", "has the port `+1`"),
            ("tcp://:2375", "has no host"),
            ("tcp://::1:2375", "without brackets"),
            ("[::1", "has no `]`"),
            ("fd://1", "begin at 3"),
            ("", "is neither"),
        ] {
            let error = listen(text).expect_err(text);
            assert!(error.starts_with(&format!("`{text}` ")), "{error}");
            assert!(error.contains(part), "{error}");
        }
    }

    #[test]
    fn an_upstream_is_not_inherited() {
        assert!("fd://".parse::<UpstreamAddress>().is_err());
    }
}
