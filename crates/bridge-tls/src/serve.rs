//! `bridge-tls serve`.

use docker_api_core::exit::Exit;
use docker_api_core::pki::{Keeper, Names, Source, SystemRandom};
use docker_api_settings::{Failure, Plan, check};
use time::OffsetDateTime;

use crate::args::Serve;
use crate::program::PROGRAM;
use crate::settings::TlsSettings;

/// Serves, or checks the settings.
///
/// # Errors
/// When a setting can't be what it says, or the server can't start or go on.
pub(crate) fn serve(serve: &Serve) -> Result<Exit, Failure> {
    let Serve { flags, directory, tls } = serve;
    let variables = PROGRAM.variables()?;
    let mut plan = Plan::new(&PROGRAM, flags, &variables)?;
    let tls = TlsSettings::new(directory, tls, &variables, rustix::process::geteuid().is_root())?;
    plan.warnings.extend(tls.warnings.iter().cloned());
    if flags.check {
        check_files(&tls)?;
        return check::print(&check::table(&plan, tls.rows()));
    }
    Err(Failure::other("cannot serve: TLS isn't connected"))
}

/// Reads certificates that the user manages. Those that we make would be made by it.
fn check_files(tls: &TlsSettings) -> Result<(), Failure> {
    if let Source::Files(_) = &tls.source {
        let (now, random) = (OffsetDateTime::now_utc(), SystemRandom::default());
        Keeper::start(tls.source.clone(), &Names::default(), now, &random)?;
    }
    Ok(())
}
