//! What a request that doesn't reach the Engine is answered.

use std::fmt::Write as _;

use docker_api_access::{Judgement, Request, Role, Verdict};
use docker_api_core::head::{answer, refusal};

/// An answer of our own. It is boxed, so that a connection that is idle holds no room for one.
#[derive(Debug)]
pub(super) struct Refusal(Box<Said>);

#[derive(Debug)]
struct Said {
    status: u16,
    message: String,
    location: Option<String>,
}

impl Refusal {
    pub(super) fn new(status: u16, message: impl Into<String>) -> Self {
        Self(Box::new(Said { status, message: message.into(), location: None }))
    }

    pub(super) fn status(&self) -> u16 {
        self.0.status
    }

    pub(super) fn message(&self) -> &str {
        &self.0.message
    }

    /// Why a role doesn't let a request on; `None` if it does.
    pub(super) fn of(
        role: &Role,
        request: &Request<'_>,
        judgement: &Judgement<'_>,
    ) -> Option<Self> {
        match &judgement.verdict {
            Verdict::Allow => None,
            Verdict::Deny => Some(Self::new(403, role.denial(request, judgement.operation))),
            Verdict::Bad(why) => Some(Self::new(400, why.as_str())),
            Verdict::NotFound => Some(Self::new(404, "page not found")),
            Verdict::Redirect(path) => {
                let mut refusal = Self::new(301, "moved permanently");
                refusal.0.location = Some(escape(path));
                Some(refusal)
            }
        }
    }

    /// The answer's bytes, and how many of them are its head. To HEAD it has no body (RFC 9110
    /// section 9.3.2).
    pub(super) fn to_answer(&self, keeps: bool, to_head: bool) -> (Vec<u8>, usize) {
        let mut bytes = match &self.0.location {
            Some(location) => {
                let close = if keeps { "" } else { "Connection: close\r\n" };
                answer(self.status(), self.message(), &format!("Location: {location}\r\n{close}"))
            }
            None if keeps => answer(self.status(), self.message(), ""),
            None => refusal(self.status(), self.message()),
        };
        let end = bytes.windows(4).position(|at| at == b"\r\n\r\n").map_or(0, |at| at + 4);
        if to_head {
            bytes.truncate(end);
        }
        (bytes, end)
    }
}

/// A path that is fit for a header line.
fn escape(path: &str) -> String {
    path.bytes().fold(String::with_capacity(path.len()), |mut line, byte| {
        if byte.is_ascii_graphic() {
            line.push(char::from(byte));
        } else {
            // Writing to a string can't fail.
            let _ignored = write!(line, "%{byte:02X}");
        }
        line
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(refusal: &Refusal, keeps: bool, to_head: bool) -> String {
        let (bytes, head) = refusal.to_answer(keeps, to_head);
        assert!(bytes[..head].ends_with(b"\r\n\r\n"));
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn a_refusal_says_whether_the_connection_goes_on() {
        let refusal = Refusal::new(403, "no");
        assert!(!answer(&refusal, true, false).contains("Connection"));
        assert!(answer(&refusal, false, false).contains("\r\nConnection: close\r\n"));
        assert!(answer(&refusal, true, false).ends_with("\r\n\r\n{\"message\":\"no\"}\n"));
        assert!(answer(&refusal, true, true).ends_with(
            "Length: 17\r\nContent-Security-Policy: \
            sandbox\r\nX-Content-Type-Options: nosniff\r\n\r\n"
        ));
    }

    #[test]
    fn a_redirection_names_a_place_that_can_not_break_out_of_its_line() {
        let mut refusal = Refusal::new(301, "moved permanently");
        refusal.0.location = Some(escape("/a b\r\nX: \u{e4}%2F"));
        for keeps in [true, false] {
            let answer = answer(&refusal, keeps, false);
            assert!(answer.starts_with("HTTP/1.1 301 Moved Permanently\r\n"), "{answer}");
            assert!(answer.contains("\r\nLocation: /a%20b%0D%0AX:%20%C3%A4%2F\r\n"), "{answer}");
            assert_eq!(answer.contains("Connection: close"), !keeps);
        }
    }
}
