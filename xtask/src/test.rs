//! `cargo xtask test`: every test, and one honest line at the end.

use std::io::{self, BufRead as _, BufReader, IsTerminal as _, Write};
use std::process::{self, Command, ExitCode, ExitStatus, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;
use std::{env, fs, thread};

use anyhow::Context as _;

use crate::conformance::{self, Again};
use crate::tally::{Skips, Tally};
use crate::workspace;

/// Build every binary, run every test, and count what passed, failed and was skipped.
///
/// Those that say what a faithful bridge must get right run again through `bridge-tls`, once for each
/// version of TLS, and once with guarded access. Tests run with cargo-nextest if it is installed, else with cargo's own runner.
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

/// The runners to start, one after the other: all tests, then some once more for each transport
/// with TLS, and once guarded.
fn runners(filters: &[String], nextest: bool, in_ci: bool) -> Vec<Runner> {
    let once_more = conformance::RUNS.iter().map(Some);
    let mut runners: Vec<Runner> = [None]
        .into_iter()
        .chain(once_more)
        .map(
            |again| {
                if nextest { by_nextest(filters, again, in_ci) } else { by_cargo(filters, again) }
            },
        )
        .collect();
    if io::stdout().is_terminal() && env::var_os("NO_COLOR").is_none() {
        for runner in &mut runners {
            runner.command.env("CARGO_TERM_COLOR", "always");
        }
    }
    if filters.is_empty() {
        let docs = workspace::cargo("test --workspace --locked --no-fail-fast --doc");
        runners.push(Runner { command: docs, read: Tally::of_libtest });
    }
    runners
}

fn by_nextest(filters: &[String], again: Option<&Again>, in_ci: bool) -> Runner {
    let mut command = workspace::cargo("nextest run --workspace --locked");
    command.args(in_ci.then_some("--profile=ci"));
    for name in conformance::VARIABLES {
        command.env_remove(name);
    }
    if let Some(again) = again {
        again.choose(&mut command);
        // Those that were asked for may all be elsewhere.
        // Nearly all of these wait for a peer, none for a compiler.
        command.args(["--test-threads=8", "--no-tests=pass"]);
        command.args(filters).arg("--").args(again.leave_out());
    } else {
        command.args(filters);
    }
    let read: fn(&str) -> Option<Tally> = if filters.is_empty() && again.is_none() {
        Tally::of_nextest
    } else {
        |line| Tally::of_nextest(line).map(Tally::without_skipped)
    };
    Runner { command, read }
}

fn by_cargo(filters: &[String], again: Option<&Again>) -> Runner {
    let mut command = workspace::cargo("test --workspace --locked --no-fail-fast");
    for name in conformance::VARIABLES {
        command.env_remove(name);
    }
    if let Some(again) = again {
        again.choose(&mut command);
        command.arg("--").args(filters).args(again.leave_out());
    } else {
        // All but the documentation tests, which have a run of their own.
        command.arg("--tests");
        if !filters.is_empty() {
            command.arg("--").args(filters);
        }
    }
    Runner { command, read: Tally::of_libtest }
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
        let all = shown(&[], true, true);
        assert_eq!(all[0], "cargo nextest run --workspace --locked --profile=ci");
        assert_eq!(all.last().unwrap(), docs);
        let some = shown(&["half_close"], true, false);
        assert_eq!(some[0], "cargo nextest run --workspace --locked half_close");
        assert!(!some.iter().any(|command| command == docs));
    }

    #[test]
    fn without_nextest_cargo_runs_the_tests() {
        assert_eq!(
            shown(&["half_close"], false, true)[0],
            "cargo test --workspace --locked --no-fail-fast --tests -- half_close"
        );
    }

    #[test]
    fn each_transport_with_tls_and_guarded_access_have_a_run_that_is_filtered_as_the_first_is() {
        for (nextest, begin, end) in [
            (
                true,
                "cargo nextest run --workspace --locked --test ",
                " --no-tests=pass half_close -- --skip ",
            ),
            (
                false,
                "cargo test --workspace --locked --no-fail-fast --test ",
                " -- half_close --skip ",
            ),
        ] {
            let runs = shown(&["half_close"], nextest, false);
            let variables =
                ["TESTKIT_TRANSPORT=tls1.3", "TESTKIT_TRANSPORT=tls1.2", "TESTKIT_ACCESS=guarded"];
            for (run, variable) in runs[1..].iter().zip(variables) {
                let begin = format!("{variable} {begin}");
                assert!(run.starts_with(&begin) && run.contains(end), "{run}");
            }
            assert_eq!(runs.len(), 4);
        }
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
