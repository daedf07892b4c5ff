//! Waits for the next head of a connection, and until then holds nothing.

use std::mem;
use std::pin::Pin;

use docker_api_core::head::{Heads, Share};
use docker_api_core::relay::{Socket, read_at_most, read_some};
use tokio::time;
use tokio_util::sync::WaitForCancellationFuture;
use tracing::debug;

use super::{BadHead, Connection, Scanner};
use crate::heads::{self, HEAD_TIMEOUT};
use crate::http2::PREFACE;
use crate::refusal::Refusal;

/// A whole head, and what has come behind it.
pub(super) struct Head<'a> {
    pub(super) bytes: Vec<u8>,
    /// Of the head, with its blank line.
    pub(super) length: usize,
    _share: Share<&'a Heads>,
}

/// What the client does next.
pub(super) enum Next<'a> {
    Head(Head<'a>),
    /// It speaks HTTP/2; this is what it said.
    Http2(Vec<u8>),
    /// Nothing that needs an answer.
    Nothing,
    /// Something that gets this answer, and is its last.
    Refused(Refusal),
}

impl<S: Socket> Connection<'_, S> {
    /// Waits for the next head. Its begin may be in `ahead`, which is empty afterwards.
    pub(super) async fn next_head(
        &self,
        ahead: &mut Vec<u8>,
        is_first: bool,
        drained: Pin<&mut WaitForCancellationFuture<'_>>,
    ) -> Next<'_> {
        let mut bytes = mem::take(ahead);
        let mut share = Share::of(&*self.gateway.heads);
        if !share.grow_to(bytes.capacity()) {
            return Next::Refused(Refusal::too_many_heads());
        }
        if bytes.is_empty() {
            let engine_ended = async {
                match self.engine.get() {
                    // What it says unasked is no answer.
                    Some(engine) => drop(read_some(engine, |_| ()).await),
                    None => std::future::pending().await,
                }
            };
            let read = tokio::select! {
                biased;
                () = engine_ended => return Next::Nothing,
                read = read_at_most(AT_ONCE, self.client, |read| {
                    bytes = heads::lend();
                    share.extend(&mut bytes, read)
                }) => read,
                () = drained => return Next::Nothing,
            };
            match read {
                Ok(Some(true)) => {}
                Ok(Some(false)) => return Next::Refused(Refusal::too_many_heads()),
                Ok(None) | Err(_) => return Next::Nothing,
            }
        }
        let mut scanner = Scanner::default();
        match look(&bytes, is_first, &mut scanner) {
            Look::More => Box::pin(self.rest_of_head(bytes, is_first, scanner, share)).await,
            look => look.into_next(bytes, share),
        }
    }

    async fn rest_of_head<'a>(
        &self,
        mut bytes: Vec<u8>,
        is_first: bool,
        mut scanner: Scanner,
        mut share: Share<&'a Heads>,
    ) -> Next<'a> {
        let deadline = time::Instant::now() + HEAD_TIMEOUT;
        loop {
            let read = read_at_most(AT_ONCE, self.client, |read| share.extend(&mut bytes, read));
            match time::timeout_at(deadline, read).await {
                Ok(Ok(Some(true))) => {}
                Ok(Ok(Some(false))) => return Next::Refused(Refusal::too_many_heads()),
                Ok(_ended) => return Next::Nothing,
                Err(_late) => {
                    debug!("{} sent no whole head within {HEAD_TIMEOUT:?}", self.who);
                    return Next::Nothing;
                }
            }
            match look(&bytes, is_first, &mut scanner) {
                Look::More => {}
                look => return look.into_next(bytes, share),
            }
        }
    }
}

/// The answer to what is no head.
pub(super) fn unreadable(why: BadHead) -> Refusal {
    match why {
        BadHead::TooLong => Refusal::new(431, why.to_string()),
        _ => Refusal::unreadable(why),
    }
}

enum Look {
    Head(usize),
    Http2,
    More,
    Refused(Refusal),
}

impl Look {
    fn into_next(self, bytes: Vec<u8>, share: Share<&Heads>) -> Next<'_> {
        match self {
            Self::Head(length) => Next::Head(Head { bytes, length, _share: share }),
            Self::Http2 => Next::Http2(bytes),
            Self::More => Next::Nothing,
            Self::Refused(refusal) => Next::Refused(refusal),
        }
    }
}

fn look(bytes: &[u8], is_first: bool, scanner: &mut Scanner) -> Look {
    if is_first && bytes.starts_with(PREFACE) {
        return Look::Http2;
    }
    if is_first && PREFACE.starts_with(bytes) {
        return Look::More;
    }
    match scanner.look(bytes) {
        Ok(Some(length)) => Look::Head(length),
        Ok(None) => Look::More,
        Err(why) => Look::Refused(unreadable(why)),
    }
}

/// Read at a time of what is kept; more than one record of TLS.
pub(super) const AT_ONCE: usize = 32 * 1024;
