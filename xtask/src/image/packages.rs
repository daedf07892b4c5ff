//! Which packages are in a binary.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context as _, bail};
use serde::Deserialize;

use super::target::Target;
use crate::workspace;

/// All packages that cargo knows of here.
#[derive(Debug, Deserialize)]
pub(crate) struct Workspace {
    packages: Vec<Package>,
    resolve: Resolve,
    #[serde(rename = "workspace_members")]
    members: BTreeSet<String>,
}

/// A package (`cargo metadata`, format version 1).
#[derive(Debug, Deserialize)]
pub(crate) struct Package {
    id: String,
    pub(crate) name: String,
    pub(crate) version: String,
    pub(crate) license: Option<String>,
    pub(crate) repository: Option<String>,
    pub(crate) homepage: Option<String>,
    pub(crate) documentation: Option<String>,
    /// `None`: it is one of the workspace's own.
    pub(crate) source: Option<String>,
    pub(crate) manifest_path: String,
}

#[derive(Debug, Deserialize)]
struct Resolve {
    nodes: Vec<Node>,
}

#[derive(Debug, Deserialize)]
struct Node {
    id: String,
    deps: Vec<Edge>,
}

#[derive(Debug, Deserialize)]
struct Edge {
    pkg: String,
    dep_kinds: Vec<EdgeKind>,
}

#[derive(Debug, Deserialize)]
struct EdgeKind {
    kind: Option<String>,
}

impl Edge {
    /// Whether it is there for tests alone.
    fn is_for_tests(&self) -> bool {
        self.dep_kinds.iter().all(|edge| edge.kind.as_deref() == Some("dev"))
    }
}

/// A package that is in a binary, or that took part in building it.
#[derive(Debug)]
pub(crate) struct Component<'a> {
    pub(crate) package: &'a Package,
    /// Whether it only took part: a build script's, or a procedural macro's.
    pub(crate) build_only: bool,
    /// Places in the list of components, ascending.
    pub(crate) dependencies: Vec<usize>,
}

impl Workspace {
    /// Those of this workspace, for a target.
    pub(crate) fn read(target: Target) -> anyhow::Result<Self> {
        let text =
            output(&format!("metadata --format-version 1 --locked --filter-platform {target}"))?;
        serde_json::from_str(&text).context("cannot read what `cargo metadata` prints")
    }

    /// Whether one of its own packages is called so.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.package(name).is_ok()
    }

    /// One of its own packages.
    pub(crate) fn package(&self, name: &str) -> anyhow::Result<&Package> {
        self.packages
            .iter()
            .find(|package| package.name == name && self.members.contains(&package.id))
            .with_context(|| format!("no package `{name}` in this workspace"))
    }

    /// What is in the binary of a package, ordered by name and version.
    ///
    /// `cargo metadata` joins the features that all packages of the workspace ask for, and so lists
    /// packages that aren't in this binary; `cargo tree` knows better, but not who needs whom.
    pub(crate) fn components(
        &self,
        binary: &str,
        target: Target,
    ) -> anyhow::Result<Vec<Component<'_>>> {
        let linked = tree(binary, target, "normal,no-proc-macro")?;
        let involved = tree(binary, target, "normal,build")?;
        let mut packages: Vec<_> =
            self.packages.iter().filter(|package| involved.contains(&package.line())).collect();
        packages.sort_by_key(|package| (&package.name, &package.version));
        if packages.len() != involved.len() {
            bail!("`cargo tree` and `cargo metadata` disagree on what is in `{binary}`");
        }
        let places: BTreeMap<_, _> =
            packages.iter().enumerate().map(|(place, package)| (&package.id, place)).collect();
        let nodes: BTreeMap<_, _> =
            self.resolve.nodes.iter().map(|node| (&node.id, node)).collect();
        let components = packages.iter().map(|package| {
            let edges = nodes.get(&package.id).map_or(&[][..], |node| &node.deps);
            let needed = edges.iter().filter(|edge| !edge.is_for_tests());
            let mut dependencies: Vec<_> =
                needed.filter_map(|edge| places.get(&edge.pkg).copied()).collect();
            dependencies.sort_unstable();
            Component { package, build_only: !linked.contains(&package.line()), dependencies }
        });
        Ok(components.collect())
    }
}

impl Package {
    /// As `cargo tree` names it.
    fn line(&self) -> String {
        format!("{} v{}", self.name, self.version)
    }
}

fn tree(binary: &str, target: Target, edges: &str) -> anyhow::Result<BTreeSet<String>> {
    let text = output(&format!(
        "tree --locked --package {binary} --target {target} --edges {edges} --prefix none --format {{p}}"
    ))?;
    // Behind name and version may stand a path, "(proc-macro)" and "(*)".
    let name_and_version = |line: &str| line.split(" (").next().unwrap_or_default().to_owned();
    Ok(text.lines().map(name_and_version).filter(|line| !line.is_empty()).collect())
}

fn output(command: &str) -> anyhow::Result<String> {
    let output = workspace::cargo(command).output().context("cannot run cargo")?;
    if !output.status.success() {
        bail!("`cargo {command}` failed: {}", String::from_utf8_lossy(&output.stderr).trim());
    }
    String::from_utf8(output.stdout).context("cargo printed no text")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_in_a_binary_is_told_from_what_built_it_and_from_what_tests_it() {
        let target = Target::host().unwrap();
        let workspace = Workspace::read(target).unwrap();
        let components = workspace.components("bridge", target).unwrap();
        let build_only = |name: &str| {
            let mut named = components.iter().filter(|component| component.package.name == name);
            named.next().map(|component| component.build_only)
        };
        assert_eq!(build_only("bridge"), Some(false));
        assert_eq!(build_only("tokio"), Some(false));
        assert_eq!(build_only("clap_derive"), Some(true));
        assert_eq!(build_only("testkit"), None);

        let bridge = components.iter().find(|one| one.package.name == "bridge").unwrap();
        let needs = bridge.dependencies.iter().map(|&place| &*components[place].package.name);
        assert!(needs.clone().any(|name| name == "docker-api-core"));
        assert!(!needs.clone().any(|name| name == "bridge"));
    }
}
