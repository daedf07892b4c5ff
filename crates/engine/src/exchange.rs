//! Requests on one connection: HTTP/1.1 of hyper, bounded in what it takes.

use std::error::Error;
use std::fmt;
use std::io;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body_util::{BodyExt as _, Empty};
use hyper::Request;
use hyper::client::conn::http1::{Builder, Connection, SendRequest};
use hyper::header::{CONNECTION, HOST, USER_AGENT};
use hyper_util::rt::TokioIo;
use serde::Deserialize;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::dial::Stream;
use crate::fault::printable;
use crate::{Fault, State, tls};

/// A connection to whatever answers there.
pub(crate) struct Session {
    sender: SendRequest<Empty<Bytes>>,
    /// Whoever asks drives it; `None` once it has ended.
    connection: Option<Connection<TokioIo<Listening>, Empty<Bytes>>>,
    first_byte: FirstByte,
    /// Whether this client has a certificate to show; `None`: no TLS.
    shows_certificate: Option<bool>,
}

/// An answer, whole.
pub(crate) struct Answer {
    pub(crate) path: &'static str,
    pub(crate) status: u16,
    pub(crate) body: Bytes,
    /// Nothing more can be asked on this connection.
    pub(crate) closes: bool,
}

impl Session {
    pub(crate) async fn start(
        stream: Box<dyn Stream>,
        shows_certificate: Option<bool>,
    ) -> Result<Self, Fault> {
        let first_byte = FirstByte::default();
        let listening = Listening { stream, first_byte: first_byte.clone(), left: MOST };
        let (sender, connection) = Builder::new()
            .max_buf_size(LONGEST_HEAD)
            .handshake(TokioIo::new(listening))
            .await
            .map_err(|error| Fault::new(State::NotDocker, error.to_string()))?;
        Ok(Self { sender, connection: Some(connection), first_byte, shows_certificate })
    }

    pub(crate) async fn get(&mut self, path: &'static str) -> Result<Answer, Fault> {
        let request = Request::get(path)
            .header(HOST, "docker")
            .header(USER_AGENT, concat!("docker-api-probe/", env!("CARGO_PKG_VERSION")))
            .body(Empty::new())
            .map_err(|error| Fault::new(State::NotDocker, error.to_string()))?;
        let sender = &mut self.sender;
        let answer = async move {
            let response = sender.send_request(request).await?;
            let (head, body) = response.into_parts();
            let body = body.collect().await?.to_bytes();
            let closes = head.headers.get(CONNECTION).is_some_and(|value| value == "close")
                || head.version < hyper::Version::HTTP_11;
            Ok(Answer { path, status: head.status.as_u16(), body, closes })
        };
        drive(&mut self.connection, answer).await.map_err(|error| self.explain(&*error))
    }

    /// What an error of HTTP, TLS or the socket means for the Engine.
    fn explain(&self, error: &(dyn Error + 'static)) -> Fault {
        if let (Some(shows), Some(error)) = (self.shows_certificate, cause::<rustls::Error>(error))
        {
            return tls::refusal(error, shows);
        }
        let not_docker = |what: &str| {
            let why = format!("what answers is not an Engine: {what}; is the port right?");
            Fault::new(State::NotDocker, why)
        };
        if cause::<TooMuch>(error).is_some() {
            return not_docker("its answer has no end");
        }
        match self.first_byte.get() {
            None => Fault::new(
                State::EngineDown,
                "closed without an answer: a bridge is there, but the Engine behind it isn't \
                 running, or this machine isn't in the bridge's --allow-from",
            ),
            Some(TLS_ALERT | TLS_HANDSHAKE) => tls::asked_plainly(),
            Some(b'H') if cause::<hyper::Error>(error).is_some_and(|error| !error.is_parse()) => {
                Fault::new(
                    State::EngineDown,
                    "closed in the middle of its answer: was the Engine stopped just now?",
                )
            }
            Some(b'H') => not_docker("its answer is not HTTP/1.1 as an Engine writes it"),
            Some(_) => not_docker("it doesn't speak HTTP"),
        }
    }
}

impl Answer {
    /// An Engine's or a bridge's own words: `{"message": …}`.
    pub(crate) fn message(&self) -> Option<String> {
        let said: Refusal = serde_json::from_slice(&self.body).ok()?;
        Some(printable(&said.message))
    }

    /// Go's and nginx's words for a request without TLS.
    pub(crate) fn is_of_a_tls_port(&self) -> bool {
        let says = |text: &str| self.body.windows(text.len()).any(|part| part == text.as_bytes());
        self.status == 400
            && (says("sent an HTTP request to an HTTPS server")
                || says("plain HTTP request was sent to HTTPS port"))
    }
}

#[derive(Deserialize)]
struct Refusal {
    message: String,
}

/// Moves the connection until the answer is there.
///
/// An error of the connection is the one to report: that of the request may be no more than
/// "canceled".
async fn drive<T, C>(
    connection: &mut Option<C>,
    answer: impl Future<Output = Result<T, BoxError>>,
) -> Result<T, BoxError>
where
    C: Future<Output = hyper::Result<()>> + Unpin,
{
    let mut answer = pin!(answer);
    if let Some(running) = connection {
        tokio::select! {
            biased;
            answered = &mut answer => return answered,
            ended = running => {
                *connection = None;
                ended?;
            }
        }
    }
    answer.await
}

type BoxError = Box<dyn Error + Send + Sync>;

/// The first error of that type among an error and its causes, inside I/O errors too.
fn cause<'a, E: Error + 'static>(error: &'a (dyn Error + 'static)) -> Option<&'a E> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref() {
            return Some(found);
        }
        let inner = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        if let Some(found) =
            inner.and_then(|inner| (inner as &(dyn Error + 'static)).downcast_ref())
        {
            return Some(found);
        }
        next = error.source();
    }
    None
}

/// A stream that remembers how the other side began, and that hears no more than [`MOST`].
struct Listening {
    stream: Box<dyn Stream>,
    first_byte: FirstByte,
    left: usize,
}

/// The other side sent more than an Engine does: a body, or interim answers, without end.
#[derive(Debug)]
struct TooMuch;

impl fmt::Display for TooMuch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "more than {MOST} bytes came")
    }
}

impl Error for TooMuch {}

/// The first byte that the other side sent: 0 is none, others are one more.
#[derive(Clone, Default)]
struct FirstByte(Arc<AtomicU16>);

impl FirstByte {
    fn get(&self) -> Option<u8> {
        let noted = self.0.load(Ordering::Relaxed).checked_sub(1)?;
        u8::try_from(noted).ok()
    }

    fn note(&self, byte: u8) {
        if self.get().is_none() {
            self.0.store(u16::from(byte) + 1, Ordering::Relaxed);
        }
    }
}

impl AsyncRead for Listening {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        if self.left == 0 {
            return Poll::Ready(Err(io::Error::other(TooMuch)));
        }
        let read = Pin::new(&mut self.stream).poll_read(cx, buffer);
        if let Some(&first) = buffer.filled().get(before) {
            self.first_byte.note(first);
        }
        self.left = self.left.saturating_sub(buffer.filled().len() - before);
        read
    }
}

impl AsyncWrite for Listening {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

/// An Engine's head has a few hundred bytes.
const LONGEST_HEAD: usize = 64 * 1024;
/// In one session. An Engine's `/version` has a few thousand bytes.
const MOST: usize = 1024 * 1024;
/// Types of TLS records (RFC 8446 section 5.1).
const TLS_ALERT: u8 = 0x15;
const TLS_HANDSHAKE: u8 = 0x16;
