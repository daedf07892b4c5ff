//! `cargo xtask image`: the images, as archives that engines load.

mod assemble;
mod attest;
mod auditable;
mod bill;
mod blob;
mod compile;
mod config;
mod elf;
mod inventory;
mod layout;
mod licenses;
mod packages;
mod reference;
mod root;
mod source;
mod table;
mod target;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{Context as _, bail};
use serde_json::{Value, json};

use self::assemble::Assembled;
pub(crate) use self::assemble::program;
use self::attest::Attestation;
use self::blob::{Blob, INDEX};
pub(crate) use self::blob::{gzip, hash};
pub(crate) use self::compile::compile;
use self::inventory::{Inventory, Line};
use self::layout::Archive;
pub(crate) use self::licenses::texts as license_texts;
pub(crate) use self::packages::{Package, Workspace};
pub(crate) use self::root::Root;
pub(crate) use self::source::Source;
use self::table::{IMAGES, Image};
pub(crate) use self::target::Target;
use crate::workspace;

/// Build the images and write them to target/images, one archive each.
///
/// An archive is both an OCI layout and a docker archive: `docker load`, `podman load` and `skopeo`
/// take it. The same sources make the same bytes. Beside it are NAME.cdx.json, the bill of
/// materials, and NAME.provenance.json.
#[derive(Debug, clap::Parser)]
pub(crate) struct Options {
    /// Which ones; all, if none is named.
    names: Vec<String>,
    /// What stands before the image's name, such as `ghcr.io/me`.
    #[arg(long, value_name = "PREFIX", value_parser = reference::repository)]
    repository: Option<String>,
    /// What stands behind it.
    #[arg(long, default_value = "latest", value_parser = reference::tag)]
    tag: String,
    /// Make an index of images for these targets, with attestations in it; repeatable.
    #[arg(long, value_name = "TRIPLE")]
    target: Vec<String>,
    /// Where to write, instead of target/images.
    #[arg(long, value_name = "FOLDER")]
    output: Option<PathBuf>,
    /// Hand each archive to `docker load`.
    #[arg(long)]
    load: bool,
}

pub(crate) fn run(options: &Options) -> anyhow::Result<ExitCode> {
    let targets = targets(&options.target)?;
    let workspaces = targets
        .iter()
        .map(|&target| Ok((target, Workspace::read(target)?)))
        .collect::<anyhow::Result<Vec<_>>>()?;
    let (_, workspace) = workspaces.first().context("no target")?;
    let source = Source::find(workspace)?;
    let folder = match &options.output {
        Some(folder) => folder.clone(),
        None => workspace::target()?.join("images"),
    };
    let mut inventory = Inventory::default();

    for image in select(&options.names, |package| workspace.has(package))? {
        let name = options.name(image);
        let parts = workspaces
            .iter()
            .map(|(target, workspace)| assemble::assemble(image, &source, workspace, *target))
            .collect::<anyhow::Result<Vec<_>>>()?;
        let archive = options.archive(image, &source, &parts)?;
        let path = folder.join(format!("{}.tar", image.name));
        write(&path, &archive.tar()?)?;
        for part in &parts {
            let stem = options.stem(image, part);
            let provenance = attest::statement(&name, &part.runnable, &part.provenance);
            write_json(&folder.join(format!("{stem}.cdx.json")), &part.bill)?;
            write_json(&folder.join(format!("{stem}.provenance.json")), &provenance)?;
            inventory.0.push(Line {
                name: name.clone(),
                target: part.target.to_string(),
                unpacked: part.unpacked,
                compressed: part.runnable.layer.bytes.len() as u64,
                hash: part.runnable.manifest.hash.clone(),
            });
        }
        if options.load {
            workspace::run(Command::new("docker").arg("load").arg("--input").arg(&path))?;
        }
    }
    print!("{inventory}");
    println!("\nin {}: `docker load --input FILE.tar` loads one", folder.display());
    Ok(ExitCode::SUCCESS)
}

impl Options {
    /// What the image is loaded as.
    fn name(&self, image: &Image) -> String {
        let prefix = self.repository.as_deref().unwrap_or_default();
        let slash = if prefix.is_empty() { "" } else { "/" };
        format!("{prefix}{slash}{}:{}", image.name, self.tag)
    }

    /// What the files beside an archive are called: for targets that were asked for, with their
    /// names.
    fn stem(&self, image: &Image, part: &Assembled) -> String {
        if self.target.is_empty() {
            image.name.to_owned()
        } else {
            format!("{}-{}", image.name, part.target)
        }
    }

    /// An image by itself, or, where targets were asked for, an index of images and what is stated
    /// of them.
    fn archive(
        &self,
        image: &Image,
        source: &Source,
        parts: &[Assembled],
    ) -> anyhow::Result<Archive> {
        let name = self.name(image);
        // An Engine that knows of no index gets its own platform's image.
        let host = Target::host().ok();
        let own = parts.iter().find(|part| host == Some(part.target));
        let own = own.or_else(|| parts.first()).context("no target")?;
        if self.target.is_empty() {
            return Ok(Archive::new(&name, &self.tag, &own.runnable.descriptor, &own.runnable));
        }
        let attestations: Vec<_> = parts
            .iter()
            .map(|part| Attestation::of(&name, &part.runnable, &part.predicates()))
            .collect();
        let images = parts.iter().map(|part| &part.runnable.descriptor);
        let stated = attestations.iter().map(|attestation| &attestation.descriptor);
        let index = json!({
            "schemaVersion": 2,
            "mediaType": INDEX,
            "manifests": images.chain(stated).collect::<Vec<_>>(),
            "annotations": config::labels(image, source),
        });
        let index = Blob::json(INDEX, &index);
        let mut archive = Archive::new(&name, &self.tag, &index.descriptor(), &own.runnable);
        archive.add(&index);
        for part in parts {
            archive.add_image(&part.runnable);
        }
        for blob in attestations.iter().flat_map(|attestation| &attestation.blobs) {
            archive.add(blob);
        }
        Ok(archive)
    }
}

