//! Values of options and flags.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Duration;

use ipnet::{IpNet, Ipv4Net};

use super::{Family, SocatError};

/// An option or a flag with its text, as an error names them.
#[derive(Clone, Copy)]
pub(super) struct Value<'a> {
    pub(super) name: &'a str,
    pub(super) text: Option<&'a str>,
}

impl Value<'_> {
    /// A switch: its bare name, or a number that is not 0.
    pub(super) fn boolean(self) -> Result<bool, SocatError> {
        match self.text {
            None => Ok(true),
            Some(_) => Ok(self.number::<u32>("0 or 1")? != 0),
        }
    }

    /// A whole number.
    pub(super) fn number<T: std::str::FromStr>(self, takes: &'static str) -> Result<T, SocatError> {
        self.parse(takes, |text| text.parse().ok())
    }

    /// A whole number above 0.
    pub(super) fn count<T>(self) -> Result<T, SocatError>
    where
        T: std::str::FromStr + Default + PartialOrd,
    {
        let positive = |text: &str| text.parse().ok().filter(|count| *count > T::default());
        self.parse("a whole number above 0", positive)
    }

    /// Seconds with or without a fraction; `None` for 0, which socat takes as "no limit".
    pub(super) fn seconds(self) -> Result<Option<Duration>, SocatError> {
        let seconds = |text: &str| Duration::try_from_secs_f64(text.parse().ok()?).ok();
        let duration = self.parse("a number of seconds, such as 30 or 0.5", seconds)?;
        Ok(Some(duration).filter(|duration| !duration.is_zero()))
    }

    /// Whole seconds, as many as Linux takes between keepalives.
    pub(super) fn keepalive_seconds(self) -> Result<Duration, SocatError> {
        let seconds =
            |text: &str| text.parse().ok().filter(|seconds| (1..=32_767).contains(seconds));
        let seconds = self.parse("a whole number of seconds from 1 to 32767", seconds)?;
        Ok(Duration::from_secs(seconds))
    }

    /// As many keepalives as Linux sends before it gives up.
    pub(super) fn keepalive_count(self) -> Result<u32, SocatError> {
        let count = |text: &str| text.parse().ok().filter(|count| (1..=127).contains(count));
        self.parse("a whole number from 1 to 127", count)
    }

    /// Permission bits, in octal.
    pub(super) fn mode(self) -> Result<u32, SocatError> {
        let mode = |text: &str| {
            let digits = text.bytes().all(|byte| byte.is_ascii_digit());
            u32::from_str_radix(text, 8).ok().filter(|mode| digits && *mode <= 0o7777)
        };
        self.parse("an octal mode such as 0660", mode)
    }

    /// socat's names and Linux's numbers of IP versions.
    pub(super) fn family(self) -> Result<Family, SocatError> {
        self.parse("ip4 or ip6", |text| match text.to_ascii_lowercase().as_str() {
            "2" | "4" | "inet" | "inet4" | "ip4" | "ipv4" => Some(Family::V4),
            "10" | "6" | "inet6" | "ip6" | "ipv6" => Some(Family::V6),
            _ => None,
        })
    }

    /// Addresses that may connect: `10.0.0.0/8`, `10.0.0.0:255.0.0.0`, `[fd00::]/8`, or one.
    pub(super) fn range(self) -> Result<IpNet, SocatError> {
        self.parse("a range such as 10.0.0.0/8, 10.0.0.0:255.0.0.0 or [fd00::]/8", range)
    }

    /// A name or an address to bind, without brackets.
    pub(super) fn bind(self) -> Result<String, SocatError> {
        let takes = "an address or a name alone (the port stands behind the keyword), such as \
                     127.0.0.1 or [::1]";
        self.parse(takes, host)
    }

    /// A word that isn't empty.
    pub(super) fn word(self, takes: &'static str) -> Result<String, SocatError> {
        self.parse(takes, |text| Some(text.to_owned()).filter(|text| !text.is_empty()))
    }

    fn parse<T>(
        self,
        takes: &'static str,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Result<T, SocatError> {
        let name = self.name.to_owned();
        let Some(text) = self.text.filter(|text| !text.is_empty()) else {
            return Err(SocatError::ValueMissing { name, takes });
        };
        parse(text).ok_or_else(|| SocatError::Value { name, takes, value: text.to_owned() })
    }
}

/// A host without brackets: a name, or an address.
pub(super) fn host(text: &str) -> Option<String> {
    let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']'));
    let address = bare.unwrap_or(text);
    // fe80::1%eth0: the interface is resolved where the address is used.
    let unscoped = address.split_once('%').map_or(address, |(address, _)| address);
    if unscoped.parse::<Ipv6Addr>().is_ok() {
        return Some(address.to_owned());
    }
    let in_name = |char: char| char.is_ascii_alphanumeric() || "-._".contains(char);
    let is_name = bare.is_none() && !text.is_empty() && text.chars().all(in_name);
    is_name.then(|| text.to_owned())
}

/// The version of IP that a host fixes, if it is an address.
pub(super) fn family_of(host: &str) -> Family {
    if host.contains(':') {
        Family::V6
    } else if host.parse::<Ipv4Addr>().is_ok() {
        Family::V4
    } else {
        Family::Any
    }
}

fn range(text: &str) -> Option<IpNet> {
    let bare: String = text.chars().filter(|char| !"[]".contains(*char)).collect();
    if let Ok(net) = bare.parse::<IpNet>() {
        return Some(net.trunc());
    }
    if let Ok(address) = bare.parse::<IpAddr>() {
        return Some(address.into());
    }
    let (address, mask) = bare.split_once(':')?;
    let net = Ipv4Net::with_netmask(address.parse().ok()?, mask.parse().ok()?).ok()?;
    Some(net.trunc().into())
}
