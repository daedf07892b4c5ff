//! One tar that is both an OCI image layout and a docker archive.
//!
//! `docker save` writes such ones since Docker 25; older Engines read `manifest.json` and follow
//! its paths into `blobs`.

use std::collections::BTreeMap;
use std::io;

use serde_json::{Value, json};
use tar::{Builder, EntryType};

use super::blob::{Blob, INDEX};
use super::root::header;

/// An image that can be run, as its manifest refers to its parts.
#[derive(Debug)]
pub(crate) struct Runnable {
    pub(crate) manifest: Blob,
    pub(crate) config: Blob,
    pub(crate) layer: Blob,
    /// How an index refers to the manifest, with its platform.
    pub(crate) descriptor: Value,
}

/// An archive to be written.
#[derive(Debug)]
pub(crate) struct Archive {
    blobs: BTreeMap<String, Vec<u8>>,
    index: Value,
    docker: Value,
}

impl Archive {
    /// An archive that is known as `name`, such as `docker-api:latest`.
    ///
    /// `top` is the descriptor of what the name stands for, an image or an index of images.
    /// Engines that read docker archives get `image`.
    pub(crate) fn new(name: &str, tag: &str, top: &Value, image: &Runnable) -> Self {
        let mut top = top.clone();
        top["annotations"] = json!({
            "io.containerd.image.name": canonical(name),
            "org.opencontainers.image.ref.name": tag,
        });
        let mut archive = Self {
            blobs: BTreeMap::new(),
            index: json!({ "schemaVersion": 2, "mediaType": INDEX, "manifests": [top] }),
            docker: json!([{
                "Config": image.config.path(),
                "RepoTags": [name],
                "Layers": [image.layer.path()],
            }]),
        };
        archive.add_image(image);
        archive
    }

    pub(crate) fn add_image(&mut self, image: &Runnable) {
        for blob in [&image.manifest, &image.config, &image.layer] {
            self.add(blob);
        }
    }

    pub(crate) fn add(&mut self, blob: &Blob) {
        self.blobs.insert(blob.path(), blob.bytes.clone());
    }

    /// What a file of the archive says, in JSON.
    #[cfg(test)]
    pub(crate) fn json(&self, path: &str) -> Value {
        match path {
            "index.json" => self.index.clone(),
            "manifest.json" => self.docker.clone(),
            blob => serde_json::from_slice(&self.blobs[blob]).unwrap(),
        }
    }

    /// The bytes of the tar: what is read first stands first.
    pub(crate) fn tar(&self) -> io::Result<Vec<u8>> {
        let mut tar = Builder::new(Vec::new());
        let layout = json!({ "imageLayoutVersion": "1.0.0" });
        for (path, value) in
            [("oci-layout", &layout), ("index.json", &self.index), ("manifest.json", &self.docker)]
        {
            append(&mut tar, path, value.to_string().as_bytes())?;
        }
        for folder in ["blobs/", "blobs/sha256/"] {
            tar.append_data(&mut header(EntryType::Directory, 0o755), folder, io::empty())?;
        }
        for (path, bytes) in &self.blobs {
            append(&mut tar, path, bytes)?;
        }
        tar.into_inner()
    }
}

fn append(tar: &mut Builder<Vec<u8>>, path: &str, bytes: &[u8]) -> io::Result<()> {
    let mut header = header(EntryType::Regular, 0o644);
    header.set_size(bytes.len() as u64);
    tar.append_data(&mut header, path, bytes)
}

/// The name as containerd writes it, with a registry's host and a repository.
fn canonical(name: &str) -> String {
    match name.split_once('/') {
        None => format!("docker.io/library/{name}"),
        Some((host, _)) if host.contains(['.', ':']) || host == "localhost" => name.to_owned(),
        Some(_) => format!("docker.io/{name}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_completed_as_docker_completes_them() {
        for (name, full) in [
            ("docker-api:latest", "docker.io/library/docker-api:latest"),
            ("paperplanecc/socat:1", "docker.io/paperplanecc/socat:1"),
            ("ghcr.io/me/socat:1", "ghcr.io/me/socat:1"),
            ("localhost:5000/socat:1", "localhost:5000/socat:1"),
        ] {
            assert_eq!(canonical(name), full);
        }
    }
}
