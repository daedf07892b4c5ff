//! Start is two steps: [`prepare`], on one thread and without a runtime, then [`Prepared::run`].

mod certificates;
mod expiry;
mod policy;
mod rights;
mod signals;
mod supervisor;

use std::future::Future;
use std::io;
use std::mem;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use tokio::runtime::Builder;
use tokio::sync::Notify;
use tokio::task::JoinError;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::{info, warn};

use self::certificates::Kept;
pub use self::certificates::TlsSettings;
pub use self::policy::{PolicyFile, Record};
pub use self::rights::{NONROOT, User};
use self::rights::{Needs, give_up};
use self::signals::{Signals, Told};
use crate::address::UpstreamAddress;
use crate::gate::{AskedFor, Gate, MakeGate, Parts};
use crate::guard::Guard;
use crate::listen::{
    AllowFrom, Allowed, BindError, Bound, ListenSettings, Listener, Sockets, bind_all,
    default_max_connections, raise_descriptor_limit,
};
use crate::metrics::Metrics;
use crate::pki::PkiError;
use crate::serve::{Server, Stop};
use crate::stdio;
use crate::transport::Stream;
use crate::transport::tls::TlsError;
use crate::unchecked::keep_no_large_blocks;
use crate::upstream::{DialError, Upstream, UpstreamSettings};

/// What a bridge runs with: checked, with nothing left to decide but what the machine says.
#[derive(Debug)]
pub struct Settings {
    /// Where clients connect.
    pub front: Front,
    /// What clients meet that don't show who they are.
    pub gate: MakeGate<Stream>,
    /// How clients show who they are; `None`: they don't.
    pub tls: Option<TlsSettings>,
    /// What says who may do what, if a file does.
    pub policy: Option<PolicyFile>,
    /// What is written down of this run, if anything is.
    pub record: Option<Record>,
    /// The Engine.
    pub upstream: UpstreamSettings,
    /// Where monitors and people may ask.
    pub admin: Option<ListenSettings>,
    /// Knows what is asked for, if that is told there.
    pub asked_for: Option<AskedFor>,
    /// Whom to become after start.
    pub user: User,
    /// Whether this is a container, whose files are nobody else's.
    pub in_container: bool,
    /// Keeps web pages out, if it is on.
    pub guard: Option<Guard>,
    /// Sockets of other Engines, named if the upstream's is missing at start.
    pub other_sockets: Vec<PathBuf>,
    /// Who may connect; empty: everyone.
    pub allow_from: Vec<Allowed>,
    /// Connections at a time; `None`: as many as the descriptor limit carries.
    pub max_connections: Option<usize>,
    /// Whether to end where the upstream socket is stale, so that a restart mounts the new one.
    pub exit_when_stale: bool,
    /// How long open connections may go on after the first SIGTERM or SIGINT.
    pub grace: Duration,
    /// A connection on which nothing moves for so long is closed (socat's `-T`).
    pub idle: Option<Duration>,
}

/// Where clients come from.
#[derive(Debug)]
pub enum Front {
    /// Listeners; with `once`, the first connection is the only one (socat without `fork`).
    Listen {
        /// At least one.
        listeners: Vec<ListenSettings>,
        /// End after the first connection.
        once: bool,
    },
    /// Standard input and output are the one client.
    Stdio,
}

