//! A request that is allowed, and its answer.

use std::mem;
use std::pin::pin;

use docker_api_core::relay::{
    BadChunk, Carried, End, Outcome, Socket, Transfer, both, discard, half_close, pump,
    read_at_most, read_some,
};
use docker_api_core::transport::Stream;

use super::answer::Wanted;
use super::next_head::{AT_ONCE, Head};
use super::reply::Answered;
use super::{After, Connection, Over, Request};
use crate::refusal::Refusal;
use crate::told::Told;

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
        request: &Request<'_>,
        wanted: Wanted,
        told: &Told<'_>,
        ahead: &mut Vec<u8>,
    ) -> After {
        let moved = &self.moved.up;
        let body = request.body.clone();
        let mut upload = match Transfer::start(&head.bytes, head.length, body, engine, moved) {
            Ok(upload) => upload,
            Err(why) => return give_up(engine, told, Refusal::unreadable(why)),
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
            Ok(Answered::Whole) => match upload.surplus() {
                Some(surplus) => {
                    *ahead = mem::take(surplus);
                    After::Next
                }
                // The client may never send it, and the Engine not wait for it.
                None if request.expects => After::End,
                None => Box::pin(self.rest_of_input(engine, upload, ahead)).await,
            },
            Ok(Answered::Last) => After::End,
            Ok(Answered::Stream(answer)) => {
                After::Over(Box::pin(self.stream(engine, upload, answer)).await)
            }
            Ok(Answered::Bad(why)) => give_up(engine, told, Refusal::new(502, why)),
            Ok(Answered::Over(over)) => After::Over(over),
            Err(Stopped::ClientGone) => After::Over(Over::ClientGone),
            Err(Stopped::Bad(why)) => give_up(engine, told, Refusal::unreadable(why)),
        }
    }

    /// Carries the request's body, and then looks for the client's end. One that goes on to send
    /// is read once and then not any more: that is the next request, and waits.
    async fn input(&self, engine: &Stream, upload: &mut Transfer) -> Result<(), Stopped> {
        match upload.run(self.client, engine, &self.moved.up).await {
            Carried::Whole => {
                let Some(surplus) = upload.surplus().filter(|surplus| surplus.is_empty()) else {
                    return Ok(());
                };
                let keep = |bytes: &[u8]| surplus.extend_from_slice(bytes);
                match read_at_most(AT_ONCE, self.client, keep).await {
                    Ok(Some(())) => return Ok(()),
                    Ok(None) => {}
                    Err(_lost) => return Err(Stopped::ClientGone),
                }
            }
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
            _carried = upload.run(self.client, engine, &self.moved.up) => {}
            _ended = read_some(engine, |_| ()) => return After::End,
        }
        match upload.surplus() {
            Some(surplus) => {
                *ahead = mem::take(surplus);
                After::Next
            }
            None => After::End,
        }
    }

    /// Lets go: from here on nothing is read any more, only relayed.
    ///
    /// What the client sent behind its request without waiting for the answer is dropped, as every
    /// Engine drops it; it may have been meant as a request.
    async fn stream(&self, engine: &Stream, mut upload: Transfer, mut answer: Transfer) -> Over {
        let up = pin!(async {
            if let Err(error) = upload.settle(engine, &self.moved.up).await {
                return End::WriteFailed(error);
            }
            drop(upload);
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
    told.answered(refusal.status());
    After::TurnedAway(refusal)
}
