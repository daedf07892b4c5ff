//! Bodies on their way through: counted, and otherwise as they are.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};

use bytes::Bytes;
use hyper::body::{Body, Frame, Incoming};

use super::told::Told;

/// A request's body.
#[derive(Debug)]
pub(super) struct Upload {
    body: Incoming,
    up: Arc<AtomicU64>,
}

/// An answer's body. With it ends the request.
#[derive(Debug)]
pub(super) struct Download {
    body: Source,
    told: Option<Told>,
}

#[derive(Debug)]
enum Source {
    Engine(Incoming),
    Ours(Option<Bytes>),
}

type Next = Poll<Option<Result<Frame<Bytes>, hyper::Error>>>;

impl Upload {
    pub(super) fn new(body: Incoming, up: Arc<AtomicU64>) -> Self {
        Self { body, up }
    }
}

impl Download {
    pub(super) fn of_engine(body: Incoming, told: Option<Told>) -> Self {
        Self { body: Source::Engine(body), told }
    }

    pub(super) fn ours(body: String, told: Option<Told>) -> Self {
        let body = (!body.is_empty()).then(|| body.into());
        Self { body: Source::Ours(body), told }
    }
}

// No body says its length: hyper would add it to heads that lack one.

impl Body for Upload {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Next {
        let me = self.get_mut();
        let next = Pin::new(&mut me.body).poll_frame(cx);
        me.up.fetch_add(length(&next), Ordering::Relaxed);
        next
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }
}

impl Body for Download {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Next {
        let me = self.get_mut();
        let next = match &mut me.body {
            Source::Engine(body) => Pin::new(body).poll_frame(cx),
            Source::Ours(body) => Poll::Ready(body.take().map(Frame::data).map(Ok)),
        };
        if let Some(told) = &mut me.told {
            told.moved_down(length(&next));
        }
        next
    }

    fn is_end_stream(&self) -> bool {
        match &self.body {
            Source::Engine(body) => body.is_end_stream(),
            Source::Ours(body) => body.is_none(),
        }
    }
}

fn length(next: &Next) -> u64 {
    let Poll::Ready(Some(Ok(frame))) = next else { return 0 };
    frame.data_ref().map_or(0, |data| data.len() as u64)
}
