//! The part of an address between its keyword and its options: path, or host and port.

use super::address::Address;
use super::effects::Effects;
use super::values::{family_of, host};
use super::{DialTo, Family, ListenAt, SocatError};

/// An address whose parameters are about to be read.
pub(super) struct Place<'a> {
    pub(super) address: &'a Address<'a>,
    pub(super) effects: &'a Effects,
    /// `-4` or `-6`.
    pub(super) preferred: Family,
}

impl Place<'_> {
    /// `TCP-LISTEN:PORT`.
    pub(super) fn tcp_listen(&self, keyword: Family) -> Result<ListenAt, SocatError> {
        let name = &self.address.name;
        let [port] = self.given() else {
            let example = match self.given() {
                [host, port] => format!("{name}:{port},bind={host}"),
                _ => format!("{name}:2375"),
            };
            return Err(self.wrong_count("one parameter, the port", example));
        };
        let port = self.port(port, format!("{name}:2375"))?;
        let host = self.effects.bind.clone();
        let family = self.family(keyword, host.as_deref())?;
        Ok(ListenAt::Tcp { host, port, family })
    }

    /// `TCP:HOST:PORT`.
    pub(super) fn tcp(&self, keyword: Family) -> Result<DialTo, SocatError> {
        let name = &self.address.name;
        let [text, port] = self.given() else {
            let example = format!("{name}:HOST:2375 (an IPv6 address in brackets)");
            return Err(self.wrong_count("two parameters, host and port", example));
        };
        let port = self.port(port, format!("{name}:{text}:2375"))?;
        let host = host(text).ok_or_else(|| SocatError::Value {
            name: name.clone(),
            takes: "a host's name or address",
            value: text.clone(),
        })?;
        let family = self.family(keyword, Some(&host))?;
        Ok(DialTo::Tcp { host, port, family })
    }

    /// `UNIX-LISTEN:PATH`.
    pub(super) fn unix_listen(&self) -> Result<ListenAt, SocatError> {
        Ok(ListenAt::Unix {
            path: self.path()?.into(),
            mode: self.effects.mode,
            user: self.effects.user.clone(),
            group: self.effects.group.clone(),
            unlink_early: self.effects.unlink_early,
        })
    }

    /// A path, or a name in the abstract namespace.
    pub(super) fn path(&self) -> Result<String, SocatError> {
        let name = &self.address.name;
        let example = match self.given() {
            [path] => return Ok(path.clone()),
            [] => format!("{name}:/var/run/docker.sock"),
            parts => format!("{name}:{}", parts.join("\\:")),
        };
        Err(self.wrong_count("one parameter, the path", example))
    }

    /// `STDIO`.
    pub(super) fn none(&self) -> Result<(), SocatError> {
        if self.given().is_empty() {
            Ok(())
        } else {
            Err(self.wrong_count("no parameters", self.address.name.clone()))
        }
    }

    /// The parameters; `TCP-LISTEN:` has none.
    fn given(&self) -> &[String] {
        match self.address.parameters.as_slice() {
            [only] if only.is_empty() => &[],
            parameters => parameters,
        }
    }

    fn port(&self, text: &str, example: String) -> Result<u16, SocatError> {
        // socat reads a leading zero as octal, so it is never what was meant.
        let plain = text.bytes().all(|byte| byte.is_ascii_digit()) && !text.starts_with('0');
        text.parse().ok().filter(|_| plain).ok_or_else(|| SocatError::Port {
            port: text.to_owned(),
            address: self.address.word.to_owned(),
            example,
        })
    }

    /// The version of IP that the keyword, `pf` and the host agree on; else `-4` or `-6`.
    fn family(&self, keyword: Family, host: Option<&str>) -> Result<Family, SocatError> {
        let said = [
            (keyword, self.address.name.as_str()),
            match self.effects.family {
                Some(Family::V4) => (Family::V4, "pf=ip4"),
                Some(Family::V6) => (Family::V6, "pf=ip6"),
                _ => (Family::Any, "pf"),
            },
            host.map_or((Family::Any, ""), |host| (family_of(host), host)),
        ];
        let mut said = said.into_iter().filter(|(family, _)| *family != Family::Any);
        let Some((family, first)) = said.next() else { return Ok(self.preferred) };
        let Some((_, second)) = said.find(|(other, _)| *other != family) else {
            return Ok(family);
        };
        Err(SocatError::Contradiction { first: first.to_owned(), second: second.to_owned() })
    }

    fn wrong_count(&self, takes: &'static str, example: String) -> SocatError {
        SocatError::Parameters {
            address: self.address.word.to_owned(),
            count: self.given().len(),
            keyword: self.address.name.clone(),
            takes,
            example,
        }
    }
}
