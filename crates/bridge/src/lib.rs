//! The Docker Engine API on TCP: a faithful bridge to the Engine's unix socket.
//!
//! The program is [`main`]; [`command`] is its command line, for manual pages and completions.

mod args;
mod from_socat;
mod socat;

use std::process::ExitCode;

use docker_api_admin::health::{self, Whom};
use docker_api_admin::{About, Requests, asked_for, words};
use docker_api_core::exit::Exit;
use docker_api_core::run::prepare;
use docker_api_settings::command_line::Typed;
use docker_api_settings::{Certificates, Failure, Plan, check};
use tracing::info;

pub use crate::args::command;
use crate::args::{Line, PROGRAM};
use crate::socat::Socat;

/// Does what the command line and the environment ask for, and says so by its exit code.
pub fn main() -> ExitCode {
    let typed = std::env::args_os();
    // Under another name it is another program, so the name goes before all flags.
    let other = words::called(typed, PROGRAM.name, || PROGRAM.engine_socket())
        .or_else(|| args::socat_alone(std::env::args_os()));
    other.unwrap_or_else(|| match start() {
        Ok(exit) => exit.into(),
        Err(failure) => failure.report(),
    })
}

fn start() -> Result<Exit, Failure> {
    let Line { flags, socat } = match args::read(std::env::args_os())? {
        Typed::Run(line) => line,
        Typed::Print(text) => return check::print(&text),
    };
    let mut plan = Plan::new(&PROGRAM, &flags, &PROGRAM.variables()?)?;
    let named = socat.is_some() || !flags.listen.is_empty();
    let equivalent = socat.as_ref().map(Socat::equivalent);
    if let Some(socat) = socat {
        from_socat::apply(socat, &flags, &mut plan)?;
    }
    if flags.health {
        let (exit, line) = health::tell(&Whom::of(&plan.settings, named));
        return check::print(&line).map(|_| exit);
    }
    let access = plan.load_access(Certificates::Unknown)?;
    if flags.check {
        let equivalent = equivalent.map(|flags| ("in our flags", flags));
        return check::print(&check::table(&plan, equivalent, &access));
    }
    plan.start_logging();
    let settings = check::line(&plan, None);
    let mut access = access.open()?;
    plan.settings.asked_for = plan.settings.admin.as_ref().map(|_| asked_for as _);
    let counts = plan.settings.admin.is_some() && !access.is_open();
    let about = About {
        settings: check::running(&plan, None),
        guard: plan.admin_guard,
        has_tls: false,
        requests: counts.then(|| Requests::beside(&access.access, &mut access.sinks)),
    };
    plan.settings.gate = access.gate();
    (plan.settings.policy, plan.settings.record) = (access.policy, access.record);
    // Who can't listen says that, and nothing else.
    let prepared = prepare(plan.settings)?;
    if let Some(flags) = equivalent {
        info!("socat's words mean: {flags}");
    }
    info!("{settings}");
    docker_api_admin::run(prepared, about)?;
    Ok(Exit::Ok)
}
