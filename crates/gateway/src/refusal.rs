//! What a request that doesn't reach the Engine is answered, over HTTP/1 and HTTP/2 alike.

use std::fmt::Write as _;

use docker_api_access::{Judgement, Request, Role, Verdict};
use docker_api_core::guard;
use docker_api_core::upstream::Upstream;

/// The rule that a request which can't be read is refused by.
pub(crate) const UNREADABLE: &str = "unreadable";

/// An answer of our own. It is boxed, so that a connection that is idle holds no room for one.
#[derive(Debug)]
pub(crate) struct Refusal(Box<Said>);

#[derive(Debug)]
struct Said {
    status: u16,
    message: String,
    location: Option<String>,
}

impl Refusal {
    pub(crate) fn new(status: u16, message: impl Into<String>) -> Self {
        Self(Box::new(Said { status, message: message.into(), location: None }))
    }

    pub(crate) fn unreadable(why: impl std::fmt::Display) -> Self {
        Self::new(400, format!("the request can't be read: {why}"))
    }

    pub(crate) fn engine_away(upstream: &Upstream) -> Self {
        let address = upstream.address();
        let message = format!(
            "Cannot connect to the Docker daemon at {address}. Is the docker daemon running?"
        );
        Self::new(503, message)
    }

    pub(crate) fn too_many_heads() -> Self {
        Self::new(503, "too many request heads are being read: try again later")
    }

    /// To a path that is fit for a header line, whatever it was.
    pub(crate) fn redirection(path: &str) -> Self {
        let mut refusal = Self::new(301, "moved permanently");
        refusal.0.location = Some(percent_encoded(path, b' '));
        refusal
    }

    pub(crate) fn status(&self) -> u16 {
        self.0.status
    }

    pub(crate) fn message(&self) -> &str {
        &self.0.message
    }

    /// Where a redirection leads.
    pub(crate) fn location(&self) -> Option<&str> {
        self.0.location.as_deref()
    }
}

/// The verdict on a request, and what it is answered if it may not go on.
///
/// `role` is the client's, or the name that no role has.
pub(crate) fn judge<'r>(
    role: Result<&'r Role, &String>,
    asked: &Request<'_>,
    guard: &guard::Verdict,
) -> (Judgement<'r>, Option<Refusal>) {
    let judged = role.map(|role| (role, role.judge(asked)));
    let operation = match &judged {
        Ok((_, judgement)) => judgement.operation,
        Err(_) => asked.operation(),
    };
    let deny = |rule| Judgement { operation, verdict: Verdict::Deny, rule };
    if let guard::Verdict::Refuse(refused) = guard {
        let rule = match refused.rule() {
            1 => "browser guard, rule 1",
            2 => "browser guard, rule 2",
            _ => "browser guard, rule 3",
        };
        return (deny(rule), Some(Refusal::new(403, refused.to_string())));
    }
    match judged {
        Ok((role, judgement)) => {
            let refusal = of_role(role, asked, &judgement);
            (judgement, refusal)
        }
        Err(name) => {
            let message = format!("access denied: the policy has no role called {name}");
            (deny("no such role"), Some(Refusal::new(403, message)))
        }
    }
}

/// Why a role doesn't let a request on; `None` if it does.
fn of_role(role: &Role, request: &Request<'_>, judgement: &Judgement<'_>) -> Option<Refusal> {
    match &judgement.verdict {
        Verdict::Allow => None,
        Verdict::Deny => Some(Refusal::new(403, role.denial(request, judgement.operation))),
        Verdict::Bad(why) => Some(Refusal::new(400, why.as_str())),
        Verdict::NotFound => Some(Refusal::new(404, "page not found")),
        Verdict::Redirect(path) => Some(Refusal::redirection(path)),
    }
}

/// Printable ASCII but for `but`, the rest percent-encoded.
pub(crate) fn percent_encoded(text: &str, but: u8) -> String {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_redirection_names_a_place_that_can_not_break_out_of_its_line() {
        let refusal = Refusal::redirection("/a b?all=1 \r\nX: \u{e4}%2F");
        assert_eq!(refusal.location(), Some("/a%20b?all=1%20%0D%0AX:%20%C3%A4%2F"));
    }
}
