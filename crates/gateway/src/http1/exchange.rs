//! A request that is allowed, and its answer.

use std::mem;
use std::pin::pin;
use std::sync::atomic::Ordering;

use docker_api_core::head::{AnswerLook, AnswerScanner, with_sandbox};
use docker_api_core::relay::{
    BadChunk, Carried, End, Framing, Outcome, Socket, Transfer, both, discard, half_close, pump,
    read_at_most, read_some, write_all,
};
use docker_api_core::transport::Stream;

use super::answer::{self, Wanted};
use super::next_head::{AT_ONCE, Head};
use super::refusal::Refusal;
use super::{After, Connection, Over};
use crate::told::Told;

/// How an answer ended.
enum Answered {
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

/// Why a client's input can't go on.
enum Stopped {
    ClientGone,
    Bad(BadChunk),
}

impl<S: Socket> Connection<'_, S> {
    /// Forwards a request, and hands its answer on.
    pub(super) async fn exchange(
        &self,
        engine: &Stream,
        head: &Head<'_>,
        body: Framing,
        wanted: Wanted,
        told: &Told<'_>,
        ahead: &mut Vec<u8>,
    ) -> After {
        let started = Transfer::start(&head.bytes, head.length, body, engine, &self.moved.up);
        let mut upload = match started {
            Ok(upload) => upload,
            Err(why) => return give_up(engine, told, bad_body(why)),
        };
        told.forwarded(head.length);
        let answered = {
            let mut answer = pin!(self.answer(engine, wanted, told));
            let mut input = pin!(self.input(engine, &mut upload));
            let mut flows = true;
            loop {
                tokio::select! {
                    biased;
                    answered = &mut answer => break Ok(answered),
                    stopped = &mut input, if flows => match stopped {
                        Ok(()) => flows = false,
                        Err(stopped) => break Err(stopped),
                    },
                }
            }
        };
        match answered {
            Ok(Answered::Whole) if upload.is_whole() => {
                *ahead = mem::take(upload.held());
                After::Next
            }
            Ok(Answered::Whole) => Box::pin(self.rest_of_input(engine, upload, ahead)).await,
            Ok(Answered::Last) => After::End,
            Ok(Answered::Stream(answer)) => {
                After::Over(Box::pin(self.stream(engine, upload, answer)).await)
            }
            Ok(Answered::Bad(why)) => give_up(engine, told, Refusal::new(502, why)),
            Ok(Answered::Over(over)) => After::Over(over),
            Err(Stopped::ClientGone) => After::Over(Over::ClientGone),
            Err(Stopped::Bad(why)) => give_up(engine, told, bad_body(why)),
        }
    }

    /// Carries the request's body, and then looks for the client's end. One that goes on to send
    /// is read once and then not any more: that is the next request, and waits.
    async fn input(&self, engine: &Stream, upload: &mut Transfer) -> Result<(), Stopped> {
        match upload.run(self.client, engine, &self.moved.up).await {
            Carried::Whole if upload.held().is_empty() => {
                let keep = |bytes: &[u8]| upload.held().extend_from_slice(bytes);
                match read_at_most(AT_ONCE, self.client, keep).await {
                    Ok(Some(())) => return Ok(()),
                    Ok(None) => {}
                    Err(_lost) => return Err(Stopped::ClientGone),
                }
            }
            Carried::Whole => return Ok(()),
            Carried::Eof => {}
            Carried::Bad(why) => return Err(Stopped::Bad(why)),
            Carried::ReadFailed(_) => return Err(Stopped::ClientGone),
            Carried::WriteFailed(_) => {
                // The Engine takes no more, but may still have an answer to give.
                discard(self.client).await;
                return Ok(());
            }
        }
        if self.client.is_closed() {
            return Err(Stopped::ClientGone);
        }
        half_close(engine);
        Ok(())
    }

    /// The answer was complete before the request was: what is left of the request follows, unless
    /// the Engine is the first to end.
    async fn rest_of_input(
        &self,
        engine: &Stream,
        mut upload: Transfer,
        ahead: &mut Vec<u8>,
    ) -> After {
        tokio::select! {
            biased;
            carried = upload.run(self.client, engine, &self.moved.up) => match carried {
                Carried::Whole => {
                    *ahead = mem::take(upload.held());
                    After::Next
                }
                _ => After::End,
            },
            _ended = read_some(engine, |_| ()) => After::End,
        }
    }

    /// Reads the answer's heads, hands them on, and its body behind them.
    async fn answer(&self, engine: &Stream, wanted: Wanted, told: &Told<'_>) -> Answered {
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
            Carried::Whole if !is_last && body.held().is_empty() => Answered::Whole,
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

    /// Lets go: from here on nothing is read any more, only relayed.
    async fn stream(&self, engine: &Stream, mut upload: Transfer, mut answer: Transfer) -> Over {
        let up = pin!(async {
            // What came behind the request waited for this.
            let early = mem::take(upload.held());
            if let Err(error) = write_all(engine, &early).await {
                return End::WriteFailed(error);
            }
            self.moved.up.fetch_add(early.len() as u64, Ordering::Relaxed);
            drop(early);
            pump(self.client, engine, &self.moved.up).await
        });
        let down = pin!(async {
            if let Err(error) = answer.settle(self.client, &self.moved.down).await {
                return End::WriteFailed(error);
            }
            pump(engine, self.client, &self.moved.down).await
        });
        match both(self.client, engine, up, down).await {
            Outcome::Finished => Over::Ended,
            Outcome::ClientGone => Over::ClientGone,
            Outcome::EngineLost(error) => Over::EngineLost(error),
        }
    }
}

/// What isn't framed as it should be ends here, for the Engine too.
fn give_up(engine: &Stream, told: &Told<'_>, refusal: Refusal) -> After {
    half_close(engine);
    if told.is_answered() {
        return After::End;
    }
    told.answered(refusal.status);
    After::TurnedAway(refusal)
}

fn bad_body(why: BadChunk) -> Refusal {
    Refusal::new(400, format!("the request can't be read: {why}"))
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
