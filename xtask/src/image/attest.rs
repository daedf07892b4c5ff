//! Statements about an image (in-toto attestation framework, version 1), as files and inside of an
//! index, where `docker buildx imagetools` and Docker Scout look for them.

use serde_json::{Value, json};

use super::blob::{Blob, CONFIG, MANIFEST};
use super::layout::Runnable;
use super::source::Source;
use super::table::Image;
use super::target::{self, Target};

/// What is stated, by its type.
#[derive(Clone, Debug)]
pub(crate) struct Predicate {
    pub(crate) kind: &'static str,
    pub(crate) value: Value,
}

/// A statement about an image.
pub(crate) fn statement(name: &str, image: &Runnable, predicate: &Predicate) -> Value {
    json!({
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{ "name": name, "digest": { "sha256": image.manifest.hash } }],
        "predicateType": predicate.kind,
        "predicate": predicate.value,
    })
}

/// How an image came to be, in SLSA's words (provenance, version 1). Nothing in it is of the
/// moment: the same build says the same.
pub(crate) fn provenance(
    image: &Image,
    source: &Source,
    target: Target,
) -> anyhow::Result<Predicate> {
    let mut dependencies = vec![json!({
        "uri": "Cargo.lock",
        "digest": { "sha256": source.lock_hash },
    })];
    if let Some(revision) = &source.revision {
        // A commit isn't what was built when files were changed since.
        let key = if revision.ends_with("-dirty") { "gitDirty" } else { "gitCommit" };
        let uri = source.repository.as_deref().unwrap_or(".");
        dependencies.push(json!({ "uri": format!("git+{uri}"), "digest": { key: revision } }));
    }
    let value = json!({
        "buildDefinition": {
            "buildType": "urn:docker-api:cargo-xtask-image:1",
            "externalParameters": { "image": image.name, "target": target.triple() },
            "internalParameters": { "rustc": target::rustc(&["--version"])? },
            "resolvedDependencies": dependencies,
        },
        "runDetails": { "builder": { "id": "urn:docker-api:xtask" } },
    });
    Ok(Predicate { kind: "https://slsa.dev/provenance/v1", value })
}

/// The manifest that holds statements about an image, and how the image's index refers to it
/// (BuildKit, "Attestation storage").
#[derive(Debug)]
pub(crate) struct Attestation {
    pub(crate) blobs: Vec<Blob>,
    pub(crate) descriptor: Value,
}

impl Attestation {
    pub(crate) fn of(name: &str, image: &Runnable, predicates: &[Predicate]) -> Self {
        let statements: Vec<_> = predicates
            .iter()
            .map(|predicate| Blob::json(STATEMENT, &statement(name, image, predicate)))
            .collect();
        let layers = statements.iter().zip(predicates).map(|(blob, predicate)| {
            let mut layer = blob.descriptor();
            layer["annotations"] = json!({ "in-toto.io/predicate-type": predicate.kind });
            layer
        });
        let layers: Vec<_> = layers.collect();
        let hashes: Vec<_> =
            statements.iter().map(|blob| format!("sha256:{}", blob.hash)).collect();
        let config = Blob::json(
            CONFIG,
            &json!({
                "architecture": "unknown",
                "os": "unknown",
                "config": {},
                "rootfs": { "type": "layers", "diff_ids": hashes },
            }),
        );
        let manifest = Blob::json(
            MANIFEST,
            &json!({
                "schemaVersion": 2,
                "mediaType": MANIFEST,
                "config": config.descriptor(),
                "layers": layers,
            }),
        );
        let mut descriptor = manifest.descriptor();
        descriptor["platform"] = json!({ "architecture": "unknown", "os": "unknown" });
        descriptor["annotations"] = json!({
            "vnd.docker.reference.digest": format!("sha256:{}", image.manifest.hash),
            "vnd.docker.reference.type": "attestation-manifest",
        });
        let blobs = statements.into_iter().chain([config, manifest]).collect();
        Self { blobs, descriptor }
    }
}

const STATEMENT: &str = "application/vnd.in-toto+json";
