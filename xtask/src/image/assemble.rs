//! From sources to an image for one target.

use anyhow::{Context as _, bail};
use serde_json::{Value, json};

use super::attest::{self, Predicate};
use super::blob::{self, Blob, CONFIG, MANIFEST};
use super::elf::Elf;
use super::layout::Runnable;
use super::packages::{Component, Workspace};
use super::root::Root;
use super::source::Source;
use super::table::Image;
use super::target::Target;
use super::{auditable, bill, compile, config, licenses};

/// An image for one target, and what is to be said of it.
#[derive(Debug)]
pub(crate) struct Assembled {
    pub(crate) target: Target,
    pub(crate) runnable: Runnable,
    /// How many bytes its files are.
    pub(crate) unpacked: u64,
    /// Its bill of materials, as `CycloneDX`.
    pub(crate) bill: Value,
    /// How it came to be.
    pub(crate) provenance: Predicate,
    /// Its bill of materials, as SPDX.
    pub(crate) spdx: Value,
}

impl Assembled {
    /// All that can be stated about it.
    pub(crate) fn predicates(&self) -> [Predicate; 3] {
        [
            self.provenance.clone(),
            Predicate { kind: "https://spdx.dev/Document", value: self.spdx.clone() },
            Predicate { kind: "https://cyclonedx.org/bom", value: self.bill.clone() },
        ]
    }
}

/// Builds the program of an image and puts the image together. Fails if either isn't as promised.
pub(crate) fn assemble(
    image: &Image,
    source: &Source,
    workspace: &Workspace,
    target: Target,
) -> anyhow::Result<Assembled> {
    let components = workspace.components(image.binary, target)?;
    let program = program(image.binary, source, &components, target)?;

    let root = Root::of(image, program, licenses::texts(&components)?);
    if root.size() > image.limit {
        bail!(
            "image `{}` for {target} has {} bytes unpacked, and may have {}",
            image.name,
            root.size(),
            image.limit
        );
    }
    let runnable = runnable(image, source, target, &root.tar()?)?;
    Ok(Assembled {
        target,
        unpacked: root.size(),
        bill: bill::cyclonedx(image, source, &components),
        provenance: attest::provenance(image, source, target)?,
        spdx: bill::spdx(image, source, &components, &runnable.manifest.hash),
        runnable,
    })
}

/// Builds a program as it is given to users: static, hardened, with the list of its packages.
pub(crate) fn program(
    package: &str,
    source: &Source,
    components: &[Component<'_>],
    target: Target,
) -> anyhow::Result<Vec<u8>> {
    let linked = compile(package, source.revision.as_deref(), target)?;
    let list = auditable::section(package, components)?;
    Elf::parse(&linked)
        .and_then(|elf| {
            elf.check_hardened().and_then(|()| elf.with_section(auditable::SECTION, &list))
        })
        .with_context(|| format!("program `{package}` for {target} isn't fit for users"))
}

/// An image of one layer, whose tar is given.
pub(crate) fn runnable(
    image: &Image,
    source: &Source,
    target: Target,
    tar: &[u8],
) -> anyhow::Result<Runnable> {
    let config = config::config(image, source, target.architecture, &blob::hash(tar));
    let config = Blob::json(CONFIG, &config);
    let layer = Blob::layer(tar)?;
    let manifest = json!({
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "config": config.descriptor(),
        "layers": [layer.descriptor()],
    });
    let manifest = Blob::json(MANIFEST, &manifest);
    let mut descriptor = manifest.descriptor();
    descriptor["platform"] = json!({ "architecture": target.architecture, "os": "linux" });
    Ok(Runnable { manifest, config, layer, descriptor })
}
