//! What a role may do, as people read it.

use crate::Role;

impl Role {
    /// A row an operation, then the paths that are allowed beside them, in columns for people.
    pub fn table(&self) -> String {
        let head = ["OPERATION", "METHOD", "PATH", "ALLOWED", "RULE"].map(str::to_owned);
        let mut rows = vec![head];
        for (operation, allowed, rule) in self.rights() {
            let shortest = operation.routes().min_by_key(|(_, path)| path.len());
            let (method, path) = shortest.unwrap_or_default();
            let allowed = if allowed { "yes" } else { "no" };
            rows.push([operation.name(), method, path, allowed, rule].map(str::to_owned));
        }
        for (line, rule) in self.paths() {
            let (method, path) = line.split_once(' ').unwrap_or_default();
            rows.push(["-", method, path, "yes", rule].map(str::to_owned));
        }
        let width =
            |column: usize| rows.iter().map(|row| row[column].len()).max().unwrap_or_default();
        let [operation, method, path, allowed] = [0, 1, 2, 3].map(width);
        let lines = rows.iter().map(|row| {
            format!(
                "  {:<operation$}  {:<method$}  {:<path$}  {:<allowed$}  {}",
                row[0], row[1], row[2], row[3], row[4]
            )
        });
        lines.collect::<Vec<_>>().join("\n")
    }
}

#[cfg(test)]
mod tests {
    use crate::Policy;

    #[test]
    fn a_row_for_each_operation_and_each_path() {
        let policy = r#"
            [roles.a]
            allow = ["tag:Network"]
            allow-paths = ["GET,HEAD /libpod/info"]
            deny = ["NetworkDelete"]
        "#;
        let policy = Policy::parse("policy.toml", policy).unwrap();
        let table = policy.role("a").unwrap().table();
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
