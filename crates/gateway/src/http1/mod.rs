//! Guarded access over HTTP/1.
//!
//! One request of a connection is under way at a time. Its head is read whole and strictly
//! ([`Scanner`], [`Request`]), judged, and forwarded as it came; its body follows by its framing.
//! The next head is judged only when the answer is complete, so order needs no queue; meanwhile
//! the client is read for its end alone.

mod answer;
mod exchange;
mod next_head;
mod refuse;
mod reply;
mod request;
mod scan;
#[cfg(test)]
mod tests;
mod written;

use std::future::pending;
use std::io;
use std::pin::pin;
use std::sync::OnceLock;

use docker_api_access::{self as access, Transport};
use docker_api_core::Lodged;
use docker_api_core::gate::{Served, end};
use docker_api_core::guard;
use docker_api_core::relay::{Moved, Socket, idle};
use docker_api_core::transport::{Stream, Who};
use tokio_util::sync::CancellationToken;
use tracing::{debug, info};

use self::answer::Wanted;
use self::next_head::{Head, Next};
pub use self::request::{BadHead, Request};
pub use self::scan::Scanner;
use crate::refusal::{Refusal, judge};
use crate::told::Told;
use crate::{Asked, Gateway, heads};

/// A client's connection, and the Engine's once there is one.
struct Connection<'a, S> {
    gateway: &'a Gateway,
    client: &'a S,
    who: &'a Who,
    engine: OnceLock<Stream>,
    /// All bytes, heads included.
    moved: &'a Moved,
}

/// What comes after a request.
enum After {
    /// The next one.
    Next,
    /// Nothing: the client is told so by an end, behind what it was answered.
    End,
    /// Nothing, and nothing to tell.
    Over(Over),
    /// Nothing, and this is the answer.
    TurnedAway(Refusal),
}

/// How a connection came to its end.
#[derive(Debug)]
enum Over {
    ClientGone,
    Ended,
    EngineLost(io::Error),
    Served(Served),
}

impl Gateway {
    /// Serves a client whose requests are judged.
    pub(crate) async fn guarded(
        &self,
        client: &impl Socket,
        who: &Who,
        drain: &CancellationToken,
    ) -> Served {
        let connection = Connection {
            gateway: self,
            client,
            who,
            engine: OnceLock::new(),
            moved: &who.traffic.moved,
        };
        let over = {
            let drive = pin!(connection.drive(drain));
            tokio::select! {
                biased;
                over = drive => over,
                () = client.gone() => Over::ClientGone,
                () = connection.idle() => Over::Ended,
            }
        };
        debug!("{who} ended: {over:?}, {:?}", connection.moved);
        match over {
            Over::Ended => Served::Ended,
            Over::ClientGone => {
                // Over TCP a plain close would look like a half-close to the Engine.
                if let Some(engine) = connection.engine.get() {
                    engine.reset_on_close();
                }
                Served::Ended
            }
            Over::EngineLost(error) => {
                info!("{who} is reset: the Engine was lost: {error}");
                Served::Broken
            }
            Over::Served(served) => served,
        }
    }
}

impl<S: Socket> Connection<'_, S> {
    async fn drive(&self, drain: &CancellationToken) -> Over {
        let mut drained = pin!(drain.cancelled());
        let mut ahead = Vec::new();
        let mut is_first = true;
        loop {
            let head = match self.next_head(&mut ahead, is_first, drained.as_mut()).await {
                Next::Head(head) => head,
                Next::Http2(held) => {
                    let served = self.gateway.http2(self.client, self.who, drain, held);
                    return Over::Served(Box::pin(served).await);
                }
                Next::Nothing => return Over::Ended,
                Next::Refused(refusal) => {
                    if matches!(refusal.status(), 400 | 431) {
                        self.tell_unreadable(&refusal);
                    }
                    return Box::pin(self.turn_away(&refusal)).await;
                }
            };
            is_first = false;
            // What it takes is held while it is under way: connections are idle for most of their lives.
            match Lodged::new(self.request(&head, &mut ahead)).await {
                After::Next => heads::give_back(head.bytes),
                After::End => {
                    Box::pin(end(self.client)).await;
                    return Over::Ended;
                }
                After::Over(over) => return over,
                After::TurnedAway(refusal) => return Box::pin(self.turn_away(&refusal)).await,
            }
        }
    }

    /// Judges a request and sees it through. What the client sent behind it comes into `ahead`.
    async fn request(&self, head: &Head<'_>, ahead: &mut Vec<u8>) -> After {
        let Self { gateway, who, .. } = self;
        let (bytes, rest) = head.bytes.split_at(head.length);
        let guard = gateway.parts.guard.as_ref();
        let request = match Request::read(bytes, guard, who.identity.is_some()) {
            Ok(request) => request,
            Err(why) => {
                let refusal = next_head::unreadable(why);
                self.tell_unreadable(&refusal);
                return After::TurnedAway(refusal);
            }
        };

        let role = gateway.access.role(who);
        let role = role.as_ref();
        let asked = access::Request { method: request.method, target: request.path, grpc: false };
        let (judgement, refusal) = judge(role.map(|role| &**role), &asked, &request.guard);
        let told = Told::new(
            &gateway.sinks,
            Asked {
                who,
                role: role.map_or_else(String::as_str, |role| role.name()),
                method: request.method,
                target: request.target,
                judgement: &judgement,
            },
            self.moved,
        );
        if let Some(refusal) = refusal {
            return Box::pin(self.refuse(&request, rest, &refusal, ahead, &told)).await;
        }
        let Some(engine) = self.engine().await else {
            let refusal = Refusal::engine_away(&gateway.parts.upstream);
            return Box::pin(self.refuse(&request, rest, &refusal, ahead, &told)).await;
        };
        let wanted = Wanted {
            head: request.method == b"HEAD",
            browser: request.guard == guard::Verdict::PassBrowser,
            transport: match judgement.operation {
                // Who may do everything may stream in ways that nobody here knows.
                None if role.is_ok_and(|role| role.is_full()) => Transport::Hijack,
                operation => asked.transport(operation),
            },
        };
        self.exchange(engine, head, &request, wanted, &told, ahead).await
    }

    /// The Engine's connection, dialled when it is first needed.
    async fn engine(&self) -> Option<&Stream> {
        if self.engine.get().is_none() {
            match Box::pin(self.gateway.parts.upstream.dial()).await {
                Ok(engine) => {
                    // Nobody else sets it.
                    let _ignored = self.engine.set(engine);
                }
                Err(error) => debug!("{} is answered 503: {error}", self.who),
            }
        }
        self.engine.get()
    }

    /// Completes when nothing has moved for too long.
    async fn idle(&self) {
        match self.gateway.parts.idle {
            None => pending().await,
            Some(limit) => {
                Box::pin(idle(self.moved, limit)).await;
                info!("{} is closed: nothing moved for {limit:?}", self.who);
            }
        }
    }
}
