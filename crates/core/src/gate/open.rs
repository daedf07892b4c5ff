//! Open access: reads the first head at most, asks the browser guard, and from then on relays.

use std::future::pending;
use std::io;
use std::pin::{Pin, pin};
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::time;
use tokio_util::sync::CancellationToken;
use tracing::{debug, info};

use super::{Gate, Parts, Served};
use crate::guard::{Guard, Request, Verdict};
use crate::head::{
    AnswerLook, AnswerScanner, Heads, Look, MAX_HEADS, RequestLine, Scanner, Share, parse, refusal,
    with_connection_close, with_sandbox,
};
use crate::metrics::Refused;
use crate::relay::{
    End, Outcome, Seer, Socket, both, idle, linger, pump, pump_shown, read_at_most, read_some,
    write_all,
};
use crate::transport::{Stream, Who};

/// The open gate.
#[derive(Debug)]
pub struct Open {
    parts: Parts,
    heads: Heads,
}

/// What the first bytes of a connection come to.
enum First {
    /// They go to the Engine as they are.
    Relay(Vec<u8>),
    /// They go to the Engine, edited, and the answer's head is edited too.
    Browser(Vec<u8>),
    /// The gate answers, and that is all.
    Refused(Refused, Vec<u8>),
    /// The client ended, or took too long, before it had said anything whole.
    Nothing,
}

impl<S: Socket> Gate<S> for Open {
    fn serve<'a>(
        &'a self,
        client: &'a S,
        who: &'a Who,
        drain: &'a CancellationToken,
    ) -> Pin<Box<dyn Future<Output = Served> + Send + 'a>> {
        Box::pin(self.drive(client, who, drain))
    }
}

impl Open {
    /// Without a guard, every byte is relayed unseen.
    pub fn new(parts: Parts) -> Self {
        Self { parts, heads: Heads::new(MAX_HEADS) }
    }

    /// Serves one client to its end. When `drain` says so, a client that has sent nothing yet is
    /// let go.
    pub async fn drive(
        &self,
        client: &impl Socket,
        who: &Who,
        drain: &CancellationToken,
    ) -> Served {
        let mut share = Share::of(&self.heads);
        let first = {
            let first = pin!(self.first(client, who, drain, &mut share));
            tokio::select! {
                first = time::timeout(HEAD_TIMEOUT, first) => first,
                () = client.gone() => return Served::Ended,
            }
        };
        match first {
            Ok(First::Relay(held)) => self.relay(client, who, (held, share), false).await,
            Ok(First::Browser(held)) => self.relay(client, who, (held, share), true).await,
            Ok(First::Refused(why, answer)) => {
                drop(share);
                self.parts.metrics.connections.refuse(why);
                if write_all(client, &answer).await.is_ok() {
                    end(client).await;
                }
                Served::Ended
            }
            Ok(First::Nothing) => Served::Ended,
            Err(_late) => {
                debug!("{who} sent no whole head within {HEAD_TIMEOUT:?}");
                Served::Ended
            }
        }
    }

    async fn first(
        &self,
        client: &impl Socket,
        who: &Who,
        drain: &CancellationToken,
        share: &mut Share<&Heads>,
    ) -> First {
        let mut held = Vec::new();
        let mut scanner = Scanner::new();
        loop {
            let first = held.is_empty();
            let read = tokio::select! {
                biased;
                read = read_at_most(AT_ONCE, client, |bytes| share.extend(&mut held, bytes)) => read,
                () = drain.cancelled(), if first => return First::Nothing,
                limit = silence(self.parts.idle) => {
                    info!("{who} is closed: nothing moved for {limit:?}");
                    return First::Nothing;
                }
            };
            let Ok(Some(is_held)) = read else { return First::Nothing };
            if !is_held {
                debug!("{who} is refused: too many heads are being read");
                let answer = refusal(503, "too many request heads are being read: try again later");
                return First::Refused(Refused::BadRequest, answer);
            }
            let Some(guard) = &self.parts.guard else { return First::Relay(held) };
            match scanner.look(&held) {
                Look::More => {}
                Look::NotHttp => return First::Relay(held),
                Look::Head(length) => return judge(guard, held, length, who),
                Look::Bad(why) => return unreadable(who, &why.to_string()),
                Look::TooLong => {
                    debug!("{who} sent a head of more than 1 MiB");
                    let answer = refusal(431, "the request head is longer than 1 MiB");
                    return First::Refused(Refused::BadRequest, answer);
                }
            }
        }
    }

