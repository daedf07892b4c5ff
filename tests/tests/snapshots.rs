//! What people read of the programs, word for word: help, manual pages, and what mistakes get.
//!
//! `UPDATE=1 cargo test -p e2e --test snapshots` writes the files anew; the difference is then reviewed.

#![expect(clippy::unwrap_used, reason = "to a test a panic is an answer")]

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

use testkit::{Program, check};

/// Every command that has a help of its own.
const COMMANDS: [&str; 10] = [
    "bridge",
    "bridge-tls",
    "bridge-tls serve",
    "bridge-tls client",
    "bridge-tls client add",
    "bridge-tls client list",
    "bridge-tls client revoke",
    "bridge-tls ca",
    "bridge-tls ca show",
    "probe",
];

/// Command lines with a mistake in each, and one of every kind of message.
const MISTAKES: &str = include_str!("../snapshots/mistakes.txt");

#[test]
fn the_snapshot_of_help_is_what_is_printed() {
    for command in COMMANDS {
        for (ask, kind) in [("-h", "short"), ("--help", "long")] {
            let words: Vec<_> = command.split(' ').collect();
            let program = Program::ours(words[0]).args(&words[1..]).arg(ask);
            let help = check::printed(&program);
            same(&format!("help/{}.{kind}.txt", words.join("-")), &without_blanks(&help));
        }
    }
}

#[test]
fn the_snapshot_of_manual_pages_is_what_is_made() {
    let folder = tempfile::tempdir().unwrap();
    check::printed(&Program::ours("manual").arg(folder.path()));
    let mut pages = files(&folder.path().join("man"));
    for page in &pages {
        let text = fs::read_to_string(folder.path().join("man").join(page)).unwrap();
        let version = concat!(" ", env!("CARGO_PKG_VERSION"), "\"");
        same(&format!("man/{page}"), &text.replace(version, " VERSION\""));
    }
    let mut kept = files(&snapshots().join("man"));
    pages.sort();
    kept.sort();
    assert_eq!(pages, kept, "the programs have other pages than those that are kept");
}

/// Each command line and below it what standard error says, with the exit code.
#[test]
fn the_snapshot_of_mistakes_is_what_they_get() {
    let folder = tempfile::tempdir().unwrap();
    for (name, content) in POLICIES {
        fs::write(folder.path().join(name), content).unwrap();
    }
    let mut text = String::new();
    for line in MISTAKES.lines().filter(|line| line.starts_with("$ ")) {
        let words: Vec<_> = line[2..].split(' ').collect();
        let is_variable = |word: &&str| word.starts_with(['B', 'P']) && word.contains('=');
        let (variables, words): (Vec<&str>, Vec<&str>) = words.into_iter().partition(is_variable);
        let mut program = Program::ours(words[0]).args(&words[1..]).env("HOME", "/home/me");
        for (name, value) in variables.iter().filter_map(|word| word.split_once('=')) {
            program = program.env(name, value);
        }
        let mut command = program.command();
        command.current_dir(folder.path());
        let output = testkit::process::finish(command, testkit::DEADLINE);
        assert!(output.stdout.is_empty() || line.contains("nagios"), "{line}: {output:?}");
        let error = String::from_utf8(output.stderr).unwrap();
        let error = error.replace(folder.path().to_str().unwrap(), "/folder");
        assert_eq!(error.lines().count(), 1, "{line}: {error}");
        let _ = writeln!(text, "{line}\n{error}exit {}\n", output.status.code().unwrap());
    }
    same("mistakes.txt", text.trim_end());
}

/// Compares with a file of `tests/snapshots`, or writes it.
fn same(name: &str, text: &str) {
    let path = snapshots().join(name);
    let text = format!("{}\n", text.trim_end());
    if env::var_os("UPDATE").is_some() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, &text).unwrap();
    }
    let kept = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        kept == text,
        "tests/snapshots/{name} differs (UPDATE=1 writes it anew); now it is:\n{text}"
    );
}

/// Lines without words have blanks in them, which no editor keeps.
fn without_blanks(text: &str) -> String {
    text.lines().flat_map(|line| [line.trim_end(), "\n"]).collect()
}

fn files(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).into_iter().flatten();
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

fn snapshots() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("snapshots")
}

/// Policy files with a mistake in each.
const POLICIES: [(&str, &str); 4] = [
    ("role.toml", "[roles.deployer]\nextends = [\"monitr\"]\n"),
    ("operation.toml", "[roles.deployer]\nallow = [\"ContainerLst\"]\n"),
    ("class.toml", "[roles.deployer]\nallow = [\"class:lifecicle\"]\n"),
    ("key.toml", "[roles.deployer]\nalow = [\"ContainerList\"]\n"),
];
