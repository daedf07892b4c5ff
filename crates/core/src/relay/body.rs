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
            pipe.drain(to, moved).await?;
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

    /// Whether all of the message has been written, so that what is held came behind it.
    pub fn is_whole(&self) -> bool {
        self.framing.is_over() && self.due == 0 && self.pipe.is_none()
    }

    /// What was read and isn't written: behind a whole message, what came after it.
    pub fn held(&mut self) -> &mut Vec<u8> {
        &mut self.held
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
