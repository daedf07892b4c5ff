//! One stream: judged, then refused or handed on.

use std::sync::Arc;

use docker_api_access::{Judgement, Request as Question, Verdict};
use docker_api_core::guard::{self, Guard};
use docker_api_core::head::{Heads, Share};
use docker_api_core::transport::Who;
use docker_api_core::upstream::Upstream;
use hyper::body::Incoming;
use hyper::client::conn::http2::SendRequest;
use hyper::header::CONTENT_TYPE;
use hyper::{HeaderMap, Method, Request, Response, Uri};
use tokio_util::sync::CancellationToken;
use tracing::{debug, info};

use super::body::{Download, Upload};
use super::told::Told;
use super::written::{Form, sandbox, written};
use crate::refusal::{Refusal, UNREADABLE, judge};
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
    pub(super) upstream: Arc<Upstream>,
    pub(super) heads: Arc<Heads>,
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
        let form = Form::of(&request);
        let mut share = Share::of(Arc::clone(&self.heads));
        if !share.grow_to(size(&request)) {
            return Ok(refuse(&Refusal::too_many_heads(), form, None));
        }
        let (told, judged) = self.judge(&request, form.grpc);
        let (browser, engine) = match (judged, &self.engine) {
            (Err(refusal), _) => return Ok(refuse(&refusal, form, told)),
            (Ok(_), None) => return Ok(self.unavailable(form, told)),
            (Ok(browser), Some(engine)) => (browser, engine),
        };
        match hand_on(engine.clone(), request, told.as_ref()).await {
            Ok(answer) => Ok(pass(answer, browser, told)),
            // It never left.
            Err(error) if error.is_canceled() || error.is_closed() => {
                Ok(self.unavailable(form, told))
            }
            Err(error) => {
                debug!("{}: a stream is reset: {error}", self.who);
                Err(error)
            }
        }
    }

    /// The Engine isn't there, so a new connection has to try its luck.
    fn unavailable(&self, form: Form, told: Option<Told>) -> Answer {
        self.let_go.cancel();
        refuse(&Refusal::engine_away(&self.upstream), form, told)
    }

    fn judge(
        &self,
        request: &Request<Incoming>,
        grpc: bool,
    ) -> (Option<Told>, Result<Browser, Refusal>) {
        let (method, uri) = (request.method(), request.uri());
        let guarded = self.ask_guard(request);
        let browser = guarded == guard::Verdict::PassBrowser;
        let Some(access) = &self.access else {
            return (None, self.pass_open(readable(request), &guarded).map(|()| browser));
        };
        let role = access.role(&self.who);
        let asked =
            Question { method: method.as_str().as_bytes(), target: target(uri).as_bytes(), grpc };
        let (judgement, refusal) = match readable(request) {
            Ok(()) => judge(role.as_deref(), &asked, &guarded),
            Err(why) => {
                let refusal = Refusal::unreadable(why);
                let verdict = Verdict::Bad(refusal.message().to_owned());
                (Judgement { operation: None, verdict, rule: UNREADABLE }, Some(refusal))
            }
        };
        let name = role.as_ref().map_or_else(String::as_str, |role| role.name());
        let told = Told::asked(&self.sinks, &self.who, name, (method, uri), &judgement);
        (told, refusal.map_or(Ok(browser), Err))
    }

    /// Open access knows no roles.
    fn pass_open(
        &self,
        readable: Result<(), &'static str>,
        guarded: &guard::Verdict,
    ) -> Result<(), Refusal> {
        readable.map_err(Refusal::unreadable)?;
        if let guard::Verdict::Refuse(refused) = guarded {
            info!("{} is refused: {refused}", self.who);
            return Err(Refusal::new(403, refused.to_string()));
        }
        Ok(())
    }

    fn ask_guard(&self, request: &Request<Incoming>) -> guard::Verdict {
        let Some(guard) = &self.guard else { return guard::Verdict::Pass };
        let authority = request.uri().authority();
        let host = authority.map(|host| (&b"host"[..], host.as_str().as_bytes()));
        let headers = request.headers().iter();
        let headers =
            headers.map(|(name, value)| (name.as_str().as_bytes(), value.as_bytes())).chain(host);
        let method = request.method().as_str().as_bytes();
        guard.judge(&guard::Request::new(method, headers, self.who.identity.is_some()))
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
        told.answered(answer.status().as_u16());
    }
    let mut answer = answer.map(|body| Download::of_engine(body, told));
    if browser {
        sandbox(answer.headers_mut());
    }
    answer
}

fn refuse(refusal: &Refusal, form: Form, mut told: Option<Told>) -> Answer {
    if let Some(told) = &mut told {
        told.answered(refusal.status());
    }
    written(refusal, form).map(|body| Download::ours(body, told))
}

/// What could be read in two ways, or isn't the Engine API's, is refused. Most of it was refused
/// by hyper already (RFC 9113 section 8.1.1).
fn readable(request: &Request<Incoming>) -> Result<(), &'static str> {
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
    Err(why)
}

/// Path and query as they will stand before the Engine.
pub(super) fn target(uri: &Uri) -> &str {
    uri.path_and_query().map_or("", |target| target.as_str())
}

/// As RFC 9113 section 6.5.2 counts it.
fn size(request: &Request<Incoming>) -> usize {
    let fields = request.headers().iter();
    let fields: usize = fields.map(|(name, value)| name.as_str().len() + value.len() + 32).sum();
    fields + target(request.uri()).len()
}

/// The test that the Engine makes: such a request is BuildKit's, whatever its path.
pub(super) fn is_grpc(headers: &HeaderMap) -> bool {
    headers.get(CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"application/grpc"))
}
