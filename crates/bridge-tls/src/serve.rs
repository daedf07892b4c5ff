//! `bridge-tls serve`.

use docker_api_admin::health::{self, Whom};
use docker_api_admin::{About, Requests, asked_for};
use docker_api_core::exit::Exit;
use docker_api_core::machine;
use docker_api_core::pki::clients::{has_own_client, list_clients};
use docker_api_core::pki::{Keeper, Source};
use docker_api_core::run::{self, Front, prepare};
use docker_api_settings::{Certificates, Failure, Plan, check};
use time::OffsetDateTime;
use tracing::info;

use crate::args::Serve;
use crate::cert_dir;
use crate::host::dialled;
use crate::kekru;
use crate::program::PROGRAM;
use crate::settings::TlsSettings;
use crate::shell;

/// Serves, or checks the settings.
///
/// # Errors
/// When a setting can't be what it says, or the server can't start or go on.
pub(crate) fn serve(serve: &Serve) -> Result<Exit, Failure> {
    let Serve { flags, directory, tls } = serve;
    let variables = PROGRAM.variables()?;
    let mut plan = Plan::new(&PROGRAM, flags, &variables)?;
    if flags.listen.is_empty()
        && cert_dir::named(directory, &variables)?.is_none()
        && kekru::volume(&variables)?.is_some()
    {
        plan.listen_beside(kekru::beside);
    }
    if flags.health {
        let (exit, line) = health::tell(&Whom::of(&plan.settings, !flags.listen.is_empty()));
        return check::print(&line).map(|_| exit);
    }
    let tls = TlsSettings::new(directory, tls, &variables, rustix::process::geteuid().is_root())?;
    plan.warnings.extend(tls.warnings.iter().cloned());
    plan.access.set_certificates(tls.default_role.clone());
    let access = plan.load_access(Certificates::Shown(&clients_with_a_role(&tls.source)))?;
    if flags.check {
        Keeper::check(&tls.source, OffsetDateTime::now_utc())?;
        return check::print(&check::table(&plan, tls.rows(), &access));
    }
    plan.start_logging();
    let settings = check::line(&plan, tls.rows());
    let rows = tls.rows();
    let exports = exports(&plan.settings.front, &tls);
    let TlsSettings { source, sans, .. } = tls;
    let mut access = access.open()?;
    plan.settings.asked_for = plan.settings.admin.as_ref().map(|_| asked_for as _);
    let counts = plan.settings.admin.is_some() && !access.is_open();
    let about = About {
        settings: check::running(&plan, rows),
        guard: plan.admin_guard,
        has_tls: true,
        requests: counts.then(|| Requests::beside(&access.access, &mut access.sinks)),
    };
    plan.settings.tls = Some(run::TlsSettings::new(source, sans, access.gate()));
    (plan.settings.policy, plan.settings.record) = (access.policy, access.record);
    // Who can't listen says that, and nothing else.
    let prepared = prepare(plan.settings)?;
    info!("{settings}");
    if let Some(lines) = exports {
        check::print(&lines)?;
    }
    docker_api_admin::run(prepared, about)?;
    Ok(Exit::Ok)
}

/// What a client needs, where we make its certificate.
fn exports(front: &Front, tls: &TlsSettings) -> Option<String> {
    let (Source::CertDir { dir, .. }, Front::Listen { listeners, .. }) = (&tls.source, front)
    else {
        return None;
    };
    if !has_own_client(dir) {
        return None;
    }
    let at = listeners.iter().find_map(|one| dialled(&one.address, &tls.sans, &machine::name()))?;
    Some(shell::exports(&at, &dir.path.join("client")))
}

/// Clients of our own authority whose certificates name a role, and the role. What is wrong with a
/// directory that can't be read is told when it is served.
fn clients_with_a_role(source: &Source) -> Vec<(String, String)> {
    let Source::CertDir { dir, .. } = source else { return Vec::new() };
    let clients = list_clients(dir).unwrap_or_default().into_iter();
    let clients = clients.filter(|client| client.revoked.is_none());
    clients.filter_map(|client| Some((client.name, client.role?))).collect()
}
