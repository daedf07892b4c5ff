//! `--serve`: pages of all targets, for people and for Prometheus, for ever.

mod allowed;
mod discovery;
mod fleet;
mod page;
mod query;
mod scrape;
mod site;
mod status;

use std::process::ExitCode;
use std::sync::Arc;

use docker_api_admin::http;
use docker_api_core::guard::Guard;
use docker_api_core::listen::{ListenSettings, Listener, bind_one};
use docker_api_core::logging::{self, LogFormat, LogLevel};
use docker_api_core::run::RunError;
use docker_api_settings::Failure;
use tokio::runtime::Builder;
use tracing::info;

use self::allowed::AllowedTarget;
use self::fleet::Fleet;
use self::scrape::Scrape;
use self::site::Site;
use crate::prober::{OTHERS, carried};
use crate::run::{stopped, system};
use crate::settings::Plan;
use crate::targets::TlsSettings;

/// What only `--serve` needs to know.
#[derive(Debug)]
pub(crate) struct Serving {
    pub(crate) listen: ListenSettings,
    /// Keeps web pages out.
    pub(crate) guard: Guard,
    /// What may be asked for besides the targets.
    pub(crate) allowed: Vec<AllowedTarget>,
    /// How it is spoken to.
    pub(crate) tls: TlsSettings,
}

/// Serves until a signal comes.
pub(crate) fn run(plan: Plan, serving: Serving) -> Result<ExitCode, Failure> {
    let level = if plan.quiet { "error" } else { "info" };
    logging::init(
        level.parse().unwrap_or_else(|_| LogLevel::default()),
        LogFormat::Text,
        !plan.may_color,
    );
    let bound = bind_one(&serving.listen).map_err(RunError::from)?;
    // One thread: the work is waiting.
    let runtime = Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| system("the runtime", &error))?;
    let done = runtime.block_on(async {
        let listeners: Result<Vec<_>, _> = bound.into_iter().map(Listener::new).collect();
        let listeners = listeners.map_err(|error| system("its listener", &error))?;
        for listener in &listeners {
            info!("listening on {}; targets: {}", listener.address(), plan.targets.len());
        }
        tokio::select! {
            // Signals first, so that they are heard before anything is asked.
            biased;
            signal = stopped() => signal.map_err(|error| system("signals", &error)).map(|_| ()),
            () = serve(plan, serving, listeners) => Ok(()),
        }
    });
    // A name that is still being looked up, on a thread, isn't waited for.
    runtime.shutdown_background();
    done.map(|()| ExitCode::SUCCESS)
}

async fn serve(plan: Plan, serving: Serving, listeners: Vec<Listener>) {
    let Serving { guard, allowed, tls, .. } = serving;
    let targets: Vec<_> = plan.targets.into_iter().map(Arc::new).collect();
    let concurrency = carried(plan.concurrency, OTHERS + 2 * MOST_CONNECTIONS);
    let fleet = Fleet::new(targets.clone(), plan.conditions, plan.timeout, concurrency);
    let fleet = Arc::new(fleet);
    let scrape = Scrape::new(targets, allowed, tls, plan.conditions, plan.timeout);
    let site = Arc::new(Site { fleet: Arc::clone(&fleet), scrape });
    tokio::join!(fleet.watch(plan.interval), http::serve(listeners, guard, site, MOST_CONNECTIONS));
}

/// At a time: Prometheus spreads its scrapes, and one that waits for a target waits for seconds.
const MOST_CONNECTIONS: usize = 256;
