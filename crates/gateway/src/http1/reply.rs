//! The Engine's answer on its way to the client.

use std::sync::atomic::Ordering;

use docker_api_core::head::{AnswerLook, AnswerScanner, with_sandbox};
use docker_api_core::relay::{Carried, Framing, Socket, Transfer, read_some, write_all};
use docker_api_core::transport::Stream;

use super::answer::{self, Wanted};
use super::{Connection, Over};
use crate::told::Told;

/// How an answer ended.
pub(super) enum Answered {
    /// Whole, and the Engine takes another request.
    Whole,
    /// Whole or not: nothing follows it.
    Last,
    /// The connection is a stream from here on; this is what the Engine has said in it.
    Stream(Transfer),
    /// It is none that could be handed on.
    Bad(String),
    Over(Over),
}

/// What the Engine has said so far of its answer.
enum Begun {
    Bad(String),
    /// Its head and the begin of its body were handed on; whether it is the last.
    Body(Transfer, bool),
    /// An interim head of so many bytes, not handed on yet.
    Interim(usize),
    More,
    Stream(Transfer),
}

impl<S: Socket> Connection<'_, S> {
    /// Reads the answer's heads, hands them on, and its body behind them.
    pub(super) async fn answer(
        &self,
        engine: &Stream,
        wanted: Wanted,
        told: &Told<'_>,
    ) -> Answered {
        let mut scanner = AnswerScanner::new();
        let mut held = Vec::new();
        let begun = loop {
            let read = read_some(engine, |read| {
                if held.is_empty() {
                    let begun = self.begin(read, &mut scanner, wanted, told);
                    if matches!(begun, Begun::More | Begun::Interim(_)) {
                        held.extend_from_slice(read);
                    }
                    return begun;
                }
                held.extend_from_slice(read);
                self.begin(&held, &mut scanner, wanted, told)
            });
            let mut begun = match read.await {
                Ok(Some(begun)) => begun,
                Ok(None) => return Answered::Last,
                Err(error) => return Answered::Over(Over::EngineLost(error)),
            };
            while let Begun::Interim(length) = begun {
                if write_all(self.client, &held[..length]).await.is_err() {
                    return Answered::Over(Over::ClientGone);
                }
                self.moved.down.fetch_add(length as u64, Ordering::Relaxed);
                told.answering(length);
                held.drain(..length);
                begun = self.begin(&held, &mut scanner, wanted, told);
            }
            if !matches!(begun, Begun::More) {
                break begun;
            }
        };
        drop(held);
        let (mut body, is_last) = match begun {
            Begun::Body(body, is_last) => (body, is_last),
            Begun::Stream(stream) => return Answered::Stream(stream),
            Begun::Bad(why) => return Answered::Bad(why),
            Begun::More | Begun::Interim(_) => return Answered::Last,
        };
        match body.run(engine, self.client, &self.moved.down).await {
            // Behind a whole answer an Engine says nothing unasked.
            Carried::Whole if !is_last && body.surplus().is_some_and(|rest| rest.is_empty()) => {
                Answered::Whole
            }
            Carried::Whole | Carried::Eof => Answered::Last,
            Carried::Bad(why) => Answered::Bad(why.to_string()),
            Carried::ReadFailed(error) => Answered::Over(Over::EngineLost(error)),
            Carried::WriteFailed(_) => Answered::Over(Over::ClientGone),
        }
    }

    /// Reads the head that `bytes` begin with, and writes it and what of the body is there.
    fn begin(
        &self,
        bytes: &[u8],
        scanner: &mut AnswerScanner,
        wanted: Wanted,
        told: &Told<'_>,
    ) -> Begun {
        let (status, length) = match scanner.look(bytes) {
            AnswerLook::More => return Begun::More,
            AnswerLook::Interim { len, .. } => return Begun::Interim(len),
            AnswerLook::Bad(why) => return Begun::Bad(why.to_string()),
            AnswerLook::Final { status, len } => (status, len),
        };
        let next = match answer::read(&bytes[..length], status, wanted) {
            Ok(next) => next,
            Err(why) => return Begun::Bad(why.to_string()),
        };
        let edited;
        let (bytes, length) = if wanted.browser {
            let head = with_sandbox(&bytes[..length]);
            edited = [&head, &bytes[length..]].concat();
            (&edited[..], head.len())
        } else {
            (bytes, length)
        };
        let start = |framing| {
            let started = Transfer::start(bytes, length, framing, self.client, &self.moved.down);
            if started.is_ok() {
                told.answered(status);
                told.answering(length);
            }
            started
        };
        let begun = match next {
            answer::Next::Body(framing) => start(framing).map(|body| Begun::Body(body, false)),
            answer::Next::LastBody(framing) => start(framing).map(|body| Begun::Body(body, true)),
            answer::Next::Stream => start(Framing::UntilEnd).map(Begun::Stream),
        };
        begun.unwrap_or_else(|why| Begun::Bad(why.to_string()))
    }
}