    async fn relay(
        &self,
        client: &impl Socket,
        who: &Who,
        (held, share): (Vec<u8>, Share<&Heads>),
        browser: bool,
    ) -> Served {
        let dialled = tokio::select! {
            dialled = Box::pin(self.parts.upstream.dial()) => dialled,
            // Nobody waits for the answer: what was asked for must not be done later.
            () = client.gone() => return Served::Ended,
        };
        let engine = match dialled {
            Ok(engine) => engine,
            Err(error) => {
                debug!("{who} is closed: {error}");
                end(client).await;
                return Served::Ended;
            }
        };
        let moved = &who.traffic.moved;
        let note = self.parts.asked_for.map(|asked_for| {
            move |bytes: &[u8]| {
                if let Some(line) = RequestLine::seen_in(bytes) {
                    let operation = asked_for(line.method, line.target);
                    who.traffic.operation.store(operation, Ordering::Relaxed);
                }
            }
        });
        let upload = pin!(async {
            if let Err(error) = write_all(&engine, &held).await {
                return End::WriteFailed(error);
            }
            moved.up.fetch_add(held.len() as u64, Ordering::Relaxed);
            let look = note.as_ref().map(|note| note as Seer<'_>);
            if let Some(look) = look {
                look(&held);
            }
            drop((held, share));
            pump_shown(client, &engine, &moved.up, look).await
        });
        let answer = pin!(async {
            if browser && let Err(end) = Box::pin(sandbox_answer(&engine, client)).await {
                return end;
            }
            pump(&engine, client, &moved.down).await
        });
        let relayed = both(client, &engine, upload, answer);
        let outcome = match self.parts.idle {
            None => relayed.await,
            Some(limit) => tokio::select! {
                outcome = Box::pin(relayed) => outcome,
                () = idle(moved, limit) => {
                    info!("{who} is closed: nothing moved for {limit:?}");
                    return Served::Ended;
                }
            },
        };
        debug!("{who} ended: {outcome:?}, {moved:?}");
        match outcome {
            Outcome::Finished => Served::Ended,
            Outcome::ClientGone => {
                // Over TCP a plain close would look like a half-close to the Engine.
                engine.reset_on_close();
                Served::Ended
            }
            Outcome::EngineLost(error) => {
                info!("{who} is reset: the Engine was lost: {error}");
                Served::Broken
            }
        }
    }
}

/// Completes after that long, or never. It is boxed, for most connections have no limit.
async fn silence(limit: Option<Duration>) -> Duration {
    match limit {
        Some(limit) => {
            Box::pin(time::sleep(limit)).await;
            limit
        }
        None => pending().await,
    }
}

fn judge(guard: &Guard, mut held: Vec<u8>, length: usize, who: &Who) -> First {
    let head = match parse(&held[..length]) {
        Ok(head) => head,
        Err(why) => return unreadable(who, &why.to_string()),
    };
    match guard.judge(&Request::new(head.method, head.headers(), who.identity.is_some())) {
        Verdict::Pass => First::Relay(held),
        // A page can't ask for an upgrade without an `Origin`, so it goes on as it is.
        Verdict::PassBrowser if head.is_upgrade() => First::Browser(held),
        Verdict::PassBrowser => {
            let edited = with_connection_close(&held[..length]);
            held.splice(..length, edited);
            First::Browser(held)
        }
        Verdict::Refuse(refused) => {
            info!("{who} is refused: {refused}");
            let mut answer = refusal(403, &refused.to_string());
            if head.method == b"HEAD" {
                // Its answer has no body (RFC 9110 section 9.3.2).
                answer.truncate(
                    answer.windows(4).position(|at| at == b"\r\n\r\n").map_or(0, |at| at + 4),
                );
            }
            First::Refused(Refused::BrowserGuard, answer)
        }
    }
}

fn unreadable(who: &Who, why: &str) -> First {
    debug!("{who} sent a head that can't be read: {why}");
    let answer = refusal(400, &format!("the request can't be read: {why}"));
    First::Refused(Refused::BadRequest, answer)
}

/// Hands the answer's head on, with what makes it harmless in a browser behind its status line.
async fn sandbox_answer(engine: &Stream, client: &impl Socket) -> Result<(), End> {
    let mut scanner = AnswerScanner::new();
    let mut held = Vec::new();
    loop {
        match scanner.look(&held) {
            AnswerLook::More => {
                let read = read_some(engine, |bytes| held.extend_from_slice(bytes)).await;
                if read.map_err(End::ReadFailed)?.is_none() {
                    return Err(End::Eof);
                }
            }
            AnswerLook::Interim { len, .. } => {
                write_all(client, &held[..len]).await.map_err(End::WriteFailed)?;
                held.drain(..len);
            }
            AnswerLook::Final { len, .. } => {
                let edited = with_sandbox(&held[..len]);
                held.splice(..len, edited);
                return write_all(client, &held).await.map_err(End::WriteFailed);
            }
            AnswerLook::Bad(why) => return Err(End::ReadFailed(io::Error::other(why))),
        }
    }
}

/// Ends our direction, and reads what is still sent so that no reset overtakes what was said.
pub async fn end(client: &impl Socket) {
    if client.shutdown_write().is_ok() {
        Box::pin(linger(client)).await;
    }
}

/// dockerd's own limit for a request's head (`ReadHeaderTimeout`).
const HEAD_TIMEOUT: Duration = Duration::from_secs(5 * 60);

/// Read at a time of what is kept; more than one record of TLS.
const AT_ONCE: usize = 32 * 1024;
