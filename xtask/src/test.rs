//! `cargo xtask test`: every test, and one honest line at the end.

use std::io::{self, BufRead as _, BufReader, IsTerminal as _, Write};
use std::process::{self, Command, ExitCode, ExitStatus, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;
use std::{env, fs, thread};

use anyhow::Context as _;

use crate::tally::{Skips, Tally};
use crate::workspace;

/// Build every binary, run every test, and count what passed, failed and was skipped.
///
/// Tests run with cargo-nextest if it is installed, else with cargo's own runner.
#[derive(Debug, Default, clap::Parser)]
pub(crate) struct Options {
    /// Names of tests, or parts of them, and whatever else the runner takes; without any, all run,
    /// documentation tests too.
    #[arg(last = true, value_name = "FILTER")]
    filters: Vec<String>,
}

pub(crate) fn run(options: &Options) -> anyhow::Result<ExitCode> {
    let target = workspace::target()?;
    workspace::run(&mut workspace::cargo("build --workspace --bins --locked"))?;

    let skips_file = target.join(format!("skipped-tests-{}.txt", process::id()));
    let shown = skips_file.display();
    fs::write(&skips_file, "").with_context(|| format!("cannot write `{shown}`"))?;
    let mut total = Tally::default();
    let mut all_ended_well = true;
    for mut runner in runners(&options.filters, has_nextest(), workspace::in_ci()) {
        runner.command.env("TESTKIT_SKIPPED", &skips_file);
        let (tally, status) = runner.run(&mut io::stdout())?;
        total += tally;
        if !status.success() {
            all_ended_well = false;
            eprintln!("`{}` ended with {status}", workspace::show(&runner.command));
        }
    }
    let skips =
        fs::read_to_string(&skips_file).with_context(|| format!("cannot read `{shown}`"))?;
    fs::remove_file(&skips_file).with_context(|| format!("cannot remove `{shown}`"))?;
    let skips = Skips::read(&skips);
    let total = total.with_skips(&skips);

    print!("\n{skips}");
    println!("{total}");
    Ok(if all_ended_well && total.failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn has_nextest() -> bool {
    workspace::succeeds(&mut workspace::cargo("nextest --version"))
}

/// The runners to start, one after the other.
fn runners(filters: &[String], nextest: bool, in_ci: bool) -> Vec<Runner> {
    let mut tests = if nextest {
        let mut tests = workspace::cargo("nextest run --workspace --locked");
        tests.args(in_ci.then_some("--profile=ci")).args(filters);
        tests
    } else {
        // `--tests`: all but the documentation tests, which have a run of their own.
        let mut tests = workspace::cargo("test --workspace --locked --no-fail-fast --tests");
        if !filters.is_empty() {
            tests.arg("--").args(filters);
        }
        tests
    };
    if io::stdout().is_terminal() && env::var_os("NO_COLOR").is_none() {
        tests.env("CARGO_TERM_COLOR", "always");
    }
    let read: fn(&str) -> Option<Tally> = match (nextest, filters.is_empty()) {
        (false, _) => Tally::of_libtest,
        (true, true) => Tally::of_nextest,
        (true, false) => |line| Tally::of_nextest(line).map(Tally::without_skipped),
    };
    let tests = Runner { command: tests, read };
    if !filters.is_empty() {
        return vec![tests];
    }
    let docs = workspace::cargo("test --workspace --locked --no-fail-fast --doc");
    vec![tests, Runner { command: docs, read: Tally::of_libtest }]
}

struct Runner {
    command: Command,
    /// Reads a summary, if the line is one.
    read: fn(&str) -> Option<Tally>,
}

impl Runner {
    /// Runs to its end, copies what is printed to `out`, and counts.
    fn run(&mut self, out: &mut impl Write) -> anyhow::Result<(Tally, ExitStatus)> {
        let shown = workspace::show(&self.command);
        eprintln!("$ {shown}");
        let (reader, writer) = io::pipe().context("cannot make a pipe")?;
        let mut child = self
            .command
            .stdin(Stdio::null())
            .stdout(writer.try_clone().context("cannot make a pipe")?)
            .stderr(writer)
            .spawn()
            .with_context(|| format!("cannot run `{shown}`"))?;
        // The command holds our copies of the pipe's end.
        self.command.stdout(Stdio::null()).stderr(Stdio::null());

        let (lines, inbox) = mpsc::channel();
        thread::spawn(move || {
            let lines_read = BufReader::new(reader).split(b'\n').map_while(Result::ok);
            lines_read.map(|line| lines.send(line)).find(Result::is_err)
        });
        let mut tally = Tally::default();
        loop {
            match inbox.recv_timeout(Duration::from_millis(200)) {
                Ok(mut line) => {
                    tally += (self.read)(&String::from_utf8_lossy(&line)).unwrap_or_default();
                    line.push(b'\n');
                    out.write_all(&line).and_then(|()| out.flush()).context("cannot print")?;
                }
                // What a test left running may hold the pipe long after the runner's end.
                Err(RecvTimeoutError::Timeout) => {
                    if child.try_wait().is_ok_and(|status| status.is_some()) {
                        break;
                    }
                }
                Err(RecvTimeoutError::Disconnected) => break,
            }
        }
        let status = child.wait().with_context(|| format!("cannot wait for `{shown}`"))?;
        Ok((tally, status))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(filters: &[&str], nextest: bool, in_ci: bool) -> Vec<String> {
        let filters: Vec<String> = filters.iter().map(ToString::to_string).collect();
        let runners = runners(&filters, nextest, in_ci);
        // CARGO_TERM_COLOR depends on where the tests run.
        runners
            .iter()
            .map(|runner| workspace::show(&runner.command).replace("CARGO_TERM_COLOR=always ", ""))
            .collect()
    }

    #[test]
    fn documentation_tests_run_unless_some_tests_were_asked_for() {
        let docs = "cargo test --workspace --locked --no-fail-fast --doc";
        assert_eq!(shown(&[], true, false), ["cargo nextest run --workspace --locked", docs]);
        assert_eq!(
            shown(&[], true, true),
            ["cargo nextest run --workspace --locked --profile=ci", docs]
        );
        assert_eq!(
            shown(&["half_close"], true, false),
            ["cargo nextest run --workspace --locked half_close"]
        );
    }

    #[test]
    fn without_nextest_cargo_runs_the_tests() {
        assert_eq!(
            shown(&["half_close"], false, true),
            ["cargo test --workspace --locked --no-fail-fast --tests -- half_close"]
        );
    }

    #[test]
    fn a_run_is_shown_counted_and_not_held_up_by_what_tests_leave_running() {
        let summary = "Summary [ 1s] 3 tests run: 3 passed, 2 skipped";
        let mut command = Command::new("sh");
        command.args(["-c", &format!("sleep 3 & echo '{summary}'")]);
        let mut out = Vec::new();

        let mut runner = Runner { command, read: Tally::of_nextest };
        let (tally, status) = runner.run(&mut out).unwrap();

        assert_eq!(out, format!("{summary}\n").as_bytes());
        assert_eq!(tally, Tally { passed: 3, failed: 0, skipped: 2 });
        assert!(status.success());
    }
}
