//! What a request that doesn't reach the Engine is answered.

use std::fmt::Write as _;

use docker_api_access::{Judgement, Request, Role, Verdict};
use docker_api_core::head::{answer, refusal};

/// An answer of our own.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Refusal {
    pub(super) status: u16,
    pub(super) message: String,
    location: Option<String>,
}

impl Refusal {
    pub(super) fn new(status: u16, message: impl Into<String>) -> Self {
        Self { status, message: message.into(), location: None }
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
                Some(Self { location: Some(escape(path)), ..Self::new(301, "moved permanently") })
            }
        }
    }

    /// The answer's bytes, and how many of them are its head. To HEAD it has no body (RFC 9110
    /// section 9.3.2).
    pub(super) fn to_answer(&self, keeps: bool, to_head: bool) -> (Vec<u8>, usize) {
        let mut bytes = match &self.location {
            Some(location) => {
                let close = if keeps { "" } else { "Connection: close\r\n" };
                answer(self.status, &self.message, &format!("Location: {location}\r\n{close}"))
            }
            None if keeps => answer(self.status, &self.message, ""),
            None => refusal(self.status, &self.message),
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
