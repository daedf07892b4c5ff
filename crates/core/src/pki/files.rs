//! The content of files at one moment, and changes to it.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

/// Files of a directory by their path in it, as they were at one moment.
#[derive(Clone, Default, Eq, PartialEq)]
pub(super) struct Files {
    root: PathBuf,
    content: BTreeMap<String, Vec<u8>>,
}

/// A file to be written whole.
#[derive(Clone, Eq, PartialEq)]
pub(super) struct Write {
    /// Its path in the directory.
    pub(super) path: String,
    /// What it will hold.
    pub(super) content: Vec<u8>,
    /// Its mode.
    pub(super) mode: u32,
}

impl Files {
    pub(super) fn new(root: &Path) -> Self {
        Self { root: root.into(), content: BTreeMap::new() }
    }

    pub(super) fn insert(&mut self, path: &str, content: Vec<u8>) {
        self.content.insert(path.into(), content);
    }

    pub(super) fn get(&self, path: &str) -> Option<&[u8]> {
        self.content.get(path).map(Vec::as_slice)
    }

    pub(super) fn has(&self, path: &str) -> bool {
        self.content.contains_key(path)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.content.is_empty()
    }

    /// The whole path, for messages.
    pub(super) fn path(&self, path: &str) -> PathBuf {
        self.root.join(path)
    }

    /// What they are after a write.
    pub(super) fn apply(&mut self, write: &Write) {
        self.insert(&write.path, write.content.clone());
    }
}

impl Write {
    pub(super) fn public(path: impl Into<String>, content: impl Into<Vec<u8>>) -> Self {
        Self { path: path.into(), content: content.into(), mode: 0o644 }
    }

    pub(super) fn secret(path: impl Into<String>, content: impl Into<Vec<u8>>) -> Self {
        Self { path: path.into(), content: content.into(), mode: 0o600 }
    }
}

// Keys are among the content, which no log must hold.

impl fmt::Debug for Files {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let paths: Vec<_> = self.content.keys().collect();
        f.debug_struct("Files").field("root", &self.root).field("content", &paths).finish()
    }
}

impl fmt::Debug for Write {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Write").field("path", &self.path).finish_non_exhaustive()
    }
}
