//! The README shows what the program does: its help, and command lines that work.

#![expect(clippy::unwrap_used, reason = "to a test a panic is an answer")]

use std::fs;
use std::path::Path;

use testkit::process::finish;
use testkit::{DEADLINE, Program};

fn readme() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../README.md");
    fs::read_to_string(path).unwrap()
}

/// The lines of code blocks, fenced and indented, outside the block with the help.
fn code_lines(readme: &str) -> Vec<String> {
    let mut lines = Vec::new();
    let (mut fenced, mut help) = (false, false);
    for line in readme.lines() {
        help = (help || line == BEGIN) && line != END;
        if line.starts_with("```") {
            fenced = !fenced;
        } else if help {
        } else if fenced {
            lines.push(line.trim().to_owned());
        } else if let Some(code) = line.strip_prefix("    ") {
            lines.push(code.trim().to_owned());
        }
    }
    lines
}

/// What follows a program's name in each command line of code blocks and code spans.
fn command_lines(readme: &str, program: &str) -> Vec<String> {
    let mut all: Vec<_> = code_lines(readme)
        .into_iter()
        .filter_map(|line| {
            let line = line.strip_prefix("ExecStart=").unwrap_or(&line);
            let line = line.strip_prefix("/usr/local/bin/").unwrap_or(line);
            let rest = line.strip_prefix(program).or_else(|| line.strip_prefix("command:"))?;
            let words = rest.split(" #").next().unwrap_or_default();
            (words.is_empty() || words.starts_with(' ')).then(|| words.trim().to_owned())
        })
        .collect();
    let spans = readme.split('`').skip(1).step_by(2);
    let called = spans.filter_map(|span| span.strip_prefix(program)?.strip_prefix(' '));
    all.extend(called.map(str::to_owned));
    all
}

#[test]
fn the_help_in_the_readme_is_the_programs() {
    let readme = readme();
    let output = Program::ours("bridge").arg("--help").run();
    let help = String::from_utf8(output.stdout).unwrap();
    // Lines without words have blanks in them, which no editor keeps.
    let help: String = help.lines().flat_map(|line| [line.trim_end(), "\n"]).collect();
    let block = format!("{BEGIN}\n```text\n{help}```\n{END}\n");
    assert!(readme.contains(&block), "README.md is to have this block:\n{block}");
}

#[test]
fn every_command_line_of_the_readme_is_one() {
    let readme = readme();
    let lines = command_lines(&readme, "bridge");
    assert!(lines.iter().any(String::is_empty), "{lines:?}");
    assert!(lines.iter().any(|line| line.starts_with("--listen ")), "{lines:?}");
    let of_socat = lines.iter().filter(|line| line.starts_with("TCP-LISTEN:")).count();
    assert!(of_socat >= 2, "one on the command line, one in a compose file: {lines:?}");
    for line in lines {
        let words: Vec<_> = line.split_whitespace().collect();
        let prints = words.iter().any(|word| ["--help", "--version", "-h", "-V"].contains(word));
        let check = if prints { None } else { Some("--check") };
        let output = Program::ours("bridge").args(words.into_iter().chain(check)).run();
        assert!(output.status.success(), "bridge {line}: {output:?}");
    }
}

/// The commands in their order, in a directory of their own: each stands on those before it.
#[test]
fn every_command_line_about_tls_is_one() {
    let readme = readme();
    let folder = tempfile::tempdir().unwrap();
    let lines = command_lines(&readme, "bridge-tls");
    let lines = lines.iter().filter(|line| !line.starts_with("TCP-LISTEN:"));
    let lines: Vec<_> = lines.map(|line| line.replace("NAME", "laptop")).collect();
    assert!(lines.iter().any(|line| line.starts_with("client add laptop --host")), "{lines:?}");
    for line in &lines {
        let words: Vec<_> = line.split_whitespace().collect();
        let serves = !words.iter().any(|word| ["client", "ca", "--help"].contains(word));
        let more = if serves { Some("--check") } else { None };
        let program = Program::ours("bridge-tls").args(words.into_iter().chain(more));
        let mut command = program.env("BRIDGE_TLS_CERT_DIR", folder.path()).command();
        command.current_dir(folder.path());
        let output = finish(command, DEADLINE);
        // The code block has added it, and a sentence does it again.
        let twice = line == "client add laptop";
        assert_eq!(output.status.success(), !twice, "bridge-tls {line}: {output:?}");
    }
}

const BEGIN: &str = "<!-- bridge --help -->";
const END: &str = "<!-- /bridge --help -->";
