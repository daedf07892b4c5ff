//! The table of rights that `--check` prints: a row an operation, for each role that somebody has.

use std::collections::BTreeMap;

use docker_api_access::Role;
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
            Some(role) => format!("role {name} ({}):\n{}", whose.join(", "), table(role)),
            None => format!("role {name} ({}): not known, nothing is allowed", whose.join(", ")),
        });
        tables.collect::<Vec<_>>().join("\n")
    }
}

/// Operations, then the paths that are allowed beside them.
fn table(role: &Role) -> String {
    let head = ["OPERATION", "METHOD", "PATH", "ALLOWED", "RULE"].map(str::to_owned);
    let mut rows = vec![head];
    for (operation, allowed, rule) in role.rights() {
        let shortest = operation.routes().min_by_key(|(_, path)| path.len());
        let (method, path) = shortest.unwrap_or_default();
        let allowed = if allowed { "yes" } else { "no" };
        rows.push([operation.name(), method, path, allowed, rule].map(str::to_owned));
    }
    for (line, rule) in role.paths() {
        let (method, path) = line.split_once(' ').unwrap_or_default();
        rows.push(["-", method, path, "yes", rule].map(str::to_owned));
    }
    let width = |column: usize| rows.iter().map(|row| row[column].len()).max().unwrap_or_default();
    let [operation, method, path, allowed] = [0, 1, 2, 3].map(width);
    let lines = rows.iter().map(|row| {
        format!(
            "  {:<operation$}  {:<method$}  {:<path$}  {:<allowed$}  {}",
            row[0], row[1], row[2], row[3], row[4]
        )
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use docker_api_access::Policy;

    use super::*;

    #[test]
    fn a_row_for_each_operation_and_each_path() {
        let policy = r#"
            [roles.a]
            allow = ["tag:Network"]
            allow-paths = ["GET,HEAD /libpod/info"]
            deny = ["NetworkDelete"]
        "#;
        let policy = Policy::parse("policy.toml", policy).unwrap();
        let table = table(policy.role("a").unwrap());
        let rows: Vec<Vec<_>> = table
            .lines()
            .map(|line| line.split("  ").map(str::trim).filter(|it| !it.is_empty()).collect())
            .collect();
        for row in [
            ["OPERATION", "METHOD", "PATH", "ALLOWED", "RULE"],
            ["NetworkList", "GET", "/networks", "yes", "allow tag:Network"],
            ["NetworkDelete", "DELETE", "/networks/{id}", "no", "deny NetworkDelete"],
            ["ContainerList", "GET", "/containers/json", "no", "no rule"],
            ["-", "GET,HEAD", "/libpod/info", "yes", "allow GET,HEAD /libpod/info"],
        ] {
            assert!(rows.iter().any(|other| *other == row), "{row:?} in {table}");
        }
        assert_eq!(rows.len(), 1 + 116 + 1);
        let columns: Vec<_> = table.lines().map(|line| line.find(" yes ")).collect();
        assert!(columns.iter().flatten().all(|at| Some(*at) == columns[117]), "{table}");
    }
}
