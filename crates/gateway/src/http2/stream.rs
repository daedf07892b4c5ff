//! One stream: judged, then refused or handed on.

use std::sync::Arc;

use docker_api_access::{Judgement, Request as Question, Verdict};
use docker_api_core::guard::{self, Guard};
use docker_api_core::transport::Who;
use hyper::body::Incoming;
use hyper::client::conn::http2::SendRequest;
use hyper::header::CONTENT_TYPE;
use hyper::{HeaderMap, Method, Request, Response, StatusCode, Uri};
use tokio_util::sync::CancellationToken;
use tracing::{debug, info};

use super::body::{Download, Upload};
use super::refusal::{Refusal, sandbox};
use super::told::Told;
use crate::{Access, Sink};

/// What the streams of a connection share.
#[derive(Debug)]
pub(super) struct Streams {
    pub(super) who: Arc<Who>,
    pub(super) guard: Option<Guard>,
    /// `None` for open access.
    pub(super) access: Option<Arc<Access>>,
    pub(super) sinks: Arc<[Arc<dyn Sink>]>,
    /// The Engine, if it is there.
    pub(super) engine: Option<SendRequest<Upload>>,
    /// What a client reads while it isn't.
    pub(super) away: String,
    /// Cancelled when the Engine takes no more streams: the client has to come again.
    pub(super) let_go: CancellationToken,
}

/// Whether a browser may have asked.
type Browser = bool;

type Answer = Response<Download>;

impl Streams {
    /// Answers a request.
    ///
    /// # Errors
    /// With which code the client's stream is reset: the one that the Engine gave.
    pub(super) async fn answer(&self, request: Request<Incoming>) -> Result<Answer, hyper::Error> {
        let grpc = is_grpc(request.headers());
        let (told, judged) = self.judge(&request, grpc);
        let (browser, engine) = match (judged, &self.engine) {
            (Err(refusal), _) => return Ok(refuse(&refusal, grpc, told)),
            (Ok(_), None) => return Ok(self.unavailable(grpc, told)),
            (Ok(browser), Some(engine)) => (browser, engine),
        };
        match hand_on(engine.clone(), request, told.as_ref()).await {
            Ok(answer) => Ok(pass(answer, browser, told)),
            // It never left.
            Err(error) if error.is_canceled() || error.is_closed() => {
                Ok(self.unavailable(grpc, told))
            }
            Err(error) => {
                debug!("{}: a stream is reset: {error}", self.who);
                Err(error)
            }
        }
    }

    /// The Engine isn't there, so a new connection has to try its luck.
    fn unavailable(&self, grpc: bool, told: Option<Told>) -> Answer {
        self.let_go.cancel();
        refuse(&Refusal::new(StatusCode::SERVICE_UNAVAILABLE, &*self.away), grpc, told)
    }

    fn judge(
        &self,
        request: &Request<Incoming>,
        grpc: bool,
    ) -> (Option<Told>, Result<Browser, Refusal>) {
        let (method, uri) = (request.method(), request.uri());
        let first = readable(request).and_then(|()| self.ask_guard(request));
        let Some(access) = &self.access else {
            return (None, first.map_err(|(refusal, _)| refusal));
        };
        let role = access.role(&self.who);
        let question =
            Question { method: method.as_str().as_bytes(), target: target(uri).as_bytes(), grpc };
        let (judgement, outcome) = match (first, &role) {
            (Err((refusal, judgement)), _) => (judgement, Err(refusal)),
            (Ok(_), Err(name)) => {
                let why = format!("access denied: the policy has no role called {name}");
                (denied("no such role"), Err(Refusal::new(StatusCode::FORBIDDEN, why)))
            }
            (Ok(browser), Ok(role)) => {
                let judgement = role.judge(&question);
                let refusal = Refusal::by(role, &question, &judgement);
                (judgement, refusal.map_or(Ok(browser), Err))
            }
        };
        let name = role.as_ref().map_or_else(String::as_str, |role| role.name());
        let told = Told::asked(&self.sinks, &self.who, name, (method, uri), &judgement);
        (told, outcome)
    }

