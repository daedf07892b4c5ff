//! A message on its way: its head as it is, and as much behind it as its framing says.

use std::future::poll_fn;
use std::io;
use std::sync::atomic::{AtomicU64, Ordering};

use super::pump::{YIELD_AFTER, offer, with_buffer};
use super::splice::{Pipe, spliceable};
use super::{BadChunk, Chunks, Socket};

/// How a body says where it ends (RFC 9112 section 6).
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Framing {
    /// By the chunks it is sent in.
    Chunked(Chunks),
    /// After so many more bytes.
    Exactly(u64),
    /// With its direction of the connection.
    UntilEnd,
}

/// A message that is carried from one socket to another.
///
/// What it has read and not yet written is in here, not in a future: [`Transfer::run`] may be
/// dropped at any moment and called again, and no byte is lost.
#[derive(Debug)]
pub struct Transfer {
    framing: Framing,
    /// What was read and isn't written yet.
    held: Vec<u8>,
    /// The first bytes of `held` that belong to the message; what follows came behind its end.
    due: usize,
    /// What was read and isn't written yet of a body that is spliced.
    pipe: Option<Pipe>,
}

/// How far a message was carried.
#[derive(Debug)]
pub enum Carried {
    /// What the sender sent is not framed as it should be. It isn't handed on.
    Bad(BadChunk),
    /// The sender ended before the message did, or with it where that is its framing.
    Eof,
    /// The sender was lost.
    ReadFailed(io::Error),
    /// All of it is written.
    Whole,
    /// The receiver takes no more.
    WriteFailed(io::Error),
}

impl Framing {
    /// Of a message without a body.
    pub const NONE: Self = Self::Exactly(0);

    /// How many of these bytes, which follow those taken before, belong to the body: all of them,
    /// unless it ends among them.
    ///
    /// # Errors
    /// When they aren't chunked as they should be. Nothing more is to be taken then.
    pub fn take(&mut self, bytes: &[u8]) -> Result<usize, BadChunk> {
        match self {
            Self::Chunked(chunks) => chunks.take(bytes),
            Self::Exactly(left) => {
                let taken = usize::try_from(*left).unwrap_or(usize::MAX).min(bytes.len());
                *left -= taken as u64;
                Ok(taken)
            }
            Self::UntilEnd => Ok(bytes.len()),
        }
    }

    /// Whether the body's last byte has been taken.
    pub fn is_over(&self) -> bool {
        match self {
            Self::Chunked(chunks) => chunks.is_over(),
            Self::Exactly(left) => *left == 0,
            Self::UntilEnd => false,
        }
    }
}

impl Transfer {
    /// Begins with what is there of a message: a head of `head` bytes, and what came behind it.
    /// As much as `to` takes is written at once.
    ///
    /// # Errors
    /// When the body isn't framed as it should be. Nothing is written then.
    pub fn start(
        bytes: &[u8],
        head: usize,
        framing: Framing,
        to: &impl Socket,
        moved: &AtomicU64,
    ) -> Result<Self, BadChunk> {
        if let (Some(to), Framing::Chunked(_) | Framing::Exactly(BULK..)) = (to.plain(), &framing) {
            to.expect_bulk();
        }
        let mut transfer = Self { framing, held: Vec::new(), due: 0, pipe: None };
        transfer.accept(bytes, head, to, moved)?;
        Ok(transfer)
    }

    /// Carries the message until it is whole or can't go on.
    pub async fn run(
        &mut self,
        from: &impl Socket,
        to: &impl Socket,
        moved: &AtomicU64,
    ) -> Carried {
        let mut since_yield = 0;
        loop {
            if let Err(error) = self.settle(to, moved).await {
                return Carried::WriteFailed(error);
            }
            if self.framing.is_over() {
                return Carried::Whole;
            }
            if let Err(error) = poll_fn(|cx| from.poll_readable(cx)).await {
                return Carried::ReadFailed(error);
            }
            let read = match self.splice(from, to) {
                Some(read) => read.map(|count| (count, Ok(()))),
                None => with_buffer(|buffer| {
                    let count = from.try_read(buffer)?;
                    Ok((count, self.accept(&buffer[..count], 0, to, moved)))
                }),
            };
            match read {
                Ok((0, _)) => return Carried::Eof,
                Ok((_, Err(bad))) => return Carried::Bad(bad),
                Ok((count, Ok(()))) => since_yield += count,
                Err(error) if would_block(&error) => {}
                Err(error) => return Carried::ReadFailed(error),
            }
            if since_yield > YIELD_AFTER {
                since_yield = 0;
                tokio::task::yield_now().await;
            }
        }
    }