/// Why a bridge can't go on.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// An address can't be listened on.
    #[error(transparent)]
    Bind(#[from] BindError),
    /// Certificates can't be read or made.
    #[error(transparent)]
    Certificates(#[from] PkiError),
    /// Certificates can't serve.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// The Engine can't be reached, and nothing but one connection to it was asked for.
    #[error(transparent)]
    Dial(#[from] DialError),
    /// The upstream socket is stale, and that is to be the end.
    #[error(
        "the upstream socket is stale: {0}: the Engine has left it; start this bridge anew where \
         the new one is mounted, or mount its directory"
    )]
    StaleSocket(UpstreamAddress),
    /// The operating system refuses something that every bridge needs.
    #[error("cannot start: {0}: {1}")]
    System(&'static str, io::Error),
    /// Standard input and output were relayed, and the Engine was lost.
    #[error("cannot relay standard input and output: {0}")]
    Stdio(io::Error),
}

/// A bridge whose listeners are bound.
#[derive(Debug)]
pub struct Prepared {
    settings: Settings,
    upstream: Arc<Upstream>,
    gate: Arc<dyn Gate<Stream>>,
    metrics: Arc<Metrics>,
    stop: Stop,
    bound: Vec<Bound>,
    admin: Vec<Bound>,
    certificates: Option<Kept>,
    engine_answered: bool,
    max_connections: usize,
}

/// Binds and reads keys: everything that needs one thread, or rights that are dropped later.
///
/// # Errors
/// [`RunError::Bind`] when an address can't be listened on, [`RunError::Certificates`] and
/// [`RunError::Tls`] when certificates are amiss.
pub fn prepare(mut settings: Settings) -> Result<Prepared, RunError> {
    keep_no_large_blocks();
    let limit = raise_descriptor_limit();
    let carried = default_max_connections(limit);
    let max_connections = settings.max_connections.unwrap_or(carried);
    if max_connections > carried {
        warn!(
            "--max-connections {max_connections} is more than the descriptor limit carries: \
             {carried}, at two descriptors a connection (raise it with ulimit -Hn or LimitNOFILE=)"
        );
    }
    let (front, admin) = match &settings.front {
        Front::Listen { listeners, .. } => (listeners.as_slice(), settings.admin.as_ref()),
        // One connection of one person, who sees how it is.
        Front::Stdio => (&[][..], None),
    };
    let Sockets { front: bound, admin } = bind_all(front, admin)?;
    let tls = settings.tls.take();
    let source = tls.as_ref().map(|tls| tls.source.clone());
    let upstream = Arc::new(Upstream::new(settings.upstream.clone()));
    let metrics = Arc::new(Metrics::default());
    let parts = Parts {
        upstream: Arc::clone(&upstream),
        guard: settings.guard.clone(),
        idle: settings.idle,
        metrics: Arc::clone(&metrics),
        asked_for: settings.asked_for,
    };
    let gate = mem::take(&mut settings.gate).make(parts.clone());
    let certificates = tls.map(|tls| (tls.prepare)(tls, parts)).transpose()?;
    // No thread may be there yet: each has rights of its own.
    let needs = Needs::of(&settings, source.as_ref());
    // On standard input and output it is one person's, for one connection.
    if matches!(settings.front, Front::Listen { .. }) {
        for line in give_up(settings.user, &needs) {
            warn!("{line}");
        }
    }
    let engine_answered = needs.engine_answered.get();
    Ok(Prepared {
        settings,
        upstream,
        gate,
        metrics,
        stop: Stop::default(),
        bound,
        admin,
        certificates,
        engine_answered,
        max_connections,
    })
}

impl Prepared {
    /// The Engine, as it will be dialled.
    pub fn upstream(&self) -> Arc<Upstream> {
        Arc::clone(&self.upstream)
    }

    /// Where it listens, and of which of the settings' listeners that came, from 0.
    pub fn bound(&self) -> impl Iterator<Item = (&str, usize)> {
        self.bound.iter().map(|bound| (bound.address.as_str(), bound.of))
    }

    /// What it will count.
    pub fn metrics(&self) -> Arc<Metrics> {
        Arc::clone(&self.metrics)
    }

    /// Cancelled as soon as nothing new is accepted any more.
    pub fn draining(&self) -> CancellationToken {
        self.stop.drain.clone()
    }

    /// What the admin address has become, to be served by `beside`. Only the first call gives any.
    pub fn take_admin(&mut self) -> Vec<Bound> {
        mem::take(&mut self.admin)
    }

    /// Where it listens: as it was asked to, and as it came to be. Empty for standard input and
    /// output.
    pub fn listeners(&self) -> Vec<String> {
        let asked = match &self.settings.front {
            Front::Listen { listeners, .. } => listeners.as_slice(),
            Front::Stdio => &[],
        };
        let asked = asked.iter().map(|listener| listener.address.to_string());
        asked.chain(self.bound.iter().map(|bound| bound.address.clone())).collect()
    }

    /// Serves until SIGTERM or SIGINT, and what is open for the grace after it. Beside listeners
    /// runs `beside`, which ends with them.
    ///
    /// # Errors
    /// [`RunError::System`] when the runtime can't start, [`RunError::StaleSocket`] if the
    /// settings want that; for standard input and output also when the Engine can't be reached or
    /// is lost.
    pub fn run(self, beside: impl Future<Output = ()> + Send + 'static) -> Result<(), RunError> {
        let runtime = Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| RunError::System("the runtime", error))?;
        let result = match self.settings.front {
            Front::Stdio => {
                let engine = runtime.block_on(self.upstream.dial_silently())?;
                let relayed = runtime.block_on(stdio::relay(engine, self.settings.idle));
                relayed.map_err(RunError::Stdio)
            }
            Front::Listen { once, .. } => runtime.block_on(self.serve(once, beside)),
        };
        // A look at files or at names that hangs must not hold the end up.
        runtime.shutdown_background();
        result
    }

    async fn serve(
        self,
        once: bool,
        beside: impl Future<Output = ()> + Send + 'static,
    ) -> Result<(), RunError> {
        let Self {
            settings,
            upstream,
            gate,
            metrics,
            stop,
            bound,
            admin: _,
            certificates,
            engine_answered,
            max_connections,
        } = self;
        let background = TaskTracker::new();
        let beside = background.spawn(beside);
        let signals = Signals::new().map_err(|error| RunError::System("signals", error))?;
        let policy = settings.policy.map(|policy| {
            let metrics = Arc::clone(&metrics);
            spawn_asked(&background, |it| policy.keep(it, metrics))
        });
        let record = settings.record.map(Arc::new);
        let written = record.clone().map(|record| {
            let drain = stop.drain.clone();
            spawn_asked(&background, |it| record.keep(it, drain))
        });
        let (encryption, certificates) = certificates
            .map(|Kept { encryption, keep }| (encryption, spawn_asked(&background, keep)))
            .unzip();
        let told = Told { policy, certificates, record: written };
        background.spawn(signals.watch(stop.clone(), told, Arc::clone(&metrics)));
        background.spawn(supervisor::watchdog());

        let listeners: Vec<_> = bound
            .into_iter()
            .map(Listener::new)
            .collect::<io::Result<_>>()
            .map_err(|error| RunError::System("a listener", error))?;
        for listener in &listeners {
            info!("listening on {}", listener.address());
        }
        if !engine_answered {
            background.spawn(greet(Arc::clone(&upstream), settings.other_sockets));
        }
        let gone_stale = settings
            .exit_when_stale
            .then(|| background.spawn(stop_when_stale(Arc::clone(&upstream), stop.clone())));

        let server = Server {
            gate,
            encryption,
            allow_from: AllowFrom::new(settings.allow_from),
            metrics,
            max_connections,
            grace: settings.grace,
            threads: if once { 1 } else { threads() },
            once,
        };
        supervisor::ready();
        server.run(listeners, stop.clone()).await;
        if let Some(record) = record {
            record.write().await;
        }
        beside.abort();
        // With it go its listeners, and their files.
        let _aborted: Result<(), JoinError> = beside.await;
        info!("stopped");
        stop.drain.cancel();
        if let Some(gone_stale) = gone_stale
            && gone_stale.await.unwrap_or(false)
        {
            return Err(RunError::StaleSocket(settings.upstream.address));
        }
        Ok(())
    }
}

