//! `cargo xtask bench`: the bridges beside their peers, measured on this machine.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::Context as _;

use crate::image::{Target, compile};
use crate::workspace;

/// Build the bridges as the images have them, and measure them beside every peer that is installed.
///
/// Peers are socat, haproxy, nginx, systemd-socket-proxyd and stunnel; all of them run on loopback
/// before a synthetic Engine. As root, processor time is counted exactly. A whole run takes half an
/// hour, wants the machine for itself, and writes docs/benchmarks.md and docs/benchmarks.svg; one
/// with --quick or --only writes to target/bench.
#[derive(Debug, clap::Parser)]
pub(crate) struct Options {
    /// Only these tests and targets, by their names in docs/benchmarks.md; repeatable.
    #[arg(long, value_name = "NAME", num_args = 1..)]
    only: Vec<String>,
    /// Little of everything, to see that it works; figures mean nothing.
    #[arg(long)]
    quick: bool,
    /// How often everything is done: 5 times, with --quick once, if not said.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    rounds: Option<u32>,
    /// Write every figure of every run to this file.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Where to write the page and the plot.
    #[arg(long, value_name = "FOLDER")]
    output: Option<PathBuf>,
    /// Take bench, bridge and bridge-tls from this folder, as they are.
    #[arg(long, value_name = "FOLDER")]
    programs: Option<PathBuf>,
}

pub(crate) fn run(options: &Options) -> anyhow::Result<ExitCode> {
    let programs = match &options.programs {
        Some(folder) => folder.clone(),
        None => build()?,
    };
    workspace::run(&mut options.command(&programs)?)?;
    Ok(ExitCode::SUCCESS)
}

impl Options {
    fn command(&self, programs: &Path) -> anyhow::Result<Command> {
        let mut command = Command::new(programs.join("bench"));
        command.arg("run").arg("--programs").arg(programs);
        command.arg("--output").arg(self.output()?);
        command.args(["--command", &self.typed()]);
        if let Some(file) = &self.json {
            command.arg("--json").arg(file);
        }
        command.args(self.choice());
        Ok(command)
    }

    /// Figures of a part, or of a quick run, must not take the place of those of a whole one.
    fn output(&self) -> anyhow::Result<PathBuf> {
        match &self.output {
            Some(folder) => Ok(folder.clone()),
            None if self.quick || !self.only.is_empty() => Ok(workspace::target()?.join("bench")),
            None => Ok(workspace::root().join("docs")),
        }
    }

    /// The options that decide on figures.
    fn choice(&self) -> Vec<String> {
        let mut words = Vec::new();
        if self.quick {
            words.push("--quick".to_owned());
        }
        if let Some(rounds) = self.rounds {
            words.extend(["--rounds".to_owned(), rounds.to_string()]);
        }
        if !self.only.is_empty() {
            words.push("--only".to_owned());
            words.extend(self.only.iter().cloned());
        }
        words
    }

    /// What the page says it was written by.
    fn typed(&self) -> String {
        let mut words = vec!["cargo xtask bench".to_owned()];
        words.extend(self.choice());
        words.join(" ")
    }
}

/// Builds the programs, and returns their folder.
fn build() -> anyhow::Result<PathBuf> {
    let folder = workspace::target()?.join("bench/programs");
    fs::create_dir_all(&folder)
        .with_context(|| format!("cannot create folder `{}`", folder.display()))?;
    let target = Target::host()?;
    for package in ["bridge", "bridge-tls", "bench"] {
        let path = folder.join(package);
        let bytes = compile(package, None, target)?;
        OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o755)
            .open(&path)
            .and_then(|mut file| file.write_all(&bytes))
            .with_context(|| format!("cannot write `{}`", path.display()))?;
    }
    Ok(folder)
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;

    fn options(words: &[&str]) -> Options {
        Options::parse_from([&["bench"], words].concat())
    }

    #[test]
    fn only_a_whole_run_takes_the_place_of_the_documented_figures() {
        assert!(options(&[]).output().unwrap().ends_with("docs"));
        assert!(options(&["--rounds", "7"]).output().unwrap().ends_with("docs"));
        assert!(options(&["--quick"]).output().unwrap().ends_with("bench"));
        assert!(options(&["--only", "socat"]).output().unwrap().ends_with("bench"));
        let elsewhere = options(&["--quick", "--output", "/tmp/here"]);
        assert_eq!(elsewhere.output().unwrap(), Path::new("/tmp/here"));
    }

    #[test]
    fn the_page_names_the_options_that_decide_on_figures() {
        let options = options(&["--json", "x.json", "--only", "down-1", "socat", "--quick"]);
        assert_eq!(options.typed(), "cargo xtask bench --quick --only down-1 socat");
    }
}