    /// Writes what belongs to the message and is still held.
    ///
    /// # Errors
    /// The socket's, when the receiver takes no more.
    pub async fn settle(&mut self, to: &impl Socket, moved: &AtomicU64) -> io::Result<()> {
        while self.due > 0 {
            poll_fn(|cx| to.poll_writable(cx)).await?;
            let taken = offer(to, &self.held[..self.due])?;
            self.held.drain(..taken);
            self.due -= taken;
            moved.fetch_add(taken as u64, Ordering::Relaxed);
        }
        if let (Some(pipe), Some(to)) = (&mut self.pipe, to.plain()) {
            // Boxed, for only what is bulky should hold room for it.
            Box::pin(pipe.drain(to, moved)).await?;
        }
        if let Some(pipe) = self.pipe.take() {
            pipe.give_back();
        }
        if self.held.is_empty() {
            // A direction in which nothing moves holds no buffer.
            self.held = Vec::new();
        }
        poll_fn(|cx| to.poll_flush(cx)).await
    }

    /// What came behind the message, once all of it is read and written.
    pub fn surplus(&mut self) -> Option<&mut Vec<u8>> {
        let is_written = self.due == 0 && self.pipe.is_none();
        (self.framing.is_over() && is_written).then_some(&mut self.held)
    }

    /// Reads of a long body without a copy what is there. `None`: it isn't long, or can't be
    /// spliced.
    fn splice(&mut self, from: &impl Socket, to: &impl Socket) -> Option<io::Result<usize>> {
        let Framing::Exactly(left @ BULK..) = &mut self.framing else { return None };
        let (from, _) = spliceable(from, to)?;
        let mut pipe = Pipe::take()?;
        let read = pipe.fill(from, *left);
        *left -= read.as_ref().map_or(0, |&count| count as u64);
        self.pipe = Some(pipe);
        Some(read)
    }

    fn accept(
        &mut self,
        bytes: &[u8],
        head: usize,
        to: &impl Socket,
        moved: &AtomicU64,
    ) -> Result<(), BadChunk> {
        let due = head + self.framing.take(&bytes[head..])?;
        // A failure shows again when the rest is written.
        let taken = offer(to, &bytes[..due]).unwrap_or(0);
        self.held.extend_from_slice(&bytes[taken..]);
        self.due = due - taken;
        moved.fetch_add(taken as u64, Ordering::Relaxed);
        Ok(())
    }
}

fn would_block(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::WouldBlock
}

/// What is left of a body that is worth a pipe, in bytes.
const BULK: u64 = 64 * 1024;

#[cfg(test)]
mod tests {
    use std::pin::pin;
    use std::task::Poll;

    use proptest::collection::vec;
    use proptest::prelude::*;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::UnixStream;

    use super::*;
    use crate::transport::Stream;

    /// Two ends of a socket: the test's and the relay's.
    fn pair() -> (UnixStream, Stream) {
        let (test, relay) = UnixStream::pair().unwrap();
        (test, Stream::Unix(relay))
    }