/// Starts what is done whenever it is asked to be, and gives what asks it.
fn spawn_asked<F>(background: &TaskTracker, done: impl FnOnce(Arc<Notify>) -> F) -> Arc<Notify>
where
    F: Future<Output = ()> + Send + 'static,
{
    let asked = Arc::new(Notify::new());
    background.spawn(done(Arc::clone(&asked)));
    asked
}

/// Whether the upstream socket went stale before the server was stopped otherwise.
async fn stop_when_stale(upstream: Arc<Upstream>, stop: Stop) -> bool {
    tokio::select! {
        () = stop.drain.cancelled() => false,
        () = upstream.stale() => {
            info!("the upstream socket is stale: stopping, so that a restart mounts the new one");
            stop.drain.cancel();
            true
        }
    }
}

/// An Engine that is absent at start is a warning, not an exit: it may start later.
async fn greet(upstream: Arc<Upstream>, others: Vec<PathBuf>) {
    if !upstream.greet().await && !others.is_empty() {
        let others: Vec<_> =
            others.iter().map(|path| format!("unix://{}", path.display())).collect();
        warn!("there are other Engines' sockets here: {}; --upstream takes one", others.join(", "));
    }
}

/// One for each processor, up to four: the kernel's share of the work needs processors as well.
fn threads() -> usize {
    thread::available_parallelism().map_or(1, usize::from).min(4)
}
