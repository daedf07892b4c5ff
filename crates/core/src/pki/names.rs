//! The names of a server certificate.

use std::collections::HashSet;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use super::interfaces;
use crate::machine;

/// What a client may call the server.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Name {
    /// An address.
    Ip(IpAddr),
    /// A DNS name in lower case, which may begin with `*.`.
    Dns(String),
}

/// Why a text is no [`Name`].
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error(
    "`{text}` is no name for a certificate: {why} (write DNS:docker.example.com, IP:192.0.2.1, or \
     the name or address alone)"
)]
pub struct ParseNameError {
    text: String,
    why: &'static str,
}

/// The names that a server certificate should have, the most wanted first, at most
/// [`Names::MOST`].
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Names {
    names: Vec<Name>,
    warning: Option<String>,
}

impl Names {
    /// More make certificates that some clients don't take.
    pub const MOST: usize = 256;

    /// `sans`, every address of this machine's interfaces but link-local, temporary and deprecated
    /// ones, `localhost` and its addresses, the host name, and `docker`.
    pub fn of_this_machine(sans: &[Name]) -> Self {
        let (mut addresses, failure) = match interfaces::addresses() {
            Ok(addresses) => (addresses, None),
            Err(error) => (Vec::new(), Some(error)),
        };
        addresses.sort_unstable();
        let host = machine::name();
        let mut names =
            Self::assemble(sans, &interfaces::default_route_addresses(), &host, &addresses);
        if let Some(error) = failure {
            names.warning = Some(format!(
                "the addresses of this machine can't be read: {error}; --san names those that \
                 clients use"
            ));
        }
        names
    }

    fn assemble(sans: &[Name], first: &[IpAddr], host: &str, addresses: &[IpAddr]) -> Self {
        let fixed = [
            Name::Dns("localhost".into()),
            Name::Ip(Ipv4Addr::LOCALHOST.into()),
            Name::Ip(Ipv6Addr::LOCALHOST.into()),
            Name::Dns("docker".into()),
        ];
        // A host name that no certificate can hold is one that no client can dial.
        let host = dns(host).ok().map(Name::Dns);
        let all = sans
            .iter()
            .cloned()
            .chain(first.iter().copied().map(Name::Ip))
            .chain(fixed)
            .chain(host)
            .chain(addresses.iter().copied().map(Name::Ip));
        let mut seen = HashSet::new();
        let mut names: Vec<Name> = all.filter(|name| seen.insert(name.clone())).collect();
        let count = names.len();
        names.truncate(Self::MOST);
        let warning = (count > Self::MOST).then(|| {
            format!(
                "this machine has {count} names and a certificate takes {most}: --san and the \
                 default route's come first, {left} are left out",
                most = Self::MOST,
                left = count - Self::MOST
            )
        });
        Self { names, warning }
    }

    /// The names, the most wanted first.
    pub fn as_slice(&self) -> &[Name] {
        &self.names
    }

    /// One line about names that are left out or couldn't be found.
    pub fn warning(&self) -> Option<&str> {
        self.warning.as_deref()
    }

    /// Whether one of them isn't among the `present`.
    pub(super) fn came(&self, present: &[Name]) -> bool {
        let present: HashSet<&Name> = present.iter().collect();
        self.names.iter().any(|name| !present.contains(name))
    }
}

impl FromIterator<Name> for Names {
    /// Just these, in this order.
    fn from_iter<I: IntoIterator<Item = Name>>(names: I) -> Self {
        let mut seen = HashSet::new();
        let names = names.into_iter().filter(|name| seen.insert(name.clone()));
        Self { names: names.take(Self::MOST).collect(), warning: None }
    }
}

impl Name {
    /// An address as certificates hold it: 4 or 16 bytes.
    pub(super) fn from_octets(octets: &[u8]) -> Option<Self> {
        let v4 = <[u8; 4]>::try_from(octets).map(IpAddr::from);
        let v6 = <[u8; 16]>::try_from(octets).map(IpAddr::from);
        v4.or(v6).ok().map(Self::Ip)
    }
}

impl FromStr for Name {
    type Err = ParseNameError;