    #[tokio::test]
    async fn a_message_is_carried_to_its_end_and_what_follows_it_is_kept() {
        for (framing, body) in [
            (Framing::Exactly(11), "hello world"),
            (Framing::Chunked(Chunks::new()), "5;a\r\nhello\r\n0\r\nX: y\r\n\r\n"),
            (Framing::NONE, ""),
        ] {
            for there in 0..=body.len() {
                let ((mut sender, from), (mut receiver, to)) = (pair(), pair());
                let moved = AtomicU64::new(0);
                let (first, rest) = body.split_at(there);
                let begin = format!("head{first}");
                let mut transfer =
                    Transfer::start(begin.as_bytes(), 4, framing.clone(), &to, &moved).unwrap();
                if there < body.len() {
                    assert!(transfer.surplus().is_none());
                    sender.write_all(format!("{rest}next").as_bytes()).await.unwrap();
                }
                let carried = transfer.run(&from, &to, &moved).await;
                assert!(matches!(carried, Carried::Whole), "{carried:?}");
                let next = if there < body.len() { &b"next"[..] } else { b"" };
                assert_eq!(transfer.surplus().unwrap(), next);
                drop(to);
                let mut seen = String::new();
                receiver.read_to_string(&mut seen).await.unwrap();
                assert_eq!(seen, format!("head{body}"));
                assert_eq!(moved.into_inner(), seen.len() as u64);
            }
        }
    }

    #[tokio::test]
    async fn what_is_behind_the_message_in_its_first_bytes_is_not_written() {
        let ((_sender, from), (mut receiver, to)) = (pair(), pair());
        let moved = AtomicU64::new(0);
        let mut transfer =
            Transfer::start(b"headbodynext", 4, Framing::Exactly(4), &to, &moved).unwrap();
        assert!(matches!(transfer.run(&from, &to, &moved).await, Carried::Whole));
        assert_eq!(transfer.surplus().unwrap(), b"next");
        drop(to);
        let mut seen = String::new();
        receiver.read_to_string(&mut seen).await.unwrap();
        assert_eq!(seen, "headbody");
    }

    #[tokio::test]
    async fn a_body_that_is_wrong_from_its_begin_on_takes_its_head_with_it() {
        let (mut receiver, to) = pair();
        let moved = AtomicU64::new(0);
        let framing = Framing::Chunked(Chunks::new());
        let started = Transfer::start(b"headx\r\n", 4, framing, &to, &moved);
        assert_eq!(started.unwrap_err(), BadChunk::Size);
        drop(to);
        assert_eq!(receiver.read(&mut [0; 1]).await.unwrap(), 0);
    }

    #[tokio::test]
    async fn what_the_receiver_has_not_taken_is_no_surplus_and_survives_a_run_that_is_dropped() {
        let ((mut sender, from), (mut receiver, to)) = (pair(), pair());
        let moved = AtomicU64::new(0);
        // More than a socket's buffer holds.
        let body = crate::relay::tests::noise(4 << 20);
        let framing = Framing::Exactly(body.len() as u64);
        let mut transfer = Transfer::start(b"", 0, framing, &to, &moved).unwrap();
        let sending = async {
            sender.write_all(&body).await.unwrap();
            sender.write_all(b"next").await.unwrap();
        };
        let carrying = async {
            loop {
                // It is dropped whenever it waits.
                let step = {
                    let mut run = pin!(transfer.run(&from, &to, &moved));
                    poll_fn(|cx| Poll::Ready(run.as_mut().poll(cx))).await
                };
                match step {
                    Poll::Ready(carried) => break carried,
                    Poll::Pending => tokio::task::yield_now().await,
                }
                if transfer.due > 0 {
                    assert!(transfer.surplus().is_none());
                }
            }
        };
        let receiving = async {
            let mut seen = vec![0; body.len()];
            receiver.read_exact(&mut seen).await.unwrap();
            assert!(seen == body);
        };
        let (carried, (), ()) = tokio::join!(carrying, sending, receiving);
        assert!(matches!(carried, Carried::Whole), "{carried:?}");
        assert!(b"next".starts_with(transfer.surplus().unwrap()));
    }

    proptest! {
        #[test]
        fn a_framing_takes_the_same_in_any_pieces(
            length in 0..40_u64,
            bytes in vec(any::<u8>(), 0..60),
            cut in 0..60_usize,
        ) {
            let (first, second) = bytes.split_at(cut.min(bytes.len()));
            let mut whole = Framing::Exactly(length);
            let mut pieces = whole.clone();
            let taken = pieces.take(first).unwrap() + pieces.take(second).unwrap();
            prop_assert_eq!(whole.take(&bytes).unwrap(), taken);
            prop_assert_eq!(whole, pieces);
        }
    }
}
