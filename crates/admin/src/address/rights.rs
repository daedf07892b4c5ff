//! What each role may do now, as `--check` has it.

use std::collections::BTreeMap;

use docker_api_core::metrics::{Certificate, Owner};
use docker_api_core::transport::tls::Identity;
use docker_api_core::transport::{Peer, Who};

use super::facts::Facts;
use crate::shown;

/// The tables of the roles that a listener or a client's certificate has; empty with open access.
pub(crate) fn tables(facts: &Facts) -> String {
    let Some(requests) = &facts.requests else { return String::new() };
    let mut roles = BTreeMap::new();
    let mut add = |who: Who, whose: String| match requests.access().role(&who) {
        Ok(role) => {
            let told = || if role.is_full() { EVERYTHING.into() } else { role.table() };
            let one = || (told(), Vec::new());
            roles.entry(role.name().to_owned()).or_insert_with(one).1.push(whose);
        }
        Err(name) => {
            let one = || (NOTHING.into(), Vec::new());
            roles.entry(shown::text(name.as_bytes())).or_insert_with(one).1.push(whose);
        }
    };
    for (address, of) in &facts.listeners {
        add(Who::new(Peer::Unix, *of, None), address.clone());
    }
    for Certificate { owner, not_after } in &*facts.metrics.certificates.read() {
        if let Owner::Client { name, serial, role, revoked: false } = owner {
            let whose = format!("client {}", shown::text(name.as_bytes()));
            let (name, serial, role) = (name.clone(), serial.clone(), role.clone());
            let identity = Identity { name, serial, role, not_after: *not_after };
            add(Who::new(Peer::Unix, 0, Some(Box::new(identity))), whose);
        }
    }
    let tables = roles.into_iter().map(|(name, (told, whose))| {
        let more = whose.len().saturating_sub(MOST_NAMED);
        let mut named: Vec<_> = whose.into_iter().take(MOST_NAMED).collect();
        named.extend((more > 0).then(|| format!("{more} more")));
        format!("\nrole {name} ({}):\n{told}", named.join(", "))
    });
    tables.collect()
}

const EVERYTHING: &str = "  everything is allowed";
const NOTHING: &str = "  not known, nothing is allowed";
/// Of those who have a role.
const MOST_NAMED: usize = 20;
