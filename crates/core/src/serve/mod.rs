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
        let permits = Arc::new(Semaphore::new(self.max_connections));
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
                () = shared.crowd.give_back() => {}
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
            let of_crowd = connection.crowd.come();
            connection.serve(accepted, here.is_none()).await;
            drop((of_crowd, permit));
        });
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
mod tests {
    use std::future::pending;
    use std::net::SocketAddr;

    use rustix::net::sockopt;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpStream;

    use super::*;
    use crate::address::ListenAddress;
    use crate::listen::{ListenSettings, Sockets, bind_all};

    /// Greets, and panics at a `!`.
    #[derive(Debug)]
    struct Fragile;

    impl Gate<Stream> for Fragile {
        fn serve<'a>(
            &'a self,
            client: &'a Stream,
            _who: &'a Who,
            _drain: &'a CancellationToken,
        ) -> Pin<Box<dyn Future<Output = Served> + Send + 'a>> {
            Box::pin(async {
                crate::relay::write_all(client, b"hello").await.unwrap();
                let first = client.first_byte().await;
                assert_ne!(first.unwrap(), Some(b'!'), "on purpose");
                pending().await
            })
        }
    }

    #[tokio::test]
    async fn a_panic_ends_its_connection_by_a_reset_and_no_other() {
        let metrics = Arc::new(Metrics::default());
        let (listener, address) = listener();
        let server = Server {
            gate: Arc::new(Fragile),
            encryption: None,
            allow_from: AllowFrom::new(Vec::new()),
            metrics: Arc::clone(&metrics),
            max_connections: 2,
            grace: Duration::ZERO,
            once: false,
        };
        let stop = Stop::default();
        let clients = async {
            let mut other = greeted(address).await;
            for times in 1..=3 {
                let mut client = greeted(address).await;
                client.write_all(b"!").await.unwrap();
                let error = client.read(&mut [0]).await.unwrap_err();
                assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset);
                assert_eq!(metrics.connections.panicked(), times);
            }
            // Its place was given back each time, and the other is still there.
            assert_eq!(metrics.connections.open(), 1);
            other.write_all(b"?").await.unwrap();
            assert!(sockopt::socket_error(&other).unwrap().is_ok());
            stop.drain.cancel();
        };
        tokio::join!(server.run(vec![listener], stop.clone()), clients);
        assert_eq!(metrics.connections.panicked(), 3);
    }

    fn listener() -> (Listener, SocketAddr) {
        let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let address = ListenAddress::parse(&free.to_string(), 0).unwrap();
        let Sockets { mut front, .. } = bind_all(&[ListenSettings::new(address)], None).unwrap();
        (Listener::new(front.remove(0)).unwrap(), free)
    }

    async fn greeted(address: SocketAddr) -> TcpStream {
        let mut client = TcpStream::connect(address).await.unwrap();
        client.read_exact(&mut [0; 5]).await.unwrap();
        client
    }
}
