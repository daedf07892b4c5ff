//! Roles by name, and whose they are.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::Role;

/// Roles by name, built-in ones included, and the certificates' names that have one.
#[derive(Clone, Debug)]
pub struct Policy {
    roles: BTreeMap<String, Arc<Role>>,
    clients: BTreeMap<String, String>,
}

impl Policy {
    /// The roles that need no file: `full`, `read-only`, `monitor`.
    pub fn built_in() -> Self {
        let roles = ["full", "read-only", "monitor"];
        Self {
            roles: roles.map(|name| (name.to_owned(), Arc::new(Role::new(name)))).into(),
            clients: BTreeMap::new(),
        }
    }

    /// The role of that name.
    pub fn role(&self, name: &str) -> Option<&Arc<Role>> {
        self.roles.get(name)
    }

    /// The role's name of the certificate with that common name, where `[clients]` has one.
    pub fn client(&self, common_name: &str) -> Option<&str> {
        self.clients.get(common_name).map(String::as_str)
    }
}
