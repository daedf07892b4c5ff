//! Strings the stages together, and owns the life of the process: start, drain, stop.

mod crowd;
mod tls;

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::time;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::{debug, info, warn};

use self::crowd::Crowd;
pub(crate) use self::tls::Encrypted;
use crate::gate::{Gate, Served};
use crate::listen::{Accepted, AllowFrom, Listener, accept_any};
use crate::metrics::{Metrics, Open, Refused};
use crate::transport::{ResetOnPanic, Stream, Who};

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
        accepted: Accepted,
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
        let accepted = accept_any(&mut listeners).await;
        let connections = &shared.metrics.connections;
        let here = accepted.peer.ip().map_or(Some(true), |ip| shared.allow_from.decides(ip));
        if here == Some(false) {
            debug!("{} isn't in --allow-from", accepted.peer);
            let _closed_at_once = connections.accept();
            connections.refuse(Refused::AllowFrom);
            continue;
        }
        let connection = Arc::clone(&shared);
        shared.tasks.spawn(async move {
            connection.serve(accepted, here.is_none()).await;
            connection.crowd.leaves(&connection.tasks);
            drop(permit);
        });
        shared.crowd.came(&shared.tasks);
        if once {
            return;
        }
    }
}

impl Shared {
    async fn serve(&self, accepted: Accepted, ask_names: bool) {
        let open = self.metrics.connections.accept();
        if ask_names {
            let Some(ip) = accepted.peer.ip() else { return };
            if !Box::pin(self.allow_from.names_hold(ip)).await {
                debug!("{} isn't in --allow-from", accepted.peer);
                self.metrics.connections.refuse(Refused::AllowFrom);
                return;
            }
        }
        if let Some(encryption) = &self.encryption {
            return encryption.serve(accepted, open, &self.stop).await;
        }
        let Accepted { stream, peer, listener } = accepted;
        let who = Arc::new(Who::new(peer, listener, None));
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

#[cfg(test)]
mod tests;
