//! `--allow-target`: what may be asked for besides the targets of the list.

use std::net::IpAddr;
use std::str::FromStr;

use ipnet::IpNet;

/// One entry of `--allow-target`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum AllowedTarget {
    /// Addresses: the one that is dialled counts, not what a name led to at another time.
    Network(IpNet),
    /// Names under a domain, and unless it was written with a dot in front, the domain's own.
    Names {
        /// In lower case, without dots around it.
        domain: String,
        /// Whether the name itself is meant too.
        itself: bool,
    },
}

/// Why a text is not an [`AllowedTarget`].
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error(
    "`{0}` is neither a network nor the end of a name (write 10.0.0.0/8, 192.168.1.7 or \
     .docker.example)"
)]
pub(crate) struct AllowedTargetError(String);

impl FromStr for AllowedTarget {
    type Err = AllowedTargetError;

    fn from_str(text: &str) -> Result<Self, AllowedTargetError> {
        if let Ok(network) = text.parse() {
            return Ok(Self::Network(network));
        }
        if let Ok(address) = text.parse::<IpAddr>() {
            return Ok(Self::Network(address.into()));
        }
        let domain = text.strip_prefix('.').unwrap_or(text);
        let is_label = |label: &str| {
            !label.is_empty()
                && label.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b))
        };
        // What ends in a digit could be the end of an address.
        let last = domain.rsplit('.').next().unwrap_or_default();
        if !domain.split('.').all(is_label) || !last.starts_with(|c: char| c.is_ascii_alphabetic())
        {
            return Err(AllowedTargetError(text.into()));
        }
        let itself = domain.len() == text.len();
        Ok(Self::Names { domain: domain.to_ascii_lowercase(), itself })
    }
}

impl AllowedTarget {
    /// Whether a host may be asked whatever its address is.
    pub(crate) fn names(&self, host: &str) -> bool {
        let Self::Names { domain, itself } = self else { return false };
        let host = host.strip_suffix('.').unwrap_or(host).to_ascii_lowercase();
        match host.strip_suffix(domain.as_str()) {
            Some("") => *itself,
            Some(before) => before.ends_with('.'),
            None => false,
        }
    }

    /// Whether an address may be dialled.
    pub(crate) fn holds(&self, address: IpAddr) -> bool {
        let Self::Network(network) = self else { return false };
        network.contains(&address.to_canonical())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> AllowedTarget {
        text.parse().unwrap()
    }

    #[test]
    fn a_network_holds_addresses_however_they_are_written() {
        let address = |text: &str| text.parse::<IpAddr>().unwrap();
        for (network, inside, outside) in [
            ("10.0.0.0/8", "10.255.0.1", "11.0.0.1"),
            ("10.0.0.0/8", "::ffff:10.0.0.1", "::10.0.0.1"),
            ("192.168.1.7", "192.168.1.7", "192.168.1.8"),
            ("fd00::/8", "fd12::1", "fe80::1"),
        ] {
            assert!(read(network).holds(address(inside)), "{network} {inside}");
            assert!(!read(network).holds(address(outside)), "{network} {outside}");
            assert!(!read(network).names(inside));
        }
    }

    #[test]
    fn names_are_under_a_domain_and_not_merely_end_like_it() {
        for (domain, inside, outside) in [
            (".example", "a.example", "example"),
            ("example", "example", "evilexample"),
            ("Docker.Example", "A.docker.eXample.", "docker.example.evil"),
            ("docker.example", "b.a.docker.example", "xdocker.example"),
            ("lan", "nas.lan", "nas.lan.evil"),
        ] {
            assert!(read(domain).names(inside), "{domain} {inside}");
            assert!(!read(domain).names(outside), "{domain} {outside}");
            assert!(!read(domain).holds([10, 0, 0, 1].into()));
        }
    }

    #[test]
    fn what_could_be_the_end_of_an_address_or_of_every_name_is_neither() {
        for text in [
            "",
            ".",
            "*",
            "*.example",
            "..example",
            "example.",
            ".1",
            "0.0.1",
            "a.1",
            ".0x7f",
            "10.0.0.0/33",
            "10.0.0",
            "a b",
            "a/b",
            "tcp://a",
        ] {
            let error = text.parse::<AllowedTarget>().unwrap_err().to_string();
            assert!(error.contains("(write 10.0.0.0/8"), "{error}");
        }
    }
}
