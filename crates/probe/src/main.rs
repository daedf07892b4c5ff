//! Is that Engine healthy, and if not, whose fault is it.

mod args;
mod conditions;
mod contexts;
mod failure;
mod material;
mod not_yet;
mod output;
mod prober;
mod progress;
mod report;
mod run;
mod settings;
mod sources;
mod targets;

use std::process::ExitCode;

use crate::args::Typed;
use crate::failure::Failure;
use crate::settings::Plan;

fn main() -> ExitCode {
    let words: Vec<_> = std::env::args_os().collect();
    match start(&words) {
        Ok(code) => code,
        Err(failure) => failure.report(report::wants_nagios(&words)),
    }
}

fn start(words: &[std::ffi::OsString]) -> Result<ExitCode, Failure> {
    match args::read(words)? {
        Typed::Print(text) => output::print(&text).map(|_| ExitCode::SUCCESS),
        Typed::Run(args) => {
            let plan = Plan::new(&args)?;
            plan.print_warnings();
            run::run(plan)
        }
    }
}
