//! Strings the stages together, and owns the life of the process: start, drain, stop.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::time;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::{debug, info, warn};

use crate::gate::{Open, Served, end};
use crate::listen::{Accepted, AllowFrom, Listener, accept_any};
use crate::relay::{Socket as _, write_all};
use crate::transport::tls::{HANDSHAKE_DEADLINE, Identity, Refusal, Tls, TlsStream};
use crate::transport::{Peer, Stream, Who};

/// A running bridge.
#[derive(Debug)]
pub struct Server {
    /// Serves what is accepted.
    pub gate: Open,
    /// How clients show who they are; `None`: they don't, and bytes travel as they are.
    pub tls: Option<Arc<Tls>>,
    /// Who may connect.
    pub allow_from: AllowFrom,
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

struct Shared {
    gate: Open,
    tls: Option<Arc<Tls>>,
    allow_from: AllowFrom,
    stop: Stop,
    tasks: TaskTracker,
}

impl Server {
    /// Serves until stopped, then lets open connections end for the grace, and cuts the rest.
    pub async fn run(self, listeners: Vec<Listener>, stop: Stop) {
        let permits = Arc::new(Semaphore::new(self.max_connections));
        let tasks = TaskTracker::new();
        let shared = Arc::new(Shared {
            gate: self.gate,
            tls: self.tls,
            allow_from: self.allow_from,
            stop: stop.clone(),
            tasks: tasks.clone(),
        });
        let accepting = accept(listeners, permits, shared, self.once);
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
        let here = accepted.peer.ip().map_or(Some(true), |ip| shared.allow_from.decides(ip));
        if here == Some(false) {
            debug!("{} isn't in --allow-from", accepted.peer);
            continue;
        }
        let connection = Arc::clone(&shared);
        shared.tasks.spawn(async move {
            connection.serve(accepted, here.is_none()).await;
            drop(permit);
        });
        if once {
            return;
        }
    }
}

impl Shared {
    async fn serve(&self, accepted: Accepted, ask_names: bool) {
        let Accepted { stream, peer } = accepted;
        if ask_names {
            let Some(ip) = peer.ip() else { return };
            if !Box::pin(self.allow_from.names_hold(ip)).await {
                debug!("{peer} isn't in --allow-from");
                return;
            }
        }
        if let Some(tls) = &self.tls {
            // Boxed, for a connection without TLS should not hold room for it.
            return Box::pin(self.serve_tls(tls, stream, peer)).await;
        }
        let who = Who::from(peer);
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

    async fn serve_tls(&self, tls: &Tls, stream: Stream, peer: Peer) {
        let accepted = tokio::select! {
            accepted = Box::pin(handshake(tls, stream, &peer, &self.stop)) => accepted,
            () = self.stop.cut.cancelled() => return,
        };
        let Some((client, identity)) = accepted else { return };
        let who = Who { peer, identity: Some(Box::new(identity.clone())) };
        debug!("{who} connected");
        tokio::select! {
            served = self.gate.serve(&client, &who, &self.stop.drain) => match served {
                Served::Ended => say_goodbye(&client),
                Served::Broken => client.socket().reset_on_close(),
            },
            lapse = tls.lapsed(&client, &identity) => {
                info!("{who} is cut: {lapse}");
                client.socket().reset_on_close();
            }
            () = self.stop.cut.cancelled() => {
                debug!("{who} is cut");
                client.socket().reset_on_close();
            }
        }
    }
}

/// An end without `close_notify` looks like a lost connection (RFC 8446 section 6.1).
fn say_goodbye(client: &TlsStream) {
    // Whoever is gone doesn't hear it.
    let _gone: io::Result<()> = client.shutdown_write();
}

/// A client that came as far as being known.
async fn handshake(
    tls: &Tls,
    stream: Stream,
    peer: &Peer,
    stop: &Stop,
) -> Option<(TlsStream, Identity)> {
    let deadline = time::Instant::now() + HANDSHAKE_DEADLINE;
    let first = tokio::select! {
        first = time::timeout_at(deadline, stream.first_byte()) => first,
        () = stop.drain.cancelled() => return None,
    };
    match first {
        // No record of TLS begins with a letter (RFC 8446 section 5.1), and every method does.
        Ok(Ok(Some(byte))) if byte.is_ascii_uppercase() => {
            info!("{peer} is refused: it speaks plain HTTP, and TLS is needed");
            if write_all(&stream, PLAIN_HTTP_ANSWER).await.is_ok() {
                end(&stream).await;
            }
            return None;
        }
        Ok(Ok(Some(_))) => {}
        Ok(Ok(None) | Err(_)) => {
            debug!("{peer} left before it had said anything");
            return None;
        }
        Err(_late) => {
            debug!("{peer} said nothing within {HANDSHAKE_DEADLINE:?}");
            return None;
        }
    }
    match tls.accept(stream, deadline).await {
        Ok(accepted) => Some(accepted),
        Err(Refusal::Left) => {
            debug!("{peer} is gone: {}", Refusal::Left);
            None
        }
        Err(refusal) => {
            info!("{peer} is refused: {refusal}");
            None
        }
    }
}

/// As Go's servers answer, which dockerd's users know.
const PLAIN_HTTP_ANSWER: &[u8] = b"HTTP/1.0 400 Bad Request\r\n\r\n\
    Client sent an HTTP request to an HTTPS server.\n";
