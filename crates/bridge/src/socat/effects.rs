//! What the options of one address say together.

use std::time::Duration;

use ipnet::IpNet;

use super::address::Address;
use super::options::{self, Effect};
use super::values::Value;
use super::{Family, Keepalive, Retry, SocatError, Times};

/// The values of an address's options.
#[derive(Default)]
pub(super) struct Effects {
    pub(super) backlog: Option<u32>,
    pub(super) bind: Option<String>,
    pub(super) connect_timeout: Option<Duration>,
    pub(super) family: Option<Family>,
    pub(super) fork: bool,
    pub(super) group: Option<String>,
    pub(super) keepalive: Keepalive,
    pub(super) max_children: Option<usize>,
    pub(super) mode: Option<u32>,
    pub(super) nodelay: Option<bool>,
    pub(super) range: Option<IpNet>,
    /// What happens when an attempt to bind or to connect fails.
    pub(super) retry: Retry,
    pub(super) reuseport: bool,
    pub(super) unlink_early: bool,
    pub(super) user: Option<String>,
    pub(super) v6only: Option<bool>,
}

impl Effects {
    /// Reads the options of an address; what means nothing here becomes a warning.
    pub(super) fn read(
        address: &Address<'_>,
        warnings: &mut Vec<String>,
    ) -> Result<Self, SocatError> {
        let mut read = Self::default();
        let mut seen: Vec<(Effect, Option<&str>)> = Vec::new();
        for (name, text) in &address.options {
            let effect = options::find(name, address)?;
            let text = text.as_deref();
            // socat takes the first of two; which one was meant matters for `bind` and `range`.
            let differs =
                |(other, value): &(Effect, Option<&str>)| *other == effect && *value != text;
            if seen.iter().any(differs) {
                let keyword = address.name.clone();
                return Err(SocatError::Repeated { option: name.clone(), keyword });
            }
            match effect {
                Effect::Ignore(why) => warnings.push(format!("{why}: `{name}` is ignored")),
                Effect::Always if !Value { name, text }.boolean()? => {
                    warnings.push(format!("the bridge always does this: `{name}=0` is ignored"));
                }
                Effect::Always => {}
                effect => {
                    seen.push((effect, text));
                    read.set(effect, Value { name, text })?;
                }
            }
        }
        Ok(read)
    }

    fn set(&mut self, effect: Effect, value: Value<'_>) -> Result<(), SocatError> {
        match effect {
            Effect::Backlog => self.backlog = Some(value.count()?),
            Effect::Bind => self.bind = Some(value.bind()?),
            Effect::ConnectTimeout => self.connect_timeout = value.seconds()?,
            Effect::Family => self.family = Some(value.family()?),
            Effect::Forever if value.boolean()? => self.retry.times = Times::Forever,
            Effect::Fork => self.fork = value.boolean()?,
            Effect::Group => self.group = Some(value.word("a group's name or number")?),
            Effect::Interval => self.retry.interval = value.seconds()?.unwrap_or_default(),
            Effect::KeepCount => self.keepalive.count = Some(value.keepalive_count()?),
            Effect::KeepIdle => self.keepalive.idle = Some(value.keepalive_seconds()?),
            Effect::KeepInterval => {
                self.keepalive.interval = Some(value.keepalive_seconds()?);
            }
            Effect::Keepalive => self.keepalive.enabled = Some(value.boolean()?),
            Effect::MaxChildren => self.max_children = Some(value.count()?),
            Effect::Mode => self.mode = Some(value.mode()?),
            Effect::NoDelay => self.nodelay = Some(value.boolean()?),
            Effect::Range => self.range = Some(value.range()?),
            Effect::Retry => match value.number("a whole number of further attempts")? {
                // As in socat, `forever` beats it wherever it stands.
                count if count > 0 && self.retry.times != Times::Forever => {
                    self.retry.times = Times::Count(count);
                }
                _ => {}
            },
            Effect::ReusePort => self.reuseport = value.boolean()?,
            Effect::UnlinkEarly => self.unlink_early = value.boolean()?,
            Effect::User => self.user = Some(value.word("a user's name or number")?),
            Effect::V6Only => self.v6only = Some(value.boolean()?),
            Effect::Always | Effect::Forever | Effect::Ignore(_) | Effect::Refuse(_) => {}
        }
        Ok(())
    }
}
