//! The line that a request leaves in the log.

use std::fmt::{self, Write as _};
use std::time::Duration;

use docker_api_access::{Judgement, Verdict};
use docker_api_core::transport::Who;
use tracing::info;

use crate::refusal::UNREADABLE;
use crate::{Asked, Ended, Sink};

/// Which requests leave a line (`--log-requests`).
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum LogRequests {
    /// Each.
    #[default]
    All,
    /// Those that never reach the Engine.
    Denied,
    /// None.
    None,
}

/// Logs a line at the end of each request, at info.
///
/// What a client has sent is in it with control characters, white space and whatever else has no
/// shape of its own escaped, so that a line stays one line and its fields stay apart.
#[derive(Debug)]
pub struct RequestLine {
    which: LogRequests,
}

impl RequestLine {
    /// Logs `which` requests.
    pub fn new(which: LogRequests) -> Self {
        Self { which }
    }
}

impl Sink for RequestLine {
    fn ended(&self, asked: &Asked<'_>, ended: &Ended) {
        let wanted = match self.which {
            LogRequests::All => true,
            LogRequests::Denied => asked.judgement.verdict != Verdict::Allow,
            LogRequests::None => false,
        };
        if !wanted {
            return;
        }
        let path = asked.target.split(|byte| *byte == b'?').next().unwrap_or_default();
        let duration_ms = u64::try_from(ended.duration.as_millis()).unwrap_or(u64::MAX);
        info!(
            operation = %asked.judgement.operation.map_or("-", |operation| operation.name()),
            method = %Printable(asked.method),
            path = %Printable(path),
            role = %Printable(asked.role.as_bytes()),
            client = %Client(asked.who),
            verdict = %word(&asked.judgement.verdict),
            rule = asked.judgement.rule,
            status = ended.status.unwrap_or_default(),
            bytes = ended.down,
            duration_ms,
            "request"
        );
    }

    fn unreadable(&self, who: &Who, role: &str, status: u16, bytes: u64) {
        let verdict = Verdict::Bad(String::new());
        let judgement = Judgement { operation: None, verdict, rule: UNREADABLE };
        let asked = Asked { who, role, method: b"-", target: b"-", judgement: &judgement };
        let status = Some(status);
        self.ended(&asked, &Ended { status, up: 0, down: bytes, duration: Duration::ZERO });
    }
}

/// A verdict in one word.
pub fn word(verdict: &Verdict) -> &'static str {
    match verdict {
        Verdict::Allow => "allow",
        Verdict::Bad(_) => "bad",
        Verdict::Deny => "deny",
        Verdict::NotFound => "not-found",
        Verdict::Redirect(_) => "redirect",
    }
}

/// Who asks: by the certificate's name, else by address.
struct Client<'a>(&'a Who);

impl fmt::Display for Client<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0.identity {
            Some(identity) => Printable(identity.name.as_bytes()).fmt(f),
            None => self.0.peer.fmt(f),
        }
    }
}

/// Bytes that somebody sent, as one word.
struct Printable<'a>(&'a [u8]);

impl fmt::Display for Printable<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for chunk in self.0.utf8_chunks() {
            for letter in chunk.valid().chars() {
                match letter {
                    '"' | '\'' => f.write_char(letter)?,
                    _ if letter.is_whitespace() => write!(f, "{}", letter.escape_unicode())?,
                    _ => write!(f, "{}", letter.escape_debug())?,
                }
            }
            for byte in chunk.invalid() {
                write!(f, "\\x{byte:02x}")?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_client_sends_stays_one_word() {
        for (sent, shown) in [
            (&b"/containers/json"[..], "/containers/json"),
            (b"/a b\tc", "/a\\u{20}b\\u{9}c"),
            (b"/\x1b[31m\x00\x7f", "/\\u{1b}[31m\\0\\u{7f}"),
            (b"/\"quoted\"'", "/\"quoted\"'"),
            (b"/back\\slash", "/back\\\\slash"),
            (b"/\xff\xfe", "/\\xff\\xfe"),
            ("/\u{202e}\u{85}\u{2028}\u{a0}".as_bytes(), "/\\u{202e}\\u{85}\\u{2028}\\u{a0}"),
            ("/ü".as_bytes(), "/ü"),
            (b"", ""),
        ] {
            assert_eq!(Printable(sent).to_string(), shown);
        }
    }
}
