//! How much of what Rust can't check there may be.

use std::fs;
use std::path::{Path, PathBuf};

use crate::workspace;

/// Whoever would raise it says why in a review.
#[test]
fn eight_places_are_unsafe_and_stand_in_one_module() {
    let is_unsafe = |line: &str| line.contains("unsafe {") || line.contains("unsafe impl");
    let places: Vec<_> = lines().filter(|(_, line)| is_unsafe(line)).collect();
    let module = ["crates/core/src/unchecked.rs", "crates/core/src/unchecked/room.rs"];
    let there = |(path, _): &(PathBuf, _)| module.iter().any(|file| path.ends_with(file));
    assert!(places.len() == 8 && places.iter().all(there), "{places:?}");
}

/// The lints forbid what panics; nobody may lift them in a program or what it is made of.
#[test]
fn no_program_lifts_the_lints_against_panics() {
    let lints = ["unwrap_used", "expect_used", "clippy::panic", "indexing_slicing", "clippy::exit"];
    let lifted = |line: &str| {
        let lifts =
            line.contains("expect(") || line.contains("allow(") || line.starts_with("clippy::");
        lifts && lints.iter().any(|lint| line.contains(lint))
    };
    let places: Vec<_> = lines().filter(|(_, line)| lifted(line)).collect();
    assert!(places.is_empty(), "{places:?}");
    let manifest = fs::read_to_string(workspace::root().join("Cargo.toml")).unwrap();
    for lint in ["unwrap_used", "expect_used", "panic"] {
        assert!(manifest.contains(&format!("\n{lint} = \"warn\"\n")), "{lint}");
    }
}

/// Of programs and what they are made of; tests' own crates are none.
fn lines() -> impl Iterator<Item = (PathBuf, String)> {
    let ours = [
        "access",
        "admin",
        "bridge",
        "bridge-tls",
        "core",
        "engine",
        "gateway",
        "probe",
        "settings",
    ];
    let mut files = Vec::new();
    for name in ours {
        collect(&workspace::root().join("crates").join(name).join("src"), &mut files);
    }
    assert!(files.len() > 100);
    files.into_iter().flat_map(|path| {
        let text = fs::read_to_string(&path).unwrap();
        let lines: Vec<String> = text.lines().map(|line| line.trim().to_owned()).collect();
        lines
            .into_iter()
            .filter(|line| !line.starts_with("//"))
            .map(move |line| (path.clone(), line))
    })
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|kind| kind == "rs") {
            files.push(path);
        }
    }
}
