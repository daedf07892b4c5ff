//! The rights that `--check` prints, for each role that somebody has.

use std::collections::BTreeMap;

use docker_api_core::listen::ListenSettings;

use super::{FULL, Loaded};

impl Loaded {
    /// The tables of all roles that a listener or a certificate has; empty where that is `full`
    /// alone.
    pub fn rights(&self, listeners: &[ListenSettings]) -> String {
        let mut whose: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for (listener, named) in listeners.iter().zip(&self.settings.listeners) {
            whose.entry(&named.role).or_default().push(listener.address.to_string());
        }
        if let Some(named) = &self.settings.certificates {
            whose.entry(&named.role).or_default().push("certificates that name none".into());
        }
        let clients = self.clients.iter().map(|(client, role)| (client.as_str(), role.as_str()));
        // The policy goes before the certificate.
        let clients: BTreeMap<_, _> = clients.chain(self.policy.clients()).collect();
        for (client, role) in clients {
            whose.entry(role).or_default().push(format!("client {client}"));
        }
        if whose.keys().all(|role| *role == FULL) {
            return String::new();
        }
        let tables = whose.into_iter().map(|(name, whose)| match self.policy.role(name) {
            Some(role) if role.is_full() => {
                format!("role {name} ({}): everything is allowed", whose.join(", "))
            }
            Some(role) => format!("role {name} ({}):\n{}", whose.join(", "), role.table()),
            None => format!("role {name} ({}): not known, nothing is allowed", whose.join(", ")),
        });
        tables.collect::<Vec<_>>().join("\n")
    }
}
