//! Serves clients over TLS: who they are first, then the gate.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Instant;

use tokio::time;
use tracing::{debug, info};

use super::{Encryption, Stop, watched};
use crate::gate::{Gate, Served, end};
use crate::listen::{Accepted, Newcomer};
use crate::metrics::{Failure, Metrics, Open, Refused};
use crate::relay::{Socket as _, write_all};
use crate::transport::tls::{HANDSHAKE_DEADLINE, Identity, Refusal, Tls, TlsStream};
use crate::transport::{Peer, ResetOnPanic, Stream, Who};

/// TLS, and the gate behind it.
#[derive(Debug)]
pub(crate) struct Encrypted {
    pub(crate) tls: Arc<Tls>,
    pub(crate) gate: Arc<dyn Gate<TlsStream>>,
    pub(crate) metrics: Arc<Metrics>,
}

impl Encryption for Encrypted {
    fn serve<'a>(
        &'a self,
        newcomer: Newcomer,
        open: Open<'a>,
        stop: &'a Stop,
    ) -> Pin<Box<dyn Future<Output = ()> + Send + 'a>> {
        Box::pin(serve(self, newcomer, open, stop))
    }
}

async fn serve(encrypted: &Encrypted, newcomer: Newcomer, open: Open<'_>, stop: &Stop) {
    let Encrypted { tls, gate, metrics } = encrypted;
    let Some(Accepted { stream, peer, listener }) = watched(newcomer) else { return };
    let begun = Instant::now();
    let done = tokio::select! {
        done = Box::pin(handshake(tls, stream, &peer, &**gate, stop)) => done,
        () = stop.cut.cancelled() => return,
    };
    let (client, identity) = match done {
        Ok(client) => client,
        Err(failure) => return count(metrics, failure),
    };
    metrics.handshakes.seconds.observe(begun.elapsed());
    let who = Arc::new(Who::new(peer, listener, Some(Box::new(identity.clone()))));
    let _known = open.by(&who);
    debug!("{who} connected");
    let _reset = ResetOnPanic(client.socket());
    tokio::select! {
        served = gate.serve(&client, &who, &stop.drain) => match served {
            Served::Ended => say_goodbye(&client),
            Served::Broken => client.socket().reset_on_close(),
        },
        lapse = tls.lapsed(&client, &identity) => {
            info!("{who} is cut: {lapse}");
            client.socket().reset_on_close();
        }
        () = stop.cut.cancelled() => {
            debug!("{who} is cut");
            client.socket().reset_on_close();
        }
    }
}

/// An end without `close_notify` looks like a lost connection (RFC 8446 section 6.1).
fn say_goodbye(client: &TlsStream) {
    // Whoever is gone doesn't hear it.
    let _gone: io::Result<()> = client.shutdown_write();
}

fn count(metrics: &Metrics, failure: Option<Failure>) {
    let Some(failure) = failure else { return };
    metrics.handshakes.fail(failure);
    // Whoever left by itself wasn't refused.
    if failure != Failure::Left {
        metrics.connections.refuse(Refused::Handshake);
    }
}

/// A client that came as far as being known. No failure at all is the end of a drain, which lets
/// go whoever has said nothing yet.
async fn handshake(
    tls: &Tls,
    stream: Stream,
    peer: &Peer,
    gate: &dyn Gate<TlsStream>,
    stop: &Stop,
) -> Result<(TlsStream, Identity), Option<Failure>> {
    let deadline = time::Instant::now() + HANDSHAKE_DEADLINE;
    let first = tokio::select! {
        first = time::timeout_at(deadline, stream.first_byte()) => first,
        () = stop.drain.cancelled() => return Err(None),
    };
    match first {
        // No record of TLS begins with a letter (RFC 8446 section 5.1), and every method does.
        Ok(Ok(Some(byte))) if byte.is_ascii_uppercase() => {
            info!("{peer} is refused: it speaks plain HTTP, and TLS is needed");
            if write_all(&stream, PLAIN_HTTP_ANSWER).await.is_ok() {
                end(&stream).await;
            }
            return Err(Some(Failure::PlainHttp));
        }
        Ok(Ok(Some(_))) => {}
        Ok(Ok(None) | Err(_)) => {
            debug!("{peer} left before it had said anything");
            return Err(Some(Failure::Left));
        }
        Err(_late) => {
            debug!("{peer} said nothing within {HANDSHAKE_DEADLINE:?}");
            return Err(Some(Failure::Timeout));
        }
    }
    match tls.accept(stream, deadline, gate.speaks_http2()).await {
        Ok(accepted) => Ok(accepted),
        Err(Refusal::Left) => {
            debug!("{peer} is gone: {}", Refusal::Left);
            Err(Some(Failure::Left))
        }
        Err(refusal) => {
            info!("{peer} is refused: {refusal}");
            Err(Some(refusal.failure()))
        }
    }
}

/// As Go's servers answer, which dockerd's users know.
const PLAIN_HTTP_ANSWER: &[u8] = b"HTTP/1.0 400 Bad Request\r\n\r\n\
    Client sent an HTTP request to an HTTPS server.\n";
