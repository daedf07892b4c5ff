//! The list of a binary's packages inside of itself, where scanners look for it: the section that
//! `cargo auditable` makes.

use std::io::{self, Write as _};

use flate2::Compression;
use flate2::write::ZlibEncoder;
use serde::Serialize;

use super::packages::{Component, Package};

/// The section's name.
pub(crate) const SECTION: &str = ".dep-v0";

/// The section's content: JSON, compressed.
pub(crate) fn section(root: &str, components: &[Component<'_>]) -> io::Result<Vec<u8>> {
    let packages = components.iter().map(|component| Entry {
        name: &component.package.name,
        version: &component.package.version,
        source: source(component.package),
        kind: component.build_only.then_some("build"),
        dependencies: &component.dependencies,
        root: component.package.name == root,
    });
    let list = List { packages: packages.collect() };
    let mut zlib = ZlibEncoder::new(Vec::new(), Compression::best());
    zlib.write_all(&serde_json::to_vec(&list)?)?;
    zlib.finish()
}

/// `local`, or the registry, which is called as its index is.
fn source(package: &Package) -> &str {
    let Some(source) = &package.source else { return "local" };
    source.rsplit('/').next().unwrap_or(source).trim_end_matches("-index")
}

#[derive(Serialize)]
struct List<'a> {
    packages: Vec<Entry<'a>>,
}

#[derive(Serialize)]
struct Entry<'a> {
    name: &'a str,
    version: &'a str,
    source: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    kind: Option<&'a str>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    dependencies: &'a [usize],
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    root: bool,
}
