//! What is asked of a snippet that isn't run.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use testkit::process::finish;
use testkit::{DEADLINE, Program, check, skip};

use crate::block::{Block, Marker};
use crate::{Page, compose, lines, top};

/// A policy that has every role that a page defines, for the command lines that name one.
pub(crate) struct Roles {
    folder: tempfile::TempDir,
}

impl Roles {
    pub(crate) fn of(pages: &[Page]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let names = pages.iter().flat_map(|page| page.text.lines()).filter_map(role);
        let names: BTreeSet<_> = names.chain(["learned"]).collect();
        let policy = names.iter().fold(String::new(), |mut policy, name| {
            let _ = writeln!(policy, "[roles.{name}]\nextends = [\"monitor\"]");
            policy
        });
        fs::write(folder.path().join("policy.toml"), policy).unwrap();
        Self { folder }
    }

    /// Where command lines are checked.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn file(&self) -> PathBuf {
        self.folder.path().join("policy.toml")
    }
}

/// The role that a line of a policy begins.
fn role(line: &str) -> Option<&str> {
    line.strip_prefix("[roles.")?.strip_suffix(']')
}

/// Panics if a snippet isn't as its marker says.
pub(crate) fn block(block: &Block, roles: &Roles) {
    match &block.marker {
        Marker::None => by_language(block, roles),
        Marker::Output(command) => {
            let mut words = command.split(' ');
            let program = Program::ours(words.next().unwrap()).args(words);
            let printed = check::printed(&program);
            let printed: Vec<_> = printed.lines().map(str::trim_end).collect();
            let printed = printed.join("\n");
            assert!(block.text == printed, "{}: it prints:\n{printed}", block.place);
        }
        Marker::File(path) => {
            let file = fs::read_to_string(top().join(path)).expect(path);
            assert!(file.contains(&block.text), "{}: these aren't lines of {path}", block.place);
        }
        Marker::Commands => {
            let lines = lines::joined(&block.text);
            let ours = lines.iter().filter(|line| lines::check(line, roles, &block.place)).count();
            assert!(ours > 0, "{}: no command line of ours in it", block.place);
        }
        Marker::Prometheus => prometheus(block),
        Marker::Run | Marker::NotRun(_) => {}
    }
}

/// A policy's roles, a compose file's services, a unit's and a script's command lines.
pub(crate) fn by_language(block: &Block, roles: &Roles) {
    match &*block.language {
        "text" => {}
        "toml" => policy(block),
        "yaml" => compose::file(block, roles),
        "json" => {
            let read = serde_json::from_str::<serde_json::Value>(&block.text);
            read.unwrap_or_else(|error| panic!("{}: {error}", block.place));
        }
        "ini" => {
            let starts = block.text.lines().filter(|line| line.starts_with("ExecStart="));
            let checked = starts.filter(|line| lines::check(line, roles, &block.place)).count();
            assert!(checked > 0, "{}: mark how it is checked, or why not", block.place);
        }
        "sh" | "console" => {
            for line in lines::joined(&block.text).iter().filter(|line| !line.starts_with('#')) {
                assert!(
                    lines::check(line, roles, &block.place),
                    "{}: mark how `{line}` is checked (`check: run`), or why it isn't",
                    block.place
                );
            }
        }
        other => panic!("{}: nobody knows how to check `{other}`: mark it", block.place),
    }
}

/// Each of its roles is one that a bridge takes.
fn policy(block: &Block) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("policy.toml");
    fs::write(&file, &block.text).unwrap();
    let roles: Vec<_> = block.text.lines().filter_map(role).collect();
    assert!(!roles.is_empty(), "{}: no role in it", block.place);
    for role in roles {
        let program = Program::ours("bridge").args(["--check", "--access", role, "--policy"]);
        let output = program.arg(&file).run();
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{}: {role}: {error}", block.place);
    }
}

fn prometheus(block: &Block) {
    let Some(promtool) = skip::require_tool("promtool") else { return };
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("prometheus.yml");
    fs::write(&file, &block.text).unwrap();
    let kind = if block.text.starts_with("groups:") { "rules" } else { "config" };
    let mut command = Command::new(promtool);
    command.args(["check", kind]);
    if kind == "config" {
        command.arg("--syntax-only");
    }
    let output = finish(
        {
            command.arg(&file);
            command
        },
        DEADLINE,
    );
    assert!(output.status.success(), "{}: {output:?}", block.place);
}
