//! Requests on one connection: HTTP/1.1 of hyper, bounded in what it takes.

use std::error::Error;
use std::io;
use std::pin::pin;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Empty};
use hyper::Request;
use hyper::client::conn::http1::{Builder, Connection, SendRequest};
use hyper::header::{HOST, USER_AGENT};
use hyper_util::rt::TokioIo;
use serde::Deserialize;

use crate::dial::Stream;
use crate::fault::printable;
use crate::listening::{FirstByte, Listening, TooMuch};
use crate::tls::{self, Tls};
use crate::{Fault, State};

/// A connection to whatever answers there.
pub(crate) struct Session {
    sender: SendRequest<Empty<Bytes>>,
    /// Whoever asks drives it; `None` once it has ended.
    connection: Option<Connection<TokioIo<Listening>, Empty<Bytes>>>,
    first_byte: FirstByte,
    /// `None`: without TLS.
    tls: Option<Tls>,
}

/// An answer, whole.
pub(crate) struct Answer {
    pub(crate) path: &'static str,
    pub(crate) status: u16,
    pub(crate) body: Bytes,
}

impl Session {
    pub(crate) async fn start(stream: Box<dyn Stream>, tls: Option<Tls>) -> Result<Self, Fault> {
        let (listening, first_byte) = Listening::new(stream);
        let (sender, connection) = Builder::new()
            .max_buf_size(LONGEST_HEAD)
            .handshake(TokioIo::new(listening))
            .await
            .map_err(|error| Fault::new(State::NotDocker, error.to_string()))?;
        Ok(Self { sender, connection: Some(connection), first_byte, tls })
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
            Ok(Answer { path, status: head.status.as_u16(), body })
        };
        drive(&mut self.connection, answer).await.map_err(|error| self.explain(&*error))
    }

    /// Whether nothing more can be asked on this connection.
    pub(crate) fn is_over(&self) -> bool {
        self.sender.is_closed()
    }

    /// What an error of HTTP, TLS or the socket means for the Engine.
    fn explain(&self, error: &(dyn Error + 'static)) -> Fault {
        if let Some(refusal) = self.tls.as_ref().and_then(|tls| tls.0.refusal(error)) {
            return refusal;
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
pub(crate) fn cause<'a, E: Error + 'static>(error: &'a (dyn Error + 'static)) -> Option<&'a E> {
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

/// An Engine's head has a few hundred bytes.
const LONGEST_HEAD: usize = 64 * 1024;
/// Types of TLS records (RFC 8446 section 5.1).
const TLS_ALERT: u8 = 0x15;
const TLS_HANDSHAKE: u8 = 0x16;
