//! Serves clients over TLS: who they are first, then the gate.

use std::io;
use std::pin::Pin;
use std::sync::Arc;

use tokio::time;
use tracing::{debug, info};

use super::{Encryption, Stop};
use crate::gate::{Gate, Served, end};
use crate::listen::Accepted;
use crate::relay::{Socket as _, write_all};
use crate::transport::tls::{HANDSHAKE_DEADLINE, Identity, Refusal, Tls, TlsStream};
use crate::transport::{Peer, Stream, Who};

/// TLS, and the gate behind it.
#[derive(Debug)]
pub(crate) struct Encrypted {
    pub(crate) tls: Arc<Tls>,
    pub(crate) gate: Arc<dyn Gate<TlsStream>>,
}

impl Encryption for Encrypted {
    fn serve<'a>(
        &'a self,
        accepted: Accepted,
        stop: &'a Stop,
    ) -> Pin<Box<dyn Future<Output = ()> + Send + 'a>> {
        Box::pin(serve(&self.tls, accepted, &*self.gate, stop))
    }
}

async fn serve(tls: &Tls, accepted: Accepted, gate: &dyn Gate<TlsStream>, stop: &Stop) {
    let Accepted { stream, peer, listener } = accepted;
    let accepted = tokio::select! {
        accepted = Box::pin(handshake(tls, stream, &peer, gate, stop)) => accepted,
        () = stop.cut.cancelled() => return,
    };
    let Some((client, identity)) = accepted else { return };
    let who = Who { peer, listener, identity: Some(Box::new(identity.clone())) };
    debug!("{who} connected");
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

/// A client that came as far as being known.
async fn handshake(
    tls: &Tls,
    stream: Stream,
    peer: &Peer,
    gate: &dyn Gate<TlsStream>,
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
    match tls.accept(stream, deadline, gate.speaks_http2()).await {
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
