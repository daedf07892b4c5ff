//! Guarded access over HTTP/2: hyper speaks on both sides, and each stream is judged.
//!
//! A client's connection has one connection to the Engine, which is met before the client hears a
//! word: an Engine that doesn't speak HTTP/2 answers the preface itself. Streams run beside one
//! another in the connection's task, so all of them end with it, and a connection that waits holds
//! no thread and no buffer.
//!
//! Heads are limited as over HTTP/1, though hyper shows them only when they are whole. A head that
//! isn't (a connection has one at most) has five minutes to be. If it takes more than one frame, it
//! counts among all heads that are held, as the most that a head may be. Where it comes too late or
//! has no room, its connection ends. A whole one counts as what it is until the Engine answers; where
//! it has no room, its stream is answered 503. A connection without a head on its way may
//! stay, with streams or without. Trailers are limited as heads are until they are whole, and then
//! by the number of streams.
//!
//! Interim answers end here, for hyper hands none on. A client that waits for `100 (Continue)` sends
//! its body when its patience is over, as it has to anyway (RFC 9110 section 10.1.1).

mod body;
mod crew;
mod engine;
mod frames;
mod io;
mod spoken;
mod stream;
#[cfg(test)]
mod tests;
mod told;
mod watch;
mod written;

use std::pin::pin;
use std::sync::Arc;

use docker_api_core::gate::{Served, end};
use docker_api_core::head::MAX_HEAD;
use docker_api_core::relay::{LINGER, Moved, Socket, idle, pump, read_some, write_all};
use docker_api_core::transport::{Stream, Who};
use hyper::client::conn::http2::SendRequest;
use hyper::rt::Executor as _;
use hyper::service::service_fn;
use hyper::{client, server};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tracing::{debug, info};

use self::body::Upload;
use self::crew::Crew;
pub(crate) use self::engine::PREFACE;
use self::engine::{Engine, meet};
use self::io::Io;
pub(crate) use self::spoken::Spoken;
use self::stream::Streams;
use self::watch::Watch;
use crate::Gateway;

impl Gateway {
    /// Serves a client that has sent the HTTP/2 preface, or is about to. `held` is all that was
    /// read of it so far.
    pub(crate) async fn http2(
        &self,
        client: &impl Socket,
        who: &Who,
        drain: &CancellationToken,
        mut held: Vec<u8>,
    ) -> Served {
        let mut meeting = Box::pin(meet(&self.parts.upstream));
        let engine = loop {
            tokio::select! {
                engine = &mut meeting => break engine,
                read = read_some(client, |bytes| held.extend_from_slice(bytes)),
                    if held.len() < HELD_AT_MOST => match read {
                    Ok(Some(())) => {}
                    Ok(None) | Err(_) => return Served::Ended,
                },
                () = client.gone() => return Served::Ended,
            }
        };
        if let Engine::Http1(engine, answer) = engine {
            debug!("{who} speaks HTTP/2, and the Engine does not");
            Box::pin(hand_back(client, &engine, &answer)).await;
        } else {
            let watch = Watch::new(Arc::clone(&self.heads));
            let client = Io::new(client, held).counted(&who.traffic).watched(watch);
            Box::pin(self.drive(client, who, drain, engine)).await;
        }
        end(client).await;
        Served::Ended
    }

    async fn drive(&self, client: Io<'_>, who: &Who, drain: &CancellationToken, engine: Engine) {
        let (crew, mut work) = Crew::new();
        let let_go = CancellationToken::new();
        let streams = Arc::new(Streams {
            who: Arc::new(who.clone()),
            guard: self.parts.guard.clone(),
            access: (!self.access.is_open(who)).then(|| Arc::clone(&self.access)),
            sinks: self.sinks.as_slice().into(),
            engine: match engine {
                Engine::Http2(stream, settings) => start(stream, settings, &crew, &let_go).await,
                Engine::Http1(..) | Engine::Away => None,
            },
            upstream: Arc::clone(&self.parts.upstream),
            heads: Arc::clone(&self.heads),
            let_go: let_go.clone(),
        });
        let service = service_fn(move |request| {
            let streams = Arc::clone(&streams);
            async move { streams.answer(request).await }
        });
        let mut serving = pin!(
            server::conn::http2::Builder::new(crew)
                .auto_date_header(false)
                .max_concurrent_streams(STREAMS)
                .max_header_list_size(MAX_HEADER_LIST)
                .serve_connection(client, service)
        );
        let moved = &who.traffic.moved;
        let mut idle = pin!(idle_for(moved, self.parts.idle));
        let mut leaving = false;
        loop {
            tokio::select! {
                biased;
                served = &mut serving => {
                    debug!("{who} ended: {served:?}, {moved:?}");
                    return;
                }
                () = drain.cancelled(), if !leaving => leaving = true,
                () = let_go.cancelled(), if !leaving => leaving = true,
                () = work.run() => {}
                () = &mut idle => {
                    info!("{who} is closed: nothing moved for {:?}", self.parts.idle);
                    return;
                }
            }
            // Streams under way may end.
            serving.as_mut().graceful_shutdown();
        }
    }
}

/// Speaks HTTP/2 to an Engine that has been met.
async fn start(
    engine: Stream,
    settings: Vec<u8>,
    crew: &Crew,
    let_go: &CancellationToken,
) -> Option<SendRequest<Upload>> {
    let io = Io::new(Box::new(engine), settings).leave_out(PREFACE.len());
    let (engine, connection) = client::conn::http2::Builder::new(crew.clone())
        .initial_stream_window_size(STREAM_WINDOW)
        .initial_connection_window_size(STREAM_WINDOW * STREAMS)
        .max_header_list_size(MAX_HEADER_LIST)
        .handshake(io)
        .await
        .ok()?;
    let let_go = let_go.clone();
    crew.execute(async move {
        // It ends when the Engine takes no more streams. Whoever waits for one hears why.
        let _told: Result<(), hyper::Error> = connection.await;
        let_go.cancel();
    });
    Some(engine)
}

/// Hands on what an Engine says to a preface that it doesn't know.
async fn hand_back(client: &impl Socket, engine: &Stream, answer: &[u8]) {
    let all = async {
        if engine.shutdown_write().is_ok() && write_all(client, answer).await.is_ok() {
            let _ended = pump(engine, client, &Moved::default().down).await;
        }
    };
    if timeout(LINGER, all).await.is_err() {
        debug!("the Engine does not close behind its answer to HTTP/2");
    }
}

async fn idle_for(moved: &Moved, limit: Option<std::time::Duration>) {
    match limit {
        Some(limit) => idle(moved, limit).await,
        None => std::future::pending().await,
    }
}

/// A client that leaves before the Engine has said a word is known by its end, so it is read that
/// far.
const HELD_AT_MOST: usize = 64 * 1024;

/// As many as a client may have under way: fewer than the Engine takes itself (250).
const STREAMS: u32 = 200;

/// A client that doesn't read one stream doesn't hold the others up: there is room for so much of
/// each.
const STREAM_WINDOW: u32 = 256 * 1024;

#[expect(clippy::cast_possible_truncation, reason = "1 MiB")]
const MAX_HEADER_LIST: u32 = MAX_HEAD as u32;
