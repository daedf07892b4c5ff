//! The answers that the gate gives itself.

use std::fmt::Write as _;

use docker_api_access::{Judgement, Request, Role, Verdict};
use docker_api_core::head::error_body;
use hyper::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderMap, LOCATION};
use hyper::header::{HeaderName, HeaderValue, X_CONTENT_TYPE_OPTIONS};
use hyper::{Response, StatusCode};

/// Why a request doesn't go on, and what its client reads.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Refusal {
    pub(super) status: StatusCode,
    pub(super) message: String,
    location: Option<String>,
}

impl Refusal {
    pub(super) fn new(status: StatusCode, message: impl Into<String>) -> Self {
        Self { status, message: message.into(), location: None }
    }

    /// By a role's judgement; `None`: it goes on.
    pub(super) fn by(
        role: &Role,
        request: &Request<'_>,
        judgement: &Judgement<'_>,
    ) -> Option<Self> {
        match &judgement.verdict {
            Verdict::Allow => None,
            Verdict::Deny => {
                let message = role.denial(request, judgement.operation);
                Some(Self::new(StatusCode::FORBIDDEN, message))
            }
            Verdict::Bad(why) => Some(Self::new(StatusCode::BAD_REQUEST, why)),
            Verdict::NotFound => Some(Self::new(StatusCode::NOT_FOUND, "page not found")),
            Verdict::Redirect(to) => Some(Self {
                location: Some(to.clone()),
                ..Self::new(StatusCode::MOVED_PERMANENTLY, "moved permanently")
            }),
        }
    }

    /// The whole answer. `grpc`: for a client of gRPC, which prints the message of a status of its
    /// own protocol, and of any other answer but the number.
    pub(super) fn answer(&self, grpc: bool) -> Response<String> {
        let mut answer = if grpc { self.for_grpc() } else { self.in_json() };
        sandbox(answer.headers_mut());
        answer
    }

    /// In the Engine's form.
    fn in_json(&self) -> Response<String> {
        let mut answer = Response::new(error_body(&self.message));
        *answer.status_mut() = self.status;
        let headers = answer.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        let location = self.location.as_deref().map(|to| percent_encoded(to, b' '));
        if let Some(Ok(location)) = location.map(HeaderValue::try_from) {
            headers.insert(LOCATION, location);
        }
        answer
    }

    /// `Trailers-Only` of <https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md>.
    fn for_grpc(&self) -> Response<String> {
        let mut answer = Response::new(String::new());
        let headers = answer.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/grpc"));
        headers.insert(GRPC_STATUS, HeaderValue::from_static(grpc_status(self.status)));
        if let Ok(message) = HeaderValue::try_from(percent_encoded(&self.message, b'%')) {
            headers.insert(GRPC_MESSAGE, message);
        }
        answer
    }
}

/// Makes an answer harmless to whoever opens it in a browser, whatever it says itself: policies
/// add up.
pub(super) fn sandbox(headers: &mut HeaderMap) {
    headers.append(CONTENT_SECURITY_POLICY, HeaderValue::from_static("sandbox"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
}

/// As <https://github.com/grpc/grpc/blob/master/doc/http-grpc-status-mapping.md> has it.
fn grpc_status(status: StatusCode) -> &'static str {
    match status.as_u16() {
        400 | 431 => "13", // INTERNAL
        403 => "7",        // PERMISSION_DENIED
        404 => "12",       // UNIMPLEMENTED
        503 => "14",       // UNAVAILABLE
        _ => "2",          // UNKNOWN
    }
}

/// Printable ASCII but for `but`, the rest percent-encoded.
fn percent_encoded(text: &str, but: u8) -> String {
    text.bytes().fold(String::with_capacity(text.len()), |mut encoded, byte| {
        if matches!(byte, b' '..=b'~') && byte != but {
            encoded.push(char::from(byte));
        } else {
            // Writing to a string can't fail.
            let _ignored = write!(encoded, "%{byte:02X}");
        }
        encoded
    })
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
        let answer = Refusal::new(StatusCode::FORBIDDEN, "no \"x\"\n").answer(false);
        assert_eq!(answer.status(), 403);
        assert_eq!(answer.body(), "{\"message\":\"no \\\"x\\\"\\u000a\"}\n");
        assert_eq!(header(&answer, "content-type"), Some("application/json"));
        assert_eq!(header(&answer, "content-security-policy"), Some("sandbox"));
        assert_eq!(header(&answer, "x-content-type-options"), Some("nosniff"));
    }

    #[test]
    fn a_client_of_grpc_gets_a_status_of_its_own_protocol() {
        let answer = Refusal::new(StatusCode::FORBIDDEN, "50% of \u{e4}\n").answer(true);
        assert_eq!((answer.status().as_u16(), answer.body().as_str()), (200, ""));
        assert_eq!(header(&answer, "content-type"), Some("application/grpc"));
        assert_eq!(header(&answer, "grpc-status"), Some("7"));
        assert_eq!(header(&answer, "grpc-message"), Some("50%25 of %C3%A4%0A"));
    }

    #[test]
    fn a_redirect_names_the_clean_path() {
        let refusal = Refusal {
            location: Some("/a b/json?all=1%20\r\n".into()),
            ..Refusal::new(StatusCode::MOVED_PERMANENTLY, "moved")
        };
        let answer = refusal.answer(false);
        assert_eq!(answer.status(), 301);
        assert_eq!(header(&answer, "location"), Some("/a%20b/json?all=1%20%0D%0A"));
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
