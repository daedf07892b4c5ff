//! Bills of materials: what is in an image, for those who look for what is known to be broken.

use serde_json::{Value, json};

use super::packages::{Component, Package};
use super::source::Source;
use super::table::Image;

/// As `CycloneDX` 1.5. What only took part in the build has the scope `excluded`.
pub(crate) fn cyclonedx(image: &Image, source: &Source, components: &[Component<'_>]) -> Value {
    let describe = |component: &Component<'_>| {
        let package = component.package;
        json!({
            "type": if package.name == image.binary { "application" } else { "library" },
            "bom-ref": purl(package),
            "name": package.name,
            "version": package.version,
            "purl": purl(package),
            "scope": if component.build_only { "excluded" } else { "required" },
            "licenses": [{ "expression": license(package) }],
        })
    };
    let (root, others): (Vec<_>, Vec<_>) =
        components.iter().partition(|component| component.package.name == image.binary);
    let dependencies = components.iter().map(|component| {
        let needs = component.dependencies.iter().map(|&place| purl(components[place].package));
        json!({ "ref": purl(component.package), "dependsOn": needs.collect::<Vec<_>>() })
    });
    json!({
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": {
            "timestamp": source.created(),
            "component": root.first().map(|component| describe(component)),
        },
        "components": others.into_iter().map(describe).collect::<Vec<_>>(),
        "dependencies": dependencies.collect::<Vec<_>>(),
    })
}

/// As SPDX 2.3, the only kind that `docker buildx imagetools` and Docker Scout read. What is not
/// in the image isn't listed.
pub(crate) fn spdx(
    image: &Image,
    source: &Source,
    components: &[Component<'_>],
    hash: &str,
) -> Value {
    let id = |place: usize| format!("SPDXRef-Package-{place}");
    let linked = || components.iter().enumerate().filter(|(_, component)| !component.build_only);
    let packages = linked().map(|(place, component)| {
        let package = component.package;
        json!({
            "SPDXID": id(place),
            "name": package.name,
            "versionInfo": package.version,
            "downloadLocation": "NOASSERTION",
            "filesAnalyzed": false,
            "licenseConcluded": "NOASSERTION",
            "licenseDeclared": license(package),
            "copyrightText": "NOASSERTION",
            "externalRefs": [{
                "referenceCategory": "PACKAGE-MANAGER",
                "referenceType": "purl",
                "referenceLocator": purl(package),
            }],
        })
    });
    let relation = |from: &str, kind: &str, to: &str| json!({ "spdxElementId": from, "relationshipType": kind, "relatedSpdxElement": to });
    let mut relations = Vec::new();
    for (place, component) in linked() {
        if component.package.name == image.binary {
            relations.push(relation(DOCUMENT, "DESCRIBES", &id(place)));
        }
        let needed =
            component.dependencies.iter().filter(|&&needed| !components[needed].build_only);
        relations.extend(needed.map(|&needed| relation(&id(place), "DEPENDS_ON", &id(needed))));
    }
    json!({
        "spdxVersion": "SPDX-2.3",
        "dataLicense": "CC0-1.0",
        "SPDXID": DOCUMENT,
        "name": image.name,
        "documentNamespace": format!("urn:docker-api:image:{}:sha256:{hash}", image.name),
        "creationInfo": { "created": source.created(), "creators": ["Tool: cargo-xtask-image"] },
        "packages": packages.collect::<Vec<_>>(),
        "relationships": relations,
    })
}

/// A package's URL. Our own are no packages of a registry, where others have their names.
fn purl(package: &Package) -> String {
    let kind = if package.source.is_some() { "cargo" } else { "generic" };
    format!("pkg:{kind}/{}@{}", package.name, package.version.replace('+', "%2B"))
}

/// Its licence as an SPDX expression; manifests may have a slash for `OR`.
fn license(package: &Package) -> String {
    package
        .license
        .as_ref()
        .map_or_else(|| "NOASSERTION".to_owned(), |text| text.replace('/', " OR "))
}

const DOCUMENT: &str = "SPDXRef-DOCUMENT";
