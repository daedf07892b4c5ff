//! Strings the stages together, and owns the life of the process: start, drain, stop.

mod crowd;
mod tls;
mod workers;

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::{debug, info, warn};

use self::crowd::Crowd;
pub(crate) use self::tls::Encrypted;
use self::workers::{Place, Workers};
use crate::gate::{Gate, Served};
use crate::listen::{Accepted, AllowFrom, Listener, Newcomer, accept_any};
use crate::metrics::{Metrics, Number, Open, Refused};
use crate::transport::{Peer, ResetOnPanic, Stream, Who};

/// A running bridge.
#[derive(Debug)]
pub struct Server {
    /// Serves what is accepted, where bytes travel as they are.
    pub gate: Arc<dyn Gate<Stream>>,
    /// How clients show who they are; `None`: they don't, and bytes travel as they are.
    pub encryption: Option<Arc<dyn Encryption>>,
    /// Who may connect.
    pub allow_from: AllowFrom,
    /// What is counted.
    pub metrics: Arc<Metrics>,
    /// Connections at a time; newcomers wait in the backlog.
    pub max_connections: usize,
    /// How long open connections may go on after the first stop.
    pub grace: Duration,
    /// Threads that serve, the one that accepts included.
    pub threads: usize,
    /// One connection is served, then the server ends (socat without `fork`).
    pub once: bool,
}

/// How a server is stopped.
#[derive(Clone, Debug, Default)]
pub struct Stop {
    /// Nothing new is accepted; what is open may end within the grace.
    pub drain: CancellationToken,
    /// What is left is cut at once.
    pub cut: CancellationToken,
}

/// What makes a connection of a socket before it is served.
///
/// It is behind a trait so that a bridge without TLS has no line of it in its binary.
pub trait Encryption: fmt::Debug + Send + Sync {
    /// Serves a client to its end, the handshake included. It is counted as long as `open` is
    /// there.
    fn serve<'a>(
        &'a self,
        newcomer: Newcomer,
        open: Open<'a>,
        stop: &'a Stop,
    ) -> Pin<Box<dyn Future<Output = ()> + Send + 'a>>;
}

struct Shared {
    gate: Arc<dyn Gate<Stream>>,
    encryption: Option<Arc<dyn Encryption>>,
    allow_from: AllowFrom,
    metrics: Arc<Metrics>,
    stop: Stop,
    tasks: TaskTracker,
    crowd: Crowd,
    workers: Workers,
}

impl Server {
    /// Serves until stopped, then lets open connections end for the grace, and cuts the rest.
    pub async fn run(self, listeners: Vec<Listener>, stop: Stop) {
        let permits = Arc::new(Semaphore::new(self.max_connections.min(Semaphore::MAX_PERMITS)));
        let tasks = TaskTracker::new();
        let shared = Arc::new(Shared {
            gate: self.gate,
            encryption: self.encryption,
            allow_from: self.allow_from,
            metrics: self.metrics,
            stop: stop.clone(),
            tasks: tasks.clone(),
            crowd: Crowd::default(),
            workers: Workers::start(self.threads),
        });
        let accepting = async {
            tokio::select! {
                () = accept(listeners, permits, Arc::clone(&shared), self.once) => {}
                () = shared.crowd.give_back(&tasks) => {}
            }
        };
        // With it go the listeners: newcomers are refused from here.
        stop.drain.run_until_cancelled(accepting).await;

        tasks.close();
        if self.once && !stop.drain.is_cancelled() {
            tokio::select! {
                () = tasks.wait() => return,
                () = stop.drain.cancelled() => {}
            }
        }
        if !tasks.is_empty() {
            info!(open = tasks.len(), grace = ?self.grace, "draining");
        }
        tokio::select! {
            () = tasks.wait() => {}
            () = stop.cut.cancelled() => {}
            () = time::sleep(self.grace) => {
                warn!(open = tasks.len(), "the grace is over: cutting what is left");
                stop.cut.cancel();
            }
        }
        tasks.wait().await;
    }
}

async fn accept(
    mut listeners: Vec<Listener>,
    permits: Arc<Semaphore>,
    shared: Arc<Shared>,
    once: bool,
) {
    // Not accepting is the limit: a newcomer waits in the kernel until one leaves.
    while let Ok(permit) = Arc::clone(&permits).acquire_owned().await {
        let newcomer = accept_any(&mut listeners).await;
        let peer = newcomer.peer();
        let connections = &shared.metrics.connections;
        let number = connections.accept();
        let here = peer.ip().map_or(Some(true), |ip| shared.allow_from.decides(ip));
        if here == Some(false) {
            debug!("{peer} isn't in --allow-from");
            connections.refuse(Refused::AllowFrom);
            continue;
        }
        let (place, runtime) = shared.workers.place();
        let serving = Arc::clone(&shared).serve(newcomer, number, here.is_none(), (permit, place));
        shared.tasks.spawn_on(serving, runtime);
        shared.crowd.came(&shared.tasks);
        if once {
            return;
        }
    }
}

impl Shared {
    /// Serves a client to its end. It has its place until then.
    #[expect(clippy::manual_async_fn, reason = "an async fn holds its arguments twice")]
    fn serve(
        self: Arc<Self>,
        newcomer: Newcomer,
        number: Number,
        ask_names: bool,
        place: (OwnedSemaphorePermit, Place),
    ) -> impl Future<Output = ()> + Send {
        async move {
            let _place = place;
            let _leaving = Leaving(&self);
            let open = self.metrics.connections.begin(number);
            if ask_names && !self.lets_in(newcomer.peer()).await {
                self.metrics.connections.refuse(Refused::AllowFrom);
                return;
            }
            if let Some(encryption) = &self.encryption {
                return encryption.serve(newcomer, open, &self.stop).await;
            }
            let Some((stream, who)) = known(newcomer) else { return };
            let _known = open.by(&who);
            let _reset = ResetOnPanic(&stream);
            tokio::select! {
                served = self.gate.serve(&stream, &who, &self.stop.drain) => match served {
                    Served::Ended => {}
                    Served::Broken => stream.reset_on_close(),
                },
                () = self.stop.cut.cancelled() => {
                    debug!("{who} is cut");
                    stream.reset_on_close();
                }
            }
        }
    }

    /// Whether one of the names in `--allow-from` is the peer's.
    fn lets_in(&self, peer: Peer) -> Pin<Box<dyn Future<Output = bool> + Send + '_>> {
        Box::pin(async move {
            let Some(ip) = peer.ip() else { return false };
            let holds = self.allow_from.names_hold(ip).await;
            if !holds {
                debug!("{peer} isn't in --allow-from");
            }
            holds
        })
    }
}

/// A client that is known by its address alone. None: it can't be served, which is logged.
fn known(newcomer: Newcomer) -> Option<(Stream, Arc<Who>)> {
    let Accepted { stream, peer, listener } = watched(newcomer)?;
    Some((stream, Arc::new(Who::new(peer, listener, None))))
}

/// As [`Newcomer::watched`]; a failure is logged.
fn watched(newcomer: Newcomer) -> Option<Accepted> {
    let peer = newcomer.peer();
    newcomer.watched().inspect_err(|error| warn!("cannot serve {peer}: {error}")).ok()
}

/// Tells the crowd when it is dropped.
struct Leaving<'a>(&'a Shared);

impl Drop for Leaving<'_> {
    fn drop(&mut self) {
        self.0.crowd.leaves(&self.0.tasks);
    }
}

#[cfg(test)]
mod tests;
