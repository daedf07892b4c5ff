//! What the user lifts: `--allow-host` and `--allow-origin`.

use std::fmt;
use std::net::Ipv6Addr;
use std::str::FromStr;

use super::origin::{Authority, Host, Origin, default_port};

/// A name that a web browser may use in `Host`, from `--allow-host`.
///
/// It stands for exactly that name, in any case and on any port; names under it are not meant.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct AllowedHost(Host<String>);

impl AllowedHost {
    pub(super) fn is(&self, host: &Host<&str>) -> bool {
        self.0.is(host)
    }
}

impl fmt::Display for AllowedHost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for AllowedHost {
    type Err = ParseAllowedHostError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if let Ok(address) = text.parse::<Ipv6Addr>() {
            return Ok(Self(Host::Ip(address.into())));
        }
        let name = match Authority::parse(text.as_bytes()) {
            Some(Authority { host, port: None }) if !text.ends_with(':') => {
                return Ok(Self(host.to_lowercase()));
            }
            Some(authority) => Some(authority.host),
            None => Origin::of_url(text.as_bytes()).map(|origin| origin.authority.host),
        };
        Err(match name {
            Some(name) => {
                ParseAllowedHostError::MoreThanAName { text: text.into(), name: name.to_string() }
            }
            None => ParseAllowedHostError::NotAName(text.into()),
        })
    }
}

/// Why a text is not an [`AllowedHost`].
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ParseAllowedHostError {
    /// A URL, or a name with a port.
    #[error("`{text}` is more than a host name: write {name}")]
    MoreThanAName {
        /// What was written.
        text: String,
        /// What to write instead.
        name: String,
    },
    /// Not a name at all; a pattern such as `*.example` isn't one either.
    #[error("`{0}` is not a host name: write each name in full, such as docker.example")]
    NotAName(String),
}

/// A web application whose users' headers may reach the Engine, from `--allow-origin`.
///
/// It is kept as browsers write it: in lower case, without the port that its scheme implies.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct AllowedOrigin(Origin<String>);

impl AllowedOrigin {
    pub(super) fn is(&self, origin: &Origin<&str>) -> bool {
        let Origin { scheme, authority } = &self.0;
        origin.scheme.eq_ignore_ascii_case(scheme)
            && authority.host.is(&origin.authority.host)
            && authority.port.or_else(|| default_port(scheme)) == origin.port()
    }
}

impl fmt::Display for AllowedOrigin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", self.0.scheme, self.0.authority.host)?;
        self.0.authority.port.map_or(Ok(()), |port| write!(f, ":{port}"))
    }
}

impl From<Origin<&str>> for AllowedOrigin {
    fn from(origin: Origin<&str>) -> Self {
        let scheme = origin.scheme.to_ascii_lowercase();
        let port = origin.port().filter(|port| default_port(&scheme) != Some(*port));
        let host = origin.authority.host.to_lowercase();
        Self(Origin { scheme, authority: Authority { host, port } })
    }
}

impl FromStr for AllowedOrigin {
    type Err = ParseAllowedOriginError;

    /// Takes `scheme://host[:port]`; the slash that address bars put behind it is tolerated.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let bytes = text.as_bytes();
        if text.eq_ignore_ascii_case("null") {
            return Err(ParseAllowedOriginError::Null);
        }
        if let Some(origin) = Origin::parse(bytes) {
            return Ok(origin.into());
        }
        Err(if let Some(origin) = Origin::of_url(bytes) {
            let origin = Self::from(origin).to_string();
            ParseAllowedOriginError::MoreThanAnOrigin { text: text.into(), origin }
        } else if Authority::parse(bytes).is_some() {
            ParseAllowedOriginError::NoScheme(text.into())
        } else {
            ParseAllowedOriginError::NotAnOrigin(text.into())
        })
    }
}

/// Why a text is not an [`AllowedOrigin`].
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ParseAllowedOriginError {
    /// A URL with a path, a query or a fragment.
    #[error("`{text}` is more than an origin: write {origin}")]
    MoreThanAnOrigin {
        /// What was written.
        text: String,
        /// What to write instead.
        origin: String,
    },
    /// A host without a scheme.
    #[error("`{0}` has no scheme: write https://{0} or http://{0}")]
    NoScheme(String),
    /// Something else.
    #[error(
        "`{0}` is not an origin: write scheme://host or scheme://host:port, \
         such as https://portainer.example"
    )]
    NotAnOrigin(String),
    /// `null`, which any page can be by way of a sandboxed frame.
    #[error(
        "`null` is the origin of any sandboxed page: write the web application's own, \
         such as https://portainer.example"
    )]
    Null,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origin(text: &str) -> Result<String, String> {
        match text.parse::<AllowedOrigin>() {
            Ok(origin) => Ok(origin.to_string()),
            Err(error) => Err(error.to_string()),
        }
    }

    fn host(text: &str) -> Result<String, String> {
        match text.parse::<AllowedHost>() {
            Ok(host) => Ok(host.to_string()),
            Err(error) => Err(error.to_string()),
        }
    }

    #[test]
    fn an_origin_is_kept_as_browsers_write_it() {
        for (text, kept) in [
            ("https://portainer.example", "https://portainer.example"),
            ("HTTPS://Portainer.Example:443/", "https://portainer.example"),
            ("http://nas.lan:80", "http://nas.lan"),
            ("http://nas.lan:443", "http://nas.lan:443"),
            ("http://[::1]:9000", "http://[::1]:9000"),
            ("moz-extension://3f2a-b1", "moz-extension://3f2a-b1"),
        ] {
            assert_eq!(origin(text).as_deref(), Ok(kept), "{text}");
        }
    }

    #[test]
    fn an_origin_with_a_path_is_answered_with_the_origin_to_write() {
        for text in ["https://Portainer.example/#!/auth", "https://portainer.example/?a=b"] {
            let said = origin(text).unwrap_err();
            assert!(said.ends_with(": write https://portainer.example"), "{said}");
        }
    }

    #[test]
    fn an_origin_without_a_scheme_is_answered_with_one() {
        let said = origin("portainer.example:9443").unwrap_err();
        assert!(said.contains("write https://portainer.example:9443 or http://"), "{said}");
    }

    #[test]
    fn null_and_patterns_are_no_origins() {
        for text in
            ["null", "NULL", "*", "", "https://", "https://*.example", "https://a@b", "http:///x"]
        {
            let said = origin(text).unwrap_err();
            assert!(said.ends_with("such as https://portainer.example"), "{text}: {said}");
        }
    }

    #[test]
    fn an_allowed_host_is_a_name_or_an_address() {
        for (text, kept) in [
            ("Docker.Example", "docker.example"),
            ("docker.example.", "docker.example"),
            ("192.0.2.7", "192.0.2.7"),
            ("2001:db8::7", "[2001:db8::7]"),
            ("[2001:db8::7]", "[2001:db8::7]"),
        ] {
            assert_eq!(host(text).as_deref(), Ok(kept), "{text}");
        }
    }

    #[test]
    fn an_allowed_host_with_more_than_a_name_is_answered_with_the_name() {
        for text in ["docker.example:2375", "docker.example:", "http://Docker.example:2375/x"] {
            let said = host(text).unwrap_err();
            assert!(said.to_ascii_lowercase().ends_with(": write docker.example"), "{said}");
        }
    }

    #[test]
    fn a_pattern_is_no_allowed_host() {
        for text in ["*", "*.example", ".example", "", "a b", "a..b", "https://"] {
            let said = host(text).unwrap_err();
            assert!(said.contains("such as docker.example"), "{text}: {said}");
        }
    }
}
