//! Answers a request that doesn't reach the Engine, and reads on behind it where that can be done.

use std::sync::atomic::Ordering;

use docker_api_core::gate::end;
use docker_api_core::metrics::Refused;
use docker_api_core::relay::{Framing, Socket, read_at_most, write_all};
use tokio::time;
use tracing::debug;

use super::next_head::AT_ONCE;
use super::written::written;
use super::{After, Connection, Over, Request};
use crate::heads::HEAD_TIMEOUT;
use crate::refusal::Refusal;
use crate::told::Told;

impl<S: Socket> Connection<'_, S> {
    /// Answers in the Engine's place. `rest` is what came behind the request's head.
    ///
    /// The connection goes on where the end of the request's body is known to come soon: nothing
    /// is judged behind a body that may never end (an `Expect`, open chunks).
    pub(super) async fn refuse(
        &self,
        request: &Request<'_>,
        rest: &[u8],
        refusal: &Refusal,
        ahead: &mut Vec<u8>,
        told: &Told<'_>,
    ) -> After {
        let mut body = request.body.clone();
        let taken = body.take(rest);
        let ends_soon = body.is_over() || matches!(body, Framing::Exactly(..=MAX_DRAINED));
        let keeps = taken.is_ok() && ends_soon && !request.expects && !request.closes;

        let (answer, head) = written(refusal, keeps, request.method == b"HEAD");
        if write_all(self.client, &answer).await.is_err() {
            return After::Over(Over::ClientGone);
        }
        self.moved.down.fetch_add(answer.len() as u64, Ordering::Relaxed);
        told.answering(head);
        told.answered(refusal.status());

        if !keeps {
            return After::End;
        }
        ahead.extend_from_slice(&rest[taken.unwrap_or(rest.len())..]);
        match time::timeout(HEAD_TIMEOUT, self.drain_body(body, ahead)).await {
            Ok(true) => After::Next,
            Ok(false) | Err(_) => After::Over(Over::Ended),
        }
    }

    /// Reads to the end of a body and keeps what comes behind it. False, if there is no such end.
    async fn drain_body(&self, mut body: Framing, ahead: &mut Vec<u8>) -> bool {
        while !body.is_over() {
            let read = read_at_most(AT_ONCE, self.client, |bytes| {
                let taken = body.take(bytes)?;
                ahead.extend_from_slice(&bytes[taken..]);
                Ok(())
            });
            if !matches!(read.await, Ok(Some(Ok::<(), docker_api_core::relay::BadChunk>(())))) {
                return false;
            }
        }
        true
    }

    /// Tells of a head that can't be read.
    pub(super) fn tell_unreadable(&self, refusal: &Refusal) {
        let (answer, head) = written(refusal, false, false);
        let role = self.gateway.access.role(self.who);
        let role = role.as_ref().map_or_else(String::as_str, |role| role.name());
        for sink in &self.gateway.sinks {
            let bytes = (answer.len() - head) as u64;
            sink.unreadable(self.who, role, refusal.status(), bytes);
        }
    }

    /// Answers what is no request, or one that wasn't what it seemed; the connection ends.
    pub(super) async fn turn_away(&self, refusal: &Refusal) -> Over {
        debug!("{} is answered {}: {}", self.who, refusal.status(), refusal.message());
        if matches!(refusal.status(), 400 | 431) {
            self.gateway.parts.metrics.connections.refuse(Refused::BadRequest);
        }
        let (answer, _) = written(refusal, false, false);
        if write_all(self.client, &answer).await.is_ok() {
            self.moved.down.fetch_add(answer.len() as u64, Ordering::Relaxed);
            end(self.client).await;
        }
        Over::Ended
    }
}

/// As much of a body is read away as Go's servers read.
const MAX_DRAINED: u64 = 256 * 1024;
