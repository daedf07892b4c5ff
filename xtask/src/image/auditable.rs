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

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use flate2::read::ZlibDecoder;
    use serde_json::{Value, json};

    use super::*;

    fn package(name: &str, source: Option<&str>) -> Package {
        serde_json::from_value(json!({
            "id": name, "name": name, "version": "1.0.0", "license": null, "repository": null,
            "source": source, "manifest_path": "/Cargo.toml",
        }))
        .unwrap()
    }

    #[test]
    fn scanners_read_names_versions_and_who_needs_whom() {
        let bridge = package("bridge", None);
        let tokio = package("tokio", Some("registry+https://example.org/org/crates-index"));
        let components = [
            Component { package: &bridge, build_only: false, dependencies: vec![1] },
            Component { package: &tokio, build_only: true, dependencies: vec![] },
        ];
        let mut text = String::new();
        let zlib = section("bridge", &components).unwrap();
        ZlibDecoder::new(zlib.as_slice()).read_to_string(&mut text).unwrap();
        let read: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(
            read,
            json!({ "packages": [
            { "name": "bridge", "version": "1.0.0", "source": "local", "dependencies": [1], "root": true },
            { "name": "tokio", "version": "1.0.0", "source": "crates", "kind": "build" },
        ] })
        );
    }
}
