//! What another policy changes, for the log.

use std::collections::{BTreeMap, BTreeSet};

use docker_api_access::{Policy, Role};

/// A line for each role and each client that isn't what it was.
pub(super) fn changes(old: &Policy, new: &Policy) -> Vec<String> {
    let mut lines = Vec::new();
    let names: BTreeSet<_> = old.roles().chain(new.roles()).map(|role| role.name()).collect();
    for name in names {
        match (old.role(name), new.role(name)) {
            (Some(old), Some(new)) => lines.extend(differences(old, new)),
            (None, Some(_)) => lines.push(format!("the role {name} is new")),
            (Some(_), None) => lines.push(format!("the role {name} is gone")),
            (None, None) => {}
        }
    }
    let (old, new): (BTreeMap<_, _>, BTreeMap<_, _>) =
        (old.clients().collect(), new.clients().collect());
    for (client, role) in &new {
        match old.get(client) {
            Some(before) if before == role => {}
            Some(before) => lines.push(format!("client {client:?} is {role}, and was {before}")),
            None => lines.push(format!("client {client:?} is {role}")),
        }
    }
    let gone = old.iter().filter(|(client, _)| !new.contains_key(*client));
    lines.extend(gone.map(|(client, role)| format!("client {client:?} is no longer {role}")));
    lines
}

/// `role deployer: +ContainerDelete -ContainerCreate`.
fn differences(old: &Role, new: &Role) -> Option<String> {
    let (before, after) = (allowed(old), allowed(new));
    let come = after.difference(&before).map(|what| format!(" +{what}"));
    let gone = before.difference(&after).map(|what| format!(" -{what}"));
    let all: String = come.chain(gone).collect();
    (!all.is_empty()).then(|| format!("role {}:{all}", new.name()))
}

fn allowed(role: &Role) -> BTreeSet<String> {
    let rights = role.rights().filter(|(_, allowed, _)| *allowed);
    let operations = rights.map(|(operation, ..)| operation.name().to_owned());
    operations.chain(role.paths().map(|(path, _)| format!("{path:?}"))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy(text: &str) -> Policy {
        Policy::parse("policy.toml", text).unwrap()
    }

    #[test]
    fn a_line_for_each_role_and_client_that_differs() {
        let old = policy(
            r#"
            [roles.a]
            allow = ["ContainerList", "ContainerCreate"]
            [roles.b]
            allow = ["class:read"]
            [roles.gone]
            [clients]
            grafana = "monitor"
            ci = "a"
            old = "b"
            "#,
        );
        let new = policy(
            r#"
            [roles.a]
            allow = ["ContainerList", "ContainerDelete"]
            allow-paths = ["GET /libpod/info"]
            [roles.b]
            extends = ["read-only"]
            [roles.come]
            [clients]
            grafana = "read-only"
            ci = "a"
            new = "b"
            "#,
        );
        assert_eq!(
            changes(&old, &new),
            [
                "role a: +\"GET /libpod/info\" +ContainerDelete -ContainerCreate",
                "the role come is new",
                "the role gone is gone",
                "client \"grafana\" is read-only, and was monitor",
                "client \"new\" is b",
                "client \"old\" is no longer b",
            ]
        );
        assert_eq!(changes(&new, &new.clone()), Vec::<String>::new());
    }
}
