//! Is that Engine healthy, and if not, whose fault is it.
//!
//! The program is [`main`]; [`command`] is its command line, for manual pages and completions.

mod args;
mod conditions;
mod contexts;
mod material;
mod output;
mod prober;
mod progress;
mod report;
mod run;
mod serve;
mod settings;
mod targets;

use std::io::{self, Write as _};
use std::process::ExitCode;

use docker_api_settings::Failure;
use docker_api_settings::command_line::Typed;

pub use crate::args::command;
use crate::settings::Plan;

/// Does what the command line and the environment ask for, and says so by its exit code.
pub fn main() -> ExitCode {
    let words: Vec<_> = std::env::args_os().collect();
    match start(&words) {
        Ok(code) => code,
        Err(failure) if report::wants_nagios(&words) => unknown(failure),
        Err(failure) => failure.report(),
    }
}

/// Nagios reads standard output, and knows 3 as UNKNOWN.
fn unknown(failure: Failure) -> ExitCode {
    let line = failure.to_string().replace('\n', " ").replace('|', "_");
    // Standard output may be closed; the code still says it.
    let _closed: io::Result<()> = writeln!(io::stdout(), "DOCKER UNKNOWN - {line}");
    failure.report();
    ExitCode::from(3)
}

fn start(words: &[std::ffi::OsString]) -> Result<ExitCode, Failure> {
    match args::read(words)? {
        Typed::Print(text) => output::print(&text).map(|_| ExitCode::SUCCESS),
        Typed::Run(args) => {
            let mut plan = Plan::new(&args)?;
            plan.print_warnings();
            match plan.serving.take() {
                Some(serving) => serve::run(plan, serving),
                None => run::run(plan),
            }
        }
    }
}
