//! Bodies of the stand-in Engine's answers.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt as _, Full};
use hyper::HeaderMap;
use hyper::body::{Body, Frame, Incoming, SizeHint};
use hyper::header::HeaderValue;
use tokio::time::{Interval, interval};

use super::connection::Connection;
use crate::data::Pattern;

pub(super) type AnyBody = UnsyncBoxBody<Bytes, Infallible>;

/// A body that is there at once.
pub(super) fn full(bytes: impl Into<Bytes>) -> AnyBody {
    Full::new(bytes.into()).boxed_unsync()
}

/// Pieces made by `make` from their number, one every 200 ms, until the client hangs up.
pub(super) fn ticks(
    connection: Connection,
    make: impl FnMut(u64) -> Bytes + Send + 'static,
) -> AnyBody {
    Ticks { until: until(connection), interval: interval(TICK), next: 0, make }.boxed_unsync()
}

/// No piece at all until the client hangs up.
pub(super) fn silence(connection: Connection) -> AnyBody {
    Silence(until(connection)).boxed_unsync()
}

/// The first bytes of [`Pattern`], with or without a length known before.
pub(super) fn pattern(length: u64, chunked: bool) -> AnyBody {
    Bulk { pattern: Pattern::new(), left: length, chunked }.boxed_unsync()
}

/// What comes in, as it comes in, and then gRPC's trailers of success.
pub(super) fn grpc_echo(input: Incoming) -> AnyBody {
    GrpcEcho(Some(input)).boxed_unsync()
}

type Until = Pin<Box<dyn Future<Output = ()> + Send>>;

fn until(connection: Connection) -> Until {
    Box::pin(async move { connection.hung_up().await })
}

struct Ticks<F> {
    until: Until,
    interval: Interval,
    next: u64,
    make: F,
}

// Nothing in it is pinned in place.
impl<F> Unpin for Ticks<F> {}

impl<F: FnMut(u64) -> Bytes> Body for Ticks<F> {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        if self.until.as_mut().poll(cx).is_ready() {
            return Poll::Ready(None);
        }
        ready!(self.interval.poll_tick(cx));
        let number = self.next;
        self.next += 1;
        let piece = (self.make)(number);
        Poll::Ready(Some(Ok(Frame::data(piece))))
    }
}

struct Silence(Until);

impl Body for Silence {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        self.0.as_mut().poll(cx).map(|()| None)
    }
}

struct Bulk {
    pattern: Pattern,
    left: u64,
    chunked: bool,
}

impl Body for Bulk {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let size = usize::try_from(self.left).map_or(PIECE, |left| left.min(PIECE));
        if size == 0 {
            return Poll::Ready(None);
        }
        let mut piece = vec![0; size];
        self.pattern.fill(&mut piece);
        self.left -= size as u64;
        Poll::Ready(Some(Ok(Frame::data(piece.into()))))
    }

    fn is_end_stream(&self) -> bool {
        self.left == 0 && !self.chunked
    }

    fn size_hint(&self) -> SizeHint {
        if self.chunked { SizeHint::default() } else { SizeHint::with_exact(self.left) }
    }
}

struct GrpcEcho(Option<Incoming>);

impl Body for GrpcEcho {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let Some(input) = &mut self.0 else { return Poll::Ready(None) };
        match ready!(Pin::new(input).poll_frame(cx)) {
            Some(Ok(frame)) if frame.is_data() => Poll::Ready(Some(Ok(frame))),
            Some(_) | None => {
                self.0 = None;
                let status =
                    ("grpc-status".parse().expect("a name"), HeaderValue::from_static("0"));
                Poll::Ready(Some(Ok(Frame::trailers(HeaderMap::from_iter([status])))))
            }
        }
    }
}

const TICK: Duration = Duration::from_millis(200);
const PIECE: usize = 64 * 1024;
