//! Requests come in, answers go out: GET and HEAD, one a connection.

use std::borrow::Cow;
use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use docker_api_core::gate::end;
use docker_api_core::guard::{Guard, Refusal, Request};
use docker_api_core::head::{Head, Look, Scanner, parse};
use docker_api_core::listen::{Listener, accept_any};
use docker_api_core::relay::{read_some, write_all};
use docker_api_core::transport::Stream;
use tokio::sync::Semaphore;
use tokio::time::timeout;
use tokio_util::task::TaskTracker;
use tracing::debug;

use super::site::Site;

/// What is said to a request.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: Status,
    pub(crate) content_type: &'static str,
    pub(crate) body: Cow<'static, str>,
}

/// How a request went (RFC 9110 section 15).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Status {
    Ok,
    NoContent,
    BadRequest,
    Forbidden,
    NotFound,
    MethodNotAllowed,
    HeadTooLarge,
    Internal,
    Unavailable,
}

impl Answer {
    /// What was asked for.
    pub(crate) fn ok(content_type: &'static str, body: impl Into<Cow<'static, str>>) -> Self {
        Self { status: Status::Ok, content_type, body: body.into() }
    }

    /// A line for people.
    pub(crate) fn line(status: Status, line: impl fmt::Display) -> Self {
        let body = format!("{line}\n").into();
        Self { status, content_type: "text/plain; charset=utf-8", body }
    }

    fn to_bytes(&self, to_head: bool) -> Vec<u8> {
        let Self { status, content_type, body } = self;
        let allow = match status {
            Status::MethodNotAllowed => "Allow: GET, HEAD\r\n",
            _ => "",
        };
        let (line, length) = (status.line(), body.len());
        let head = format!(
            "HTTP/1.1 {line}\r\nContent-Type: {content_type}\r\nContent-Length: {length}\r\n\
             {allow}{SAFE}Connection: close\r\n\r\n"
        );
        let body = if to_head { "" } else { body };
        [head.as_bytes(), body.as_bytes()].concat()
    }
}

impl Status {
    fn line(self) -> &'static str {
        match self {
            Self::Ok => "200 OK",
            Self::NoContent => "204 No Content",
            Self::BadRequest => "400 Bad Request",
            Self::Forbidden => "403 Forbidden",
            Self::NotFound => "404 Not Found",
            Self::MethodNotAllowed => "405 Method Not Allowed",
            Self::HeadTooLarge => "431 Request Header Fields Too Large",
            Self::Internal => "500 Internal Server Error",
            Self::Unavailable => "503 Service Unavailable",
        }
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
            let answered = timeout(PATIENCE, one(&accepted.stream, &guard, &site)).await;
            debug!("admin: {} asked: {answered:?}", accepted.peer);
            drop(permit);
        });
    }
}

/// Whoever asks comes back after seconds: nothing would be won by staying.
async fn one(client: &Stream, guard: &Guard, site: &Site) -> io::Result<()> {
    let mut held = Vec::new();
    let mut scanner = Scanner::new();
    let answer = loop {
        if read_some(client, |bytes| held.extend_from_slice(bytes)).await?.is_none() {
            return Ok(());
        }
        match scanner.look(&held) {
            Look::Head(length) => break respond(&held[..length], guard, site).await,
            Look::More if held.len() <= LONGEST_HEAD => {}
            Look::More | Look::TooLong => {
                break Answer::line(Status::HeadTooLarge, "the request head is too long");
            }
            Look::Bad(why) => break Answer::line(Status::BadRequest, why),
            Look::NotHttp => break Answer::line(Status::BadRequest, "this is no HTTP/1.1"),
        }
    };
    write_all(client, &answer.to_bytes(held.starts_with(b"HEAD "))).await?;
    end(client).await;
    Ok(())
}

async fn respond(head: &[u8], guard: &Guard, site: &Site) -> Answer {
    let head = match parse(head) {
        Ok(head) => head,
        Err(why) => return Answer::line(Status::BadRequest, why),
    };
    if let Some(refusal) = judge(&head, guard) {
        return Answer::line(Status::Forbidden, refusal);
    }
    if !matches!(head.method, b"GET" | b"HEAD") {
        return Answer::line(Status::MethodNotAllowed, "only GET and HEAD are answered here");
    }
    let path = head.target.split(|byte| *byte == b'?').next().unwrap_or_default();
    site.answer(path, &head).await
}

/// Why it isn't answered. `--allow-origin` lifts nothing here.
fn judge(head: &Head<'_>, guard: &Guard) -> Option<String> {
    Some(match guard.judge_page(&Request::new(head.method, head.headers(), false))? {
        Refusal::ForeignOrigin(origin) => {
            format!("rule 1: a web page at `{origin}` may not read this one")
        }
        other => other.to_string(),
    })
}

/// What keeps a browser from taking an answer for anything but what it is.
const SAFE: &str = "Content-Security-Policy: default-src 'self'; frame-ancestors 'none'\r\n\
                    X-Content-Type-Options: nosniff\r\n\
                    Referrer-Policy: no-referrer\r\n\
                    Cache-Control: no-store\r\n";

/// At a time; further ones wait in the backlog.
const MOST_CONNECTIONS: usize = 64;
/// For a connection from its arrival to its end.
const PATIENCE: Duration = Duration::from_secs(10);
/// More than browsers and monitors send.
const LONGEST_HEAD: usize = 16 * 1024;