    fn ask_guard(
        &self,
        request: &Request<Incoming>,
    ) -> Result<Browser, (Refusal, Judgement<'static>)> {
        let Some(guard) = &self.guard else { return Ok(false) };
        let authority = request.uri().authority();
        let host = authority.map(|host| (&b"host"[..], host.as_str().as_bytes()));
        let headers = request.headers().iter();
        let headers =
            headers.map(|(name, value)| (name.as_str().as_bytes(), value.as_bytes())).chain(host);
        let method = request.method().as_str().as_bytes();
        let asked = guard::Request::new(method, headers, self.who.identity.is_some());
        match guard.judge(&asked) {
            guard::Verdict::Pass => Ok(false),
            guard::Verdict::PassBrowser => Ok(true),
            guard::Verdict::Refuse(refused) => {
                info!("{} is refused: {refused}", self.who);
                let refusal = Refusal::new(StatusCode::FORBIDDEN, refused.to_string());
                let rule = match refused.rule() {
                    1 => "browser guard, rule 1",
                    2 => "browser guard, rule 2",
                    _ => "browser guard, rule 3",
                };
                Err((refusal, denied(rule)))
            }
        }
    }
}

async fn hand_on(
    mut engine: SendRequest<Upload>,
    request: Request<Incoming>,
    told: Option<&Told>,
) -> Result<Response<Incoming>, hyper::Error> {
    let (head, body) = request.into_parts();
    let mut request = Request::new(Upload::new(body, told.map(Told::up).unwrap_or_default()));
    *request.method_mut() = head.method;
    *request.uri_mut() = head.uri;
    *request.headers_mut() = head.headers;
    engine.send_request(request).await
}

fn pass(answer: Response<Incoming>, browser: Browser, mut told: Option<Told>) -> Answer {
    if let Some(told) = &mut told {
        told.answered(answer.status());
    }
    let mut answer = answer.map(|body| Download::of_engine(body, told));
    if browser {
        sandbox(answer.headers_mut());
    }
    answer
}

fn refuse(refusal: &Refusal, grpc: bool, mut told: Option<Told>) -> Answer {
    if let Some(told) = &mut told {
        told.answered(refusal.status);
    }
    refusal.answer(grpc).map(|body| Download::ours(body, told))
}

/// What could be read in two ways, or isn't the Engine API's, is refused. Most of it was refused
/// by hyper already (RFC 9113 section 8.1.1).
fn readable(request: &Request<Incoming>) -> Result<(), (Refusal, Judgement<'static>)> {
    let (method, uri) = (request.method(), request.uri());
    let path = target(uri);
    let why = if method == Method::CONNECT {
        "CONNECT is no request to an Engine"
    } else if method.as_str().contains(|char: char| char.is_ascii_lowercase()) {
        "the method is not in upper case"
    } else if !(path.starts_with('/') || path == "*" && method == Method::OPTIONS) {
        "the path does not begin with a slash"
    } else if uri.scheme_str().is_some_and(|scheme| !matches!(scheme, "http" | "https")) {
        "the scheme is neither http nor https"
    } else if request.headers().get_all(CONTENT_TYPE).iter().count() > 1 {
        "there is more than one content type"
    } else {
        return Ok(());
    };
    let message = format!("the request can't be read: {why}");
    let verdict = Verdict::Bad(message.clone());
    let judgement = Judgement { operation: None, verdict, rule: "unreadable" };
    Err((Refusal::new(StatusCode::BAD_REQUEST, message), judgement))
}

fn denied(rule: &'static str) -> Judgement<'static> {
    Judgement { operation: None, verdict: Verdict::Deny, rule }
}

/// Path and query as they will stand before the Engine.
pub(super) fn target(uri: &Uri) -> &str {
    uri.path_and_query().map_or("", |target| target.as_str())
}

/// The test that the Engine makes: such a request is BuildKit's, whatever its path.
fn is_grpc(headers: &HeaderMap) -> bool {
    headers.get(CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"application/grpc"))
}
