//! The docker CLI's files give a context or one line that names the file.
#![no_main]
#![allow(dead_code, reason = "the program has readers for all of it")]

use std::fs;
use std::path::PathBuf;
use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;

#[path = "../../crates/probe/src/contexts.rs"]
mod contexts;
#[path = "../../crates/probe/src/material.rs"]
mod material;

static FOLDER: LazyLock<PathBuf> = LazyLock::new(|| {
    let folder = std::env::temp_dir().join(format!("fuzz-contexts-{}", std::process::id()));
    fs::create_dir_all(folder.join(format!("contexts/meta/{OF_X}"))).expect("a folder");
    folder
});

fuzz_target!(|bytes: &[u8]| {
    let folder = &*FOLDER;
    fs::write(folder.join(format!("contexts/meta/{OF_X}/meta.json")), bytes).expect("a file");
    fs::write(folder.join("config.json"), bytes).expect("a file");
    if let Err(error) = contexts::read(folder, "x", material::Trust::System(None)) {
        assert!(error.contains("meta.json: ") && !error.contains('\n'), "{error:?}");
    }
    match contexts::current(folder) {
        Ok(name) => assert!(name.is_none_or(|name| !name.is_empty() && name != "default")),
        Err(error) => assert!(error.contains("config.json: ") && !error.contains('\n')),
    }
});

/// SHA-256 of `x`.
const OF_X: &str = "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881";
