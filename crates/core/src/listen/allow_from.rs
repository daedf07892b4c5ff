//! Who may connect, by address.

use std::collections::HashSet;
use std::net::IpAddr;
use std::str::FromStr;
use std::time::Duration;

use ipnet::IpNet;
use tokio::net::lookup_host;
use tokio::sync::Mutex;
use tokio::time::Instant;
use tracing::warn;

/// One entry of `--allow-from`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Allowed {
    /// A name, resolved again at most every 5 s: containers change their addresses.
    Name(String),
    /// A network, or one address.
    Network(IpNet),
}

/// Why a text is not an entry of `--allow-from`.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("`{0}` is neither a network nor a name (write 10.0.0.0/8, 192.168.1.7 or traefik)")]
pub struct AllowFromError(String);

impl FromStr for Allowed {
    type Err = AllowFromError;

    fn from_str(text: &str) -> Result<Self, AllowFromError> {
        if let Ok(network) = text.parse() {
            return Ok(Self::Network(network));
        }
        if let Ok(address) = text.parse::<IpAddr>() {
            return Ok(Self::Network(address.into()));
        }
        let name = |b: u8| b.is_ascii_alphanumeric() || b"-._".contains(&b);
        // A name of digits and dots alone is a mistyped address.
        if text.is_empty()
            || !text.bytes().all(name)
            || !text.bytes().any(|b| b.is_ascii_alphabetic())
        {
            return Err(AllowFromError(text.into()));
        }
        Ok(Self::Name(text.into()))
    }
}

/// All entries of `--allow-from`; without any, everyone may connect.
#[derive(Debug, Default)]
pub struct AllowFrom {
    networks: Vec<IpNet>,
    names: Vec<String>,
    resolved: Mutex<Resolved>,
}

#[derive(Debug, Default)]
struct Resolved {
    at: Option<Instant>,
    addresses: HashSet<IpAddr>,
}

impl AllowFrom {
    /// No name is resolved yet.
    pub fn new(entries: impl IntoIterator<Item = Allowed>) -> Self {
        let mut all = Self::default();
        for entry in entries {
            match entry {
                Allowed::Name(name) => all.names.push(name),
                Allowed::Network(network) => all.networks.push(network),
            }
        }
        all
    }

    /// Whether this address may connect, as far as it can be said without asking for a name.
    pub fn decides(&self, peer: IpAddr) -> Option<bool> {
        let peer = peer.to_canonical();
        let everyone = self.networks.is_empty() && self.names.is_empty();
        if everyone || self.networks.iter().any(|network| network.contains(&peer)) {
            Some(true)
        } else if self.names.is_empty() {
            Some(false)
        } else {
            None
        }
    }

    /// Whether one of the names leads to this address now.
    pub async fn names_hold(&self, peer: IpAddr) -> bool {
        let peer = peer.to_canonical();
        // Held while names are asked for: whoever comes meanwhile waits for the same answer.
        let mut resolved = self.resolved.lock().await;
        if resolved.at.is_none_or(|at| at.elapsed() >= FRESH) {
            let addresses = self.resolve().await;
            *resolved = Resolved { at: Some(Instant::now()), addresses };
        }
        resolved.addresses.contains(&peer)
    }

    async fn resolve(&self) -> HashSet<IpAddr> {
        let mut addresses = HashSet::new();
        for name in &self.names {
            match lookup_host((name.as_str(), 0)).await {
                Ok(found) => addresses.extend(found.map(|at| at.ip().to_canonical())),
                Err(error) => warn!("cannot resolve `{name}` of --allow-from: {error}"),
            }
        }
        addresses
    }
}

/// How long a resolved name is believed.
const FRESH: Duration = Duration::from_secs(5);

#[cfg(test)]
mod tests {
    use super::*;

    fn all(entries: &[&str]) -> AllowFrom {
        AllowFrom::new(entries.iter().map(|entry| entry.parse().unwrap()))
    }

    #[test]
    fn a_mapped_address_is_the_address_that_it_maps() {
        let allow = all(&["10.0.0.0/8"]);
        assert_eq!(allow.decides("::ffff:10.1.2.3".parse().unwrap()), Some(true));
        assert_eq!(allow.decides("::ffff:11.1.2.3".parse().unwrap()), Some(false));
    }

    #[test]
    fn without_entries_everyone_may_connect() {
        assert_eq!(all(&[]).decides("8.8.8.8".parse().unwrap()), Some(true));
    }

    #[test]
    fn a_bare_address_is_a_network_of_one() {
        assert_eq!(all(&["::1"]).decides("::1".parse().unwrap()), Some(true));
        assert_eq!(all(&["::1"]).decides("::2".parse().unwrap()), Some(false));
    }

    #[test]
    fn a_mistyped_address_is_not_taken_for_a_name() {
        for text in ["10.0.0.0/33", "10.0.0.300", "", "a b", "10.0.0.0/8,"] {
            assert_eq!(text.parse::<Allowed>(), Err(AllowFromError(text.into())));
        }
    }

    #[tokio::test]
    async fn a_name_is_asked_for_where_no_network_decides() {
        let allow = all(&["localhost"]);
        let peer = "127.0.0.1".parse().unwrap();
        assert_eq!(allow.decides(peer), None);
        assert!(allow.names_hold(peer).await);
        assert!(!allow.names_hold("127.9.9.9".parse().unwrap()).await);
    }
}
