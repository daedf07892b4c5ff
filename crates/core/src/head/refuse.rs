//! The answers that the gate writes itself.

use std::fmt::Write as _;

use super::edit::SANDBOX;

/// A whole answer that refuses a request in the Engine's form, `{"message":"…"}`, and ends the
/// connection.
///
/// `status` is one that [`answer`] knows.
#[must_use]
pub fn refusal(status: u16, message: &str) -> Vec<u8> {
    answer(status, message, "Connection: close\r\n")
}

/// A whole answer in the Engine's form, with header lines of the caller's own, each with its line
/// end.
///
/// `status` is one of 400, 403, 404, 431, 502 and 503; others get an empty reason.
#[must_use]
pub fn answer(status: u16, message: &str, lines: &str) -> Vec<u8> {
    let body = error_body(message);
    let reason = match status {
        400 => "Bad Request",
        403 => "Forbidden",
        404 => "Not Found",
        431 => "Request Header Fields Too Large",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        _ => "",
    };
    format!(
        "HTTP/1.1 {status} {reason}\r\n\
         Content-Type: application/json\r\n\
         Content-Length: {}\r\n\
         {lines}\
         {SANDBOX}\r\n\
         {body}",
        body.len()
    )
    .into_bytes()
}

/// An error as the Engine's are: `{"message":"…"}` and a line feed.
#[must_use]
pub fn error_body(message: &str) -> String {
    format!("{{\"message\":{}}}\n", quoted(message))
}

/// A JSON string (RFC 8259 section 7).
fn quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for char in text.chars() {
        match char {
            '"' | '\\' => quoted.extend(['\\', char]),
            '\0'..='\x1f' => {
                // Writing to a string can't fail.
                let _ignored = write!(quoted, "\\u{:04x}", u32::from(char));
            }
            _ => quoted.push(char),
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use super::super::{AnswerLook, AnswerScanner};
    use super::*;

    #[test]
    fn a_refusal_is_a_whole_answer_in_the_engines_form() {
        assert_eq!(
            String::from_utf8(refusal(403, "no")).unwrap(),
            "HTTP/1.1 403 Forbidden\r\n\
             Content-Type: application/json\r\n\
             Content-Length: 17\r\n\
             Connection: close\r\n\
             Content-Security-Policy: sandbox\r\n\
             X-Content-Type-Options: nosniff\r\n\
             \r\n\
             {\"message\":\"no\"}\n"
        );
    }

    #[test]
    fn a_message_can_not_break_out_of_its_string() {
        assert_eq!(quoted("a\"b\\c\r\n\0\x1f\u{e4}`"), r#""a\"b\\c\u000d\u000a\u0000\u001fä`""#);
    }

    #[test]
    fn our_own_answers_are_answers() {
        for status in [400, 403, 431] {
            let answer = refusal(status, "why\r\n\r\nnot");
            let AnswerLook::Final { status: read, len } = AnswerScanner::new().look(&answer) else {
                panic!("no head: {answer:?}");
            };
            assert_eq!(read, status);
            assert!(answer[len..].starts_with(b"{\"message\":"));
        }
    }
}
