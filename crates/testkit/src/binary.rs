//! Where the built programs are.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::process::clean_environment;

/// The path of one of our programs, such as `bridge`.
///
/// Looked for in `DOCKER_API_BIN_DIR`, else where cargo put the test itself. Cargo doesn't build
/// the programs of other packages for a test, so it panics if the program is missing.
pub fn binary(name: &str) -> PathBuf {
    let path = folder().join(name);
    assert!(
        path.is_file(),
        "{} isn't built: run `cargo build --workspace --bins` first, or `cargo xtask test`",
        path.display()
    );
    path
}

/// A copy of one of our programs, `folder/NAME`: where they were built, other users may not look.
///
/// `cp` writes it, not this process: a child that another thread is just starting would hold the
/// written file open for a moment, and nobody can run a file that is open for writing (`ETXTBSY`).
pub fn copy(name: &str, folder: &Path) -> PathBuf {
    let to = folder.join(name);
    let mut cp = Command::new("cp");
    let status = clean_environment(&mut cp).arg(binary(name)).arg(&to).status();
    assert!(status.is_ok_and(|status| status.success()), "cannot copy to {}", to.display());
    to
}

/// Where the programs are.
fn folder() -> PathBuf {
    if let Some(folder) = env::var_os("DOCKER_API_BIN_DIR").filter(|folder| !folder.is_empty()) {
        return folder.into();
    }
    let test = env::current_exe().expect("the path of the test");
    let folder = test.parent().expect("a program is in a folder");
    // target/debug/deps/TEST-HASH, and target/debug/PROGRAM for the programs themselves.
    if folder.ends_with("deps") { folder.parent().unwrap_or(folder).into() } else { folder.into() }
}

/// A folder for what tests keep between runs: `testkit` in cargo's target folder.
pub fn scratch() -> PathBuf {
    let test = env::current_exe().expect("the path of the test");
    let target = test.ancestors().find(|folder| folder.join("CACHEDIR.TAG").is_file());
    let scratch = target.map_or_else(env::temp_dir, Path::to_owned).join("testkit");
    std::fs::create_dir_all(&scratch).expect("a scratch folder");
    scratch
}

/// The first program of that name in `PATH`.
pub fn in_path(name: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    env::split_paths(&path).map(|folder| folder.join(name)).find(|path| path.is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_in_the_path_are_found() {
        assert!(in_path("sh").is_some());
        assert!(in_path("no-such-program-here").is_none());
    }

    #[test]
    #[should_panic(expected = "isn't built: run `cargo build --workspace --bins` first")]
    fn a_program_that_is_not_built_says_how() {
        binary("no-such-program-here");
    }
}
