//! File systems of a test's own, to be full or read-only.

use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use crate::skip;

/// A tmpfs, which goes when it is dropped.
#[derive(Debug)]
pub struct Mount(TempDir);

impl Mount {
    /// With these options, such as `size=4m`. None: this isn't root, or this place doesn't let root
    /// mount, and the test is skipped.
    #[must_use = "without a mount the test must return"]
    pub fn tmpfs_or_skip(options: &str) -> Option<Self> {
        if !skip::require_root() {
            return None;
        }
        let folder = TempDir::new().expect("a folder");
        let mounted = mount(&["-t", "tmpfs", "-o", options, "tmpfs"], folder.path());
        if !mounted {
            skip::skip("no right to mount");
        }
        mounted.then_some(Self(folder))
    }

    /// Where it is.
    pub fn root(&self) -> &Path {
        self.0.path()
    }

    /// A path in it that isn't there yet.
    pub fn path(&self) -> PathBuf {
        self.root().join("certs")
    }

    /// Changes an option of the mount, such as to `ro`.
    pub fn remount(&self, option: &str) {
        assert!(mount(&["-o", &format!("remount,{option}")], self.0.path()));
    }
}

impl Drop for Mount {
    fn drop(&mut self) {
        // If it stays, the directory under it can't be removed, which is seen.
        let _unmounted = Command::new("umount").arg(self.0.path()).status();
    }
}

fn mount(arguments: &[&str], at: &Path) -> bool {
    Command::new("mount").args(arguments).arg(at).status().is_ok_and(|status| status.success())
}
