//! Requests come in, answers go out: GET and HEAD, one a connection.

use std::convert::Infallible;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use docker_api_core::guard::{self, Guard, Refusal};
use docker_api_core::listen::{Listener, accept_any};
use docker_api_core::transport::Stream;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::header::{
    ALLOW, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderValue, REFERRER_POLICY,
    X_CONTENT_TYPE_OPTIONS,
};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{HeaderMap, Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::sync::Semaphore;
use tokio::time::timeout;
use tokio_util::task::TaskTracker;
use tracing::debug;

use super::site::Site;

/// What is said to a request.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) content_type: &'static str,
    pub(crate) body: Bytes,
}

impl Answer {
    /// What was asked for.
    pub(crate) fn ok(content_type: &'static str, body: impl Into<Bytes>) -> Self {
        Self { status: StatusCode::OK, content_type, body: body.into() }
    }

    /// A line for people.
    pub(crate) fn line(status: StatusCode, line: impl fmt::Display) -> Self {
        Self { status, content_type: TEXT, body: format!("{line}\n").into() }
    }
}

/// Answers what comes by `listeners`, to all but other web pages.
pub(crate) async fn serve(mut listeners: Vec<Listener>, guard: Guard, site: Arc<Site>) {
    let guard = Arc::new(guard);
    let permits = Arc::new(Semaphore::new(MOST_CONNECTIONS));
    let connections = TaskTracker::new();
    while let Ok(permit) = Arc::clone(&permits).acquire_owned().await {
        let accepted = accept_any(&mut listeners).await;
        let (guard, site) = (Arc::clone(&guard), Arc::clone(&site));
        connections.spawn(async move {
            let answered = timeout(PATIENCE, one(accepted.stream, &guard, &site)).await;
            debug!("admin: {} asked: {answered:?}", accepted.peer);
            drop(permit);
        });
    }
}

async fn one(stream: Stream, guard: &Guard, site: &Site) -> hyper::Result<()> {
    let service = service_fn(|request: Request<Incoming>| async move {
        Ok::<_, Infallible>(respond(&request, guard, site).await)
    });
    http1::Builder::new()
        // Whoever asks comes back after seconds: nothing is won by staying.
        .keep_alive(false)
        .header_read_timeout(None)
        .max_buf_size(LONGEST_HEAD)
        .serve_connection(TokioIo::new(stream), service)
        .await
}

async fn respond(request: &Request<Incoming>, guard: &Guard, site: &Site) -> Response<Full<Bytes>> {
    let answer = if let Some(refusal) = judge(request.method(), request.headers(), guard) {
        Answer::line(StatusCode::FORBIDDEN, refusal)
    } else if !matches!(*request.method(), Method::GET | Method::HEAD) {
        Answer::line(StatusCode::METHOD_NOT_ALLOWED, "only GET and HEAD are answered here")
    } else {
        site.answer(request.uri().path(), request.headers()).await
    };
    let mut response = Response::new(Full::new(answer.body));
    *response.status_mut() = answer.status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(answer.content_type));
    headers.extend(SAFE.map(|(name, value)| (name, HeaderValue::from_static(value))));
    if answer.status == StatusCode::METHOD_NOT_ALLOWED {
        headers.insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
    }
    response
}

/// Why it isn't answered; the flag that is named has the last word.
fn judge(method: &Method, headers: &HeaderMap, guard: &Guard) -> Option<String> {
    let pairs = headers.iter().map(|(name, value)| (name.as_str().as_bytes(), value.as_bytes()));
    let request = guard::Request::new(method.as_str().as_bytes(), pairs, false);
    Some(match guard.judge_page(&request)? {
        Refusal::ForeignOrigin(origin) => {
            format!("rule 1: a web page at `{origin}` may not read this one")
        }
        other => other.to_string(),
    })
}

/// What keeps a browser from taking an answer for anything but what it is.
const SAFE: [(hyper::header::HeaderName, &str); 4] = [
    (CONTENT_SECURITY_POLICY, "default-src 'self'; frame-ancestors 'none'"),
    (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (REFERRER_POLICY, "no-referrer"),
    (CACHE_CONTROL, "no-store"),
];

const TEXT: &str = "text/plain; charset=utf-8";

/// At a time; further ones wait in the backlog.
const MOST_CONNECTIONS: usize = 64;
/// For a connection from its arrival to its end.
const PATIENCE: Duration = Duration::from_secs(10);
/// More than browsers and monitors send.
const LONGEST_HEAD: usize = 16 * 1024;
