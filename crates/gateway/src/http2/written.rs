//! A refusal as hyper writes it.

use docker_api_core::head::error_body;
use hyper::header::{CONTENT_LENGTH, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderMap, LOCATION};
use hyper::header::{HeaderName, HeaderValue, X_CONTENT_TYPE_OPTIONS};
use hyper::{Method, Request, Response, StatusCode};

use super::stream::is_grpc;
use crate::refusal::{Refusal, percent_encoded};

/// What a client can read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Form {
    /// A status of gRPC: its clients print the message of one, and of any other answer but the
    /// number.
    pub(super) grpc: bool,
    /// No body: it has asked by HEAD.
    pub(super) head: bool,
}

impl Form {
    pub(super) fn of<B>(request: &Request<B>) -> Self {
        Self { grpc: is_grpc(request.headers()), head: request.method() == Method::HEAD }
    }
}

/// The whole answer.
pub(super) fn written(refusal: &Refusal, form: Form) -> Response<String> {
    let mut answer = match refusal.location() {
        _ if form.grpc => for_grpc(refusal),
        Some(location) => return redirection(location, form.head),
        None => in_json(refusal),
    };
    sandbox(answer.headers_mut());
    if form.head { answer.map(|_| String::new()) } else { answer }
}

/// In the Engine's form.
fn in_json(refusal: &Refusal) -> Response<String> {
    let mut answer = Response::new(error_body(refusal.message()));
    *answer.status_mut() = StatusCode::from_u16(refusal.status()).unwrap_or_default();
    answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    answer
}

/// As the Engine's router writes it, which says no word in a body.
fn redirection(location: &str, to_head: bool) -> Response<String> {
    let mut answer = Response::new(String::new());
    *answer.status_mut() = StatusCode::MOVED_PERMANENTLY;
    let headers = answer.headers_mut();
    if let Ok(location) = HeaderValue::try_from(location) {
        headers.insert(LOCATION, location);
    }
    if !to_head {
        headers.insert(CONTENT_LENGTH, HeaderValue::from_static("0"));
    }
    answer
}

/// `Trailers-Only` of <https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md>.
fn for_grpc(refusal: &Refusal) -> Response<String> {
    let mut answer = Response::new(String::new());
    let headers = answer.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/grpc"));
    headers.insert(GRPC_STATUS, HeaderValue::from_static(grpc_status(refusal.status())));
    if let Ok(message) = HeaderValue::try_from(percent_encoded(refusal.message(), b'%')) {
        headers.insert(GRPC_MESSAGE, message);
    }
    answer
}

/// Makes an answer harmless to whoever opens it in a browser, whatever it says itself: policies
/// add up.
pub(super) fn sandbox(headers: &mut HeaderMap) {
    headers.append(CONTENT_SECURITY_POLICY, HeaderValue::from_static("sandbox"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
}

/// As <https://github.com/grpc/grpc/blob/master/doc/http-grpc-status-mapping.md> has it.
fn grpc_status(status: u16) -> &'static str {
    match status {
        400 | 431 => "13", // INTERNAL
        403 => "7",        // PERMISSION_DENIED
        404 => "12",       // UNIMPLEMENTED
        503 => "14",       // UNAVAILABLE
        _ => "2",          // UNKNOWN
    }
}

const GRPC_STATUS: HeaderName = HeaderName::from_static("grpc-status");
const GRPC_MESSAGE: HeaderName = HeaderName::from_static("grpc-message");

#[cfg(test)]
mod tests {
    use super::*;

    fn header<'a>(answer: &'a Response<String>, name: &str) -> Option<&'a str> {
        answer.headers().get(name).map(|value| value.to_str().unwrap())
    }

    #[test]
    fn a_refusal_is_the_engines_error_and_can_not_be_a_page() {
        let answer = written(&Refusal::new(403, "no \"x\"\n"), Form { grpc: false, head: false });
        assert_eq!(answer.status(), 403);
        assert_eq!(answer.body(), "{\"message\":\"no \\\"x\\\"\\u000a\"}\n");
        assert_eq!(header(&answer, "content-type"), Some("application/json"));
        assert_eq!(header(&answer, "content-security-policy"), Some("sandbox"));
        assert_eq!(header(&answer, "x-content-type-options"), Some("nosniff"));
    }

    #[test]
    fn a_client_of_grpc_gets_a_status_of_its_own_protocol() {
        let answer =
            written(&Refusal::new(403, "50% of \u{e4}\n"), Form { grpc: true, head: false });
        assert_eq!((answer.status().as_u16(), answer.body().as_str()), (200, ""));
        assert_eq!(header(&answer, "content-type"), Some("application/grpc"));
        assert_eq!(header(&answer, "grpc-status"), Some("7"));
        assert_eq!(header(&answer, "grpc-message"), Some("50%25 of %C3%A4%0A"));
    }

    #[test]
    fn to_head_a_refusal_has_no_body() {
        let answer = written(&Refusal::new(403, "no"), Form { grpc: false, head: true });
        assert_eq!((answer.status().as_u16(), answer.body().as_str()), (403, ""));
        assert_eq!(header(&answer, "content-type"), Some("application/json"));
    }

    #[test]
    fn a_redirection_is_as_short_as_the_engines() {
        let refusal = Refusal::redirection("/a b/json?all=1");
        for (to_head, length) in [(false, Some("0")), (true, None)] {
            let answer = written(&refusal, Form { grpc: false, head: to_head });
            assert_eq!((answer.status().as_u16(), answer.body().as_str()), (301, ""));
            assert_eq!(header(&answer, "location"), Some("/a%20b/json?all=1"));
            assert_eq!(header(&answer, "content-length"), length);
            assert_eq!(answer.headers().len(), 1 + usize::from(length.is_some()));
        }
    }

    #[test]
    fn what_the_engine_says_of_safety_is_not_weakened() {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src *"));
        headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("x"));
        sandbox(&mut headers);
        let policies: Vec<_> = headers.get_all(CONTENT_SECURITY_POLICY).iter().collect();
        assert_eq!(policies, ["default-src *", "sandbox"]);
        assert_eq!(headers[X_CONTENT_TYPE_OPTIONS], "nosniff");
    }
}
