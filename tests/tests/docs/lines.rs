//! Command lines of ours, as pages show them.

use std::process::Command;

use testkit::process::{clean_environment, finish};
use testkit::{DEADLINE, Program, binary};

use crate::check::Roles;

/// Has the program say whether it takes a command line; nothing is done. False if the line is of
/// another program. Panics if it is refused.
pub(crate) fn check(line: &str, roles: &Roles, place: &str) -> bool {
    let Some(words) = words(line) else { return false };
    // An elision, or a synopsis.
    if words.iter().any(|word| word.contains('…') || word.starts_with('[')) {
        return true;
    }
    let words: Vec<_> = words.iter().map(|word| concrete(word, roles)).collect();
    let (program, words) = words.split_first().expect("the program");
    let mut command = match program.as_str() {
        "cargo" => {
            let mut xtask = Command::new(binary::binary("xtask"));
            // What follows `--` is the business of another program.
            let ours = words.iter().skip(1).take_while(|word| *word != "--");
            clean_environment(&mut xtask).args(ours).arg("--help");
            xtask
        }
        program => {
            let only_parses = program == "probe"
                || words.iter().any(|word| ["client", "ca", "--health"].contains(&&**word));
            let ends = ["--help", "-h", "--version", "-V", "--check", "--completions"];
            let more = match only_parses {
                true => Some("--help"),
                false if words.iter().any(|word| ends.contains(&&**word)) => None,
                false => Some("--check"),
            };
            Program::ours(program).args(words.iter().map(|word| &**word).chain(more)).command()
        }
    };
    command.env("BRIDGE_TLS_CERT_DIR", roles.folder());
    command.current_dir(roles.folder());
    let output = finish(command, DEADLINE);
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{place}: {line}: {error}");
    true
}

/// The words of a command line of ours, the program first.
fn words(line: &str) -> Option<Vec<&str>> {
    let mut line = line.trim();
    for before in ["- run: ", "run: ", "- ", "$ ", "ExecStart=", "/usr/local/bin/"] {
        line = line.strip_prefix(before).unwrap_or(line);
    }
    let ends = [" #", " && ", " || ", " | ", " > ", "; "];
    let end = ends.iter().filter_map(|end| line.find(end)).min().unwrap_or(line.len());
    let words: Vec<_> =
        line[..end].split_whitespace().map(|word| word.trim_matches('\'')).collect();
    match words[..] {
        ["bridge" | "bridge-tls" | "probe", ..] | ["cargo", "xtask", _, ..] => Some(words),
        _ => None,
    }
}

/// With something in place of what the reader fills in.
fn concrete(word: &str, roles: &Roles) -> String {
    let word = match word {
        "NAME" => "laptop",
        "ROLE" => "monitor",
        "ADDRESS" => "127.0.0.1:2375",
        "FILE" | "DIR" => "x",
        "SHELL" => "bash",
        "HOST" => "docker.example.com",
        other => other,
    };
    let word = word.replace("=ROLE", "=monitor").replace("ADDRESS", "127.0.0.1:2375");
    if word.ends_with("policy.toml") || word == "learned.toml" {
        return roles.file().display().to_string();
    }
    word
}

/// Lines that a `\` joins are one.
pub(crate) fn joined(text: &str) -> Vec<String> {
    let text = text.replace("\\\n", " ");
    text.lines().map(|line| line.trim().to_owned()).filter(|line| !line.is_empty()).collect()
}
