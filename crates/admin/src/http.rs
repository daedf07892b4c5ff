//! A server of pages that are read-only: GET and HEAD, one request a connection.
//!
//! Other web pages are kept out, and a browser takes no answer for anything but what it is.

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

/// What is answered under which path.
pub trait Site: Send + Sync + 'static {
    /// Answers a GET or HEAD that may be answered. How long that takes is the site's to limit.
    fn answer(&self, asked: &Asked<'_>) -> impl Future<Output = Answer> + Send;
}

/// What is asked for.
#[derive(Debug)]
pub struct Asked<'a> {
    /// As it was sent, without the query.
    pub path: &'a [u8],
    /// What stands behind the first `?`, as it was sent.
    pub query: &'a [u8],
    /// The whole head.
    pub head: &'a Head<'a>,
}

/// What is said to a request.
#[derive(Debug)]
pub struct Answer {
    /// How it went.
    pub status: Status,
    /// As the header has it.
    pub content_type: &'static str,
    /// Left out where HEAD asks.
    pub body: Cow<'static, str>,
}

/// How a request went (RFC 9110 section 15).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Status {
    /// 200.
    Ok,
    /// 204.
    NoContent,
    /// 400.
    BadRequest,
    /// 403.
    Forbidden,
    /// 404.
    NotFound,
    /// 405.
    MethodNotAllowed,
    /// 431.
    HeadTooLarge,
    /// 500.
    Internal,
    /// 503.
    Unavailable,
}

impl Answer {
    /// What was asked for.
    pub fn ok(content_type: &'static str, body: impl Into<Cow<'static, str>>) -> Self {
        Self { status: Status::Ok, content_type, body: body.into() }
    }

    /// A line for people.
    pub fn line(status: Status, line: impl fmt::Display) -> Self {
        let body = format!("{line}\n").into();
        Self { status, content_type: "text/plain; charset=utf-8", body }
    }

    /// A page.
    pub fn html(page: String) -> Self {
        Self::ok("text/html; charset=utf-8", page)
    }

    /// How a page looks.
    pub fn css(sheet: impl Into<Cow<'static, str>>) -> Self {
        Self::ok("text/css; charset=utf-8", sheet)
    }

    /// What a page does.
    pub fn js(script: impl Into<Cow<'static, str>>) -> Self {
        Self::ok("text/javascript; charset=utf-8", script)
    }

    /// The process lives.
    pub fn alive() -> Self {
        Self::line(Status::Ok, "ok")
    }

    /// Browsers ask for an icon, and would show an error if there was none.
    pub fn no_icon() -> Self {
        Self { status: Status::NoContent, ..Self::ok("image/x-icon", "") }
    }

    /// The path is none of the site's.
    pub fn nothing_here() -> Self {
        Self::line(Status::NotFound, "there is nothing here")
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

/// Answers what comes by `listeners`, to all but other web pages, for ever.
///
/// At most `most` connections are served at a time; further ones wait in the backlog.
pub async fn serve(mut listeners: Vec<Listener>, guard: Guard, site: Arc<impl Site>, most: usize) {
    let guard = Arc::new(guard);
    let permits = Arc::new(Semaphore::new(most));
    let connections = TaskTracker::new();
    while let Ok(permit) = Arc::clone(&permits).acquire_owned().await {
        let newcomer = accept_any(&mut listeners).await;
        let (guard, site) = (Arc::clone(&guard), Arc::clone(&site));
        connections.spawn(async move {
            let peer = newcomer.peer();
            let answered = match newcomer.watched() {
                Ok(client) => one(&client.stream, &guard, &*site).await,
                Err(error) => Err(error),
            };
            debug!("pages: {peer} asked: {answered:?}");
            drop(permit);
        });
    }
}

/// Whoever asks comes back after seconds: nothing would be won by staying.
async fn one(client: &Stream, guard: &Guard, site: &impl Site) -> io::Result<()> {
    let Some(head) = timeout(PATIENCE, read(client)).await?? else { return Ok(()) };
    let to_head = matches!(&head, Ok(head) if head.starts_with(b"HEAD "));
    let answer = match head {
        Ok(head) => respond(&head, guard, site).await,
        Err(refusal) => refusal,
    };
    let told = async {
        write_all(client, &answer.to_bytes(to_head)).await?;
        end(client).await;
        Ok(())
    };
    timeout(PATIENCE, told).await?
}

/// The head, or what to say to what is none. `None`: the client has left.
async fn read(client: &Stream) -> io::Result<Option<Result<Vec<u8>, Answer>>> {
    let mut held = Vec::new();
    let mut scanner = Scanner::new();
    let refusal = loop {
        if read_some(client, |bytes| held.extend_from_slice(bytes)).await?.is_none() {
            return Ok(None);
        }
        match scanner.look(&held) {
            Look::Head(length) if length <= LONGEST_HEAD => {
                held.truncate(length);
                return Ok(Some(Ok(held)));
            }
            Look::More if held.len() <= LONGEST_HEAD => {}
            Look::Head(_) | Look::More | Look::TooLong => {
                break Answer::line(Status::HeadTooLarge, "the request head is too long");
            }
            Look::Bad(why) => break Answer::line(Status::BadRequest, why),
            Look::NotHttp => break Answer::line(Status::BadRequest, "this is no HTTP/1.1"),
        }
    };
    Ok(Some(Err(refusal)))
}

async fn respond(head: &[u8], guard: &Guard, site: &impl Site) -> Answer {
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
    let mut parts = head.target.splitn(2, |byte| *byte == b'?');
    let (path, query) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    site.answer(&Asked { path, query, head: &head }).await
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

/// For a request to come, and for its answer to be taken.
const PATIENCE: Duration = Duration::from_secs(10);
/// More than browsers and monitors send.
const LONGEST_HEAD: usize = 16 * 1024;
