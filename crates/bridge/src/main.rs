//! The Docker Engine API on TCP: a faithful bridge to the Engine's unix socket.

mod args;
mod check;
mod failure;
mod from_socat;
mod not_yet;
mod settings;
mod socat;
mod sources;

use std::process::ExitCode;

use docker_api_core::exit::Exit;
use docker_api_core::logging;
use docker_api_core::run::prepare;
use tracing::info;

use crate::args::Typed;
use crate::failure::Failure;
use crate::settings::Plan;

fn main() -> ExitCode {
    match start() {
        Ok(exit) => exit.into(),
        Err(failure) => failure.report(),
    }
}

fn start() -> Result<Exit, Failure> {
    let typed = match args::read(std::env::args_os())? {
        Typed::Run(args) => args,
        Typed::Print(text) => return check::print(&text),
    };
    let only_check = typed.args.check;
    let plan = Plan::new(*typed)?;
    if only_check {
        return check::print(&check::table(&plan));
    }
    logging::init(plan.log_level.clone(), plan.log_format, plan.no_color);
    plan.log_warnings();
    let summary = plan.summary();
    // Who can't listen says that, and nothing else.
    let prepared = prepare(plan.settings)?;
    for line in summary {
        info!("{line}");
    }
    prepared.run()?;
    Ok(Exit::Ok)
}
