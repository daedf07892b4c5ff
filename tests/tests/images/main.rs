//! The images (and archives of programs): written by `cargo xtask image`, taken by everything that takes images, and as good
//! as those whose names they replace.

#![expect(clippy::unwrap_used, reason = "to a test a panic is an answer")]

mod archive;
mod compose;
mod dist;
mod dockerfile;
mod health;
mod health_words;
mod idle_memory;
mod kekru;
mod kubernetes;
mod rights;
mod run;
mod socket_proxy;
mod stack;
mod stated;
mod tls;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::env;
use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use flate2::read::GzDecoder;
use serde_json::Value;
use testkit::binary;
use testkit::process::{clean_environment, finish};

/// What was written for a test. It goes when this is dropped.
struct Images {
    folder: tempfile::TempDir,
}

impl Images {
    /// Runs `cargo xtask image` with these arguments. The programs are built once in a run of the
    /// tests, as users get them: that takes minutes.
    fn write(arguments: &[&str]) -> Self {
        Self::write_with(arguments, &[])
    }

    fn write_with(arguments: &[&str], variables: &[(&str, &str)]) -> Self {
        Self { folder: xtask("image", arguments, variables) }
    }

    fn path(&self, file: &str) -> PathBuf {
        self.folder.path().join(file)
    }

    fn json(&self, file: &str) -> Value {
        serde_json::from_reader(File::open(self.path(file)).unwrap()).unwrap()
    }

    fn archive(&self, image: &str) -> Archive {
        Archive { files: read_tar(File::open(self.path(&format!("{image}.tar"))).unwrap()) }
    }
}

/// The folder that a task of `cargo xtask` wrote to.
fn xtask(task: &str, arguments: &[&str], variables: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let mut command = Command::new(binary::binary("xtask"));
    clean_environment(&mut command).arg(task).args(arguments);
    command.arg("--output").arg(folder.path());
    // Its builds are cargo's, which needs to be found.
    for name in ["CARGO", "CARGO_HOME", "RUSTC", "RUSTUP_HOME", "RUSTUP_TOOLCHAIN"] {
        if let Some(value) = env::var_os(name) {
            command.env(name, value);
        }
    }
    command.envs(variables.iter().copied());
    let output = finish(command, BUILD);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    folder
}

/// An archive in memory: paths and contents.
struct Archive {
    files: BTreeMap<String, Entry>,
}

struct Entry {
    mode: u32,
    link: Option<PathBuf>,
    content: Vec<u8>,
}

impl Archive {
    fn json(&self, path: &str) -> Value {
        serde_json::from_slice(&self.files[path].content).unwrap()
    }

    /// A blob by its descriptor.
    fn blob(&self, descriptor: &Value) -> &[u8] {
        let digest = descriptor["digest"].as_str().unwrap();
        &self.files[&format!("blobs/{}", digest.replace(':', "/"))].content
    }

    fn json_blob(&self, descriptor: &Value) -> Value {
        serde_json::from_slice(self.blob(descriptor)).unwrap()
    }

    /// The manifest of an archive that holds one image.
    fn manifest(&self) -> Value {
        self.json_blob(&self.json("index.json")["manifests"][0])
    }

    fn config(&self) -> Value {
        self.json_blob(&self.manifest()["config"])
    }

    /// The files of the image.
    fn root(&self) -> BTreeMap<String, Entry> {
        read_tar(GzDecoder::new(self.blob(&self.manifest()["layers"][0])))
    }
}

fn read_tar(tar: impl std::io::Read) -> BTreeMap<String, Entry> {
    let mut archive = tar::Archive::new(tar);
    let entries = archive.entries().unwrap().map(|entry| {
        let mut entry = entry.unwrap();
        let mut content = Vec::new();
        entry.read_to_end(&mut content).unwrap();
        let link = entry.link_name().unwrap().map(Cow::into_owned);
        let mode = entry.header().mode().unwrap();
        (entry.path().unwrap().display().to_string(), Entry { mode, link, content })
    });
    entries.collect()
}

/// Runs a tool to a good end, and returns what it printed.
fn succeed(command: Command) -> String {
    let shown = format!("{command:?}");
    let output = finish(command, Duration::from_secs(60));
    let stdout = String::from_utf8_lossy(&output.stdout).into_owned();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{shown}: {stdout}\n{stderr}");
    stdout
}

/// A file of `docker/`.
fn deployment(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../docker").join(name)
}

/// How long building the programs may take on a busy machine.
const BUILD: Duration = Duration::from_secs(840);