/// The targets of these names, one for a platform; of none: this machine's.
fn targets(names: &[String]) -> anyhow::Result<Vec<Target>> {
    let mut targets: Vec<Target> = Vec::new();
    for name in names {
        let target = Target::named(name)?;
        if let Some(other) = targets.iter().find(|other| other.architecture == target.architecture)
        {
            bail!(
                "cannot put {other} and {target} into one index: both are linux/{}",
                target.architecture
            );
        }
        targets.push(target);
    }
    if targets.is_empty() {
        targets.push(Target::host()?);
    }
    Ok(targets)
}

/// The images of these names; of none: all whose package `exists`.
fn select(names: &[String], exists: impl Fn(&str) -> bool) -> anyhow::Result<Vec<&'static Image>> {
    if names.is_empty() {
        return Ok(IMAGES.iter().filter(|image| exists(image.binary)).collect());
    }
    let images = names.iter().map(|name| match Image::named(name) {
        Some(image) if exists(image.binary) => Ok(image),
        Some(image) => {
            bail!(
                "cannot make image `{name}`: package `{}` isn't in the workspace yet",
                image.binary
            )
        }
        None => bail!(
            "no image is called `{name}`: there are {}",
            IMAGES.map(|image| image.name).join(", ")
        ),
    });
    images.collect()
}

fn write_json(path: &Path, value: &Value) -> anyhow::Result<()> {
    write(path, format!("{value:#}\n").as_bytes())
}

/// Writes a file so that nobody sees half of it.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    let new = PathBuf::from(format!("{}.new-{}", path.display(), std::process::id()));
    fs::create_dir_all(path.parent().unwrap_or(path))
        .and_then(|()| fs::write(&new, bytes))
        .and_then(|()| fs::rename(&new, path))
        .with_context(|| format!("cannot write `{}`", path.display()))
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;

    fn names(images: Vec<&Image>) -> Vec<&str> {
        images.into_iter().map(|image| image.name).collect()
    }

    #[test]
    fn all_are_those_whose_program_exists() {
        let images = select(&[], |package| package == "bridge").unwrap();
        assert_eq!(names(images), ["docker-api", "socat", "docker-socket-proxy"]);
    }

    #[test]
    fn an_image_without_a_program_is_an_error_when_asked_for() {
        let wanted = ["docker-api-tls".to_owned()];
        let error = select(&wanted, |package| package == "bridge").unwrap_err().to_string();
        assert!(error.contains("package `bridge-tls` isn't in the workspace"), "{error}");
    }

    #[test]
    fn an_unknown_name_is_an_error_that_lists_the_known_ones() {
        let error = select(&["docker".to_owned()], |_| true).unwrap_err().to_string();
        assert!(error.contains("docker-api, socat"), "{error}");
    }

    #[test]
    fn two_targets_of_one_platform_are_an_error() {
        let both = ["x86_64-unknown-linux-gnu", "x86_64-unknown-linux-musl"].map(str::to_owned);
        let error = targets(&both).unwrap_err().to_string();
        assert!(error.ends_with("both are linux/amd64"), "{error}");
    }

    #[test]
    fn an_index_has_an_image_and_statements_for_each_platform() {
        let host = Target::host().unwrap();
        let source = Source::find(&Workspace::read(host).unwrap()).unwrap();
        let image = Image::named("socat").unwrap();
        let names = ["aarch64-unknown-linux-gnu", "x86_64-unknown-linux-gnu"];
        let parts = names.map(|name| {
            let target = Target::named(name).unwrap();
            Assembled {
                target,
                runnable: assemble::runnable(image, &source, target, name.as_bytes()).unwrap(),
                unpacked: 0,
                bill: json!({}),
                provenance: attest::provenance(image, &source, target).unwrap(),
                spdx: json!({}),
            }
        });
        let words = ["image", "--target", names[0], "--target", names[1], "--tag", "1"];
        let options = Options::parse_from(words);
        let archive = options.archive(image, &source, &parts).unwrap();

        let index = archive.json("index.json");
        assert_eq!(index["manifests"].as_array().map(Vec::len), Some(1));
        let digest = index["manifests"][0]["digest"].as_str().unwrap().replace(':', "/");
        let manifests = archive.json(&format!("blobs/{digest}"))["manifests"].clone();
        let platforms: Vec<_> = manifests
            .as_array()
            .unwrap()
            .iter()
            .map(|manifest| manifest["platform"]["architecture"].as_str().unwrap())
            .collect();
        assert_eq!(platforms, ["arm64", "amd64", "unknown", "unknown"]);

        // Engines that know of no index get this machine's.
        let own = parts.iter().find(|part| part.target == host).unwrap_or(&parts[0]);
        assert_eq!(archive.json("manifest.json")[0]["Config"], own.runnable.config.path());
        assert_eq!(archive.json("manifest.json")[0]["RepoTags"], json!(["socat:1"]));
    }
}