    fn from_str(text: &str) -> Result<Self, ParseNameError> {
        let fail = |why| ParseNameError { text: text.into(), why };
        let (kind, rest) = match text.split_once(':') {
            Some((kind, rest)) if kind.eq_ignore_ascii_case("dns") => (Some("dns"), rest),
            Some((kind, rest)) if kind.eq_ignore_ascii_case("ip") => (Some("ip"), rest),
            _ => (None, text),
        };
        let bare = rest.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(rest);
        match (kind, bare.parse::<IpAddr>()) {
            (Some("dns"), Ok(_)) => Err(fail("that is an address, not a DNS name")),
            (_, Ok(address)) => Ok(Self::Ip(address.to_canonical())),
            (Some("ip"), Err(_)) => Err(fail("that is not an address")),
            (_, Err(_)) => dns(rest).map(Self::Dns).map_err(fail),
        }
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Dns(name) => f.write_str(name),
            Self::Ip(address) => address.fmt(f),
        }
    }
}

/// Underscores aren't of RFC 1123, but hosts have them.
fn dns(text: &str) -> Result<String, &'static str> {
    let name = text.strip_suffix('.').unwrap_or(text);
    if name.is_empty() {
        return Err("it is empty");
    }
    if name.len() > 253 {
        return Err("it is longer than 253 characters");
    }
    if name.contains("://") {
        return Err("it is a URL");
    }
    if name.contains(':') {
        return Err("names have no port, and a colon stands behind DNS or IP only");
    }
    let labels = name.strip_prefix("*.").unwrap_or(name);
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    if !labels.split('.').all(is_label) {
        return Err("DNS names are letters, digits and hyphens, with dots between");
    }
    Ok(name.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn names_are_read_with_a_kind_and_bare() {
        for (text, name) in [
            ("DNS:Docker.Example.com", Name::Dns("docker.example.com".into())),
            ("dns:*.example.com", Name::Dns("*.example.com".into())),
            ("docker", Name::Dns("docker".into())),
            ("example.com.", Name::Dns("example.com".into())),
            ("IP:192.0.2.1", Name::Ip(ip("192.0.2.1"))),
            ("192.0.2.1", Name::Ip(ip("192.0.2.1"))),
            ("IP:2001:db8::1", Name::Ip(ip("2001:db8::1"))),
            ("[2001:db8::1]", Name::Ip(ip("2001:db8::1"))),
            ("2001:db8::1", Name::Ip(ip("2001:db8::1"))),
            ("::ffff:10.0.0.1", Name::Ip(ip("10.0.0.1"))),
        ] {
            assert_eq!(text.parse(), Ok(name), "{text}");
        }
    }

    #[test]
    fn what_is_no_name_says_what_to_write() {
        for text in [
            "",
            "DNS:",
            "IP:x",
            "DNS:10.0.0.1",
            "tcp://a",
            "a:2376",
            "a b",
            "-a",
            "a..b",
            "ä",
            "*",
            "a.*.b",
            "email:a",
            "URI:x",
        ] {
            let error = text.parse::<Name>().unwrap_err().to_string();
            assert!(error.contains("write DNS:docker.example.com"), "{error}");
        }
    }

    #[test]
    fn past_the_most_the_users_and_the_default_routes_stay() {
        let many: Vec<IpAddr> =
            (0..400u32).map(|n| Ipv4Addr::from(0x0a00_0000 + n).into()).collect();
        let san = Name::Dns("example.com".into());
        let route = ip("10.0.1.99");
        let names = Names::assemble(std::slice::from_ref(&san), &[route], "box", &many);
        assert_eq!(names.as_slice().len(), Names::MOST);
        assert_eq!(names.as_slice()[..2], [san, Name::Ip(route)]);
        assert!(names.as_slice().contains(&Name::Dns("box".into())));
        assert!(names.warning().unwrap().contains("406 names"), "{:?}", names.warning());
    }

    #[test]
    fn only_names_that_came_count() {
        let names =
            |texts: &[&str]| -> Names { texts.iter().map(|t| t.parse().unwrap()).collect() };
        let present = names(&["a", "b"]);
        assert!(!names(&["a"]).came(present.as_slice()));
        assert!(names(&["a", "c"]).came(present.as_slice()));
    }

    #[test]
    fn this_machine_has_localhost_docker_and_its_host_name() {
        let names = Names::of_this_machine(&[]);
        for name in ["localhost", "127.0.0.1", "::1", "docker"] {
            assert!(names.as_slice().contains(&name.parse().unwrap()), "{name} in {names:?}");
        }
    }

    #[test]
    fn a_host_name_that_no_certificate_can_hold_is_left_out() {
        let names = Names::assemble(&[], &[], "no such name", &[]);
        assert_eq!(names.as_slice().len(), 4);
    }
}
