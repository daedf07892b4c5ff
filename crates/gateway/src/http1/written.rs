//! A refusal as it is written.

use docker_api_core::head::{answer, refusal};

use crate::refusal::Refusal;

/// The answer's bytes, and how many of them are its head. To HEAD it has no body (RFC 9110
/// section 9.3.2).
pub(super) fn written(refused: &Refusal, keeps: bool, to_head: bool) -> (Vec<u8>, usize) {
    let mut bytes = match refused.location() {
        Some(location) => redirection(location, keeps, to_head),
        None if keeps => answer(refused.status(), refused.message(), ""),
        None => refusal(refused.status(), refused.message()),
    };
    let end = bytes.windows(4).position(|at| at == b"\r\n\r\n").map_or(0, |at| at + 4);
    if to_head {
        bytes.truncate(end);
    }
    (bytes, end)
}

/// As the Engine's router writes it, which says no word in a body.
fn redirection(location: &str, keeps: bool, to_head: bool) -> Vec<u8> {
    let length = if to_head { "" } else { "Content-Length: 0\r\n" };
    let close = if keeps { "" } else { "Connection: close\r\n" };
    format!("HTTP/1.1 301 Moved Permanently\r\nLocation: {location}\r\n{length}{close}\r\n")
        .into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(refusal: &Refusal, keeps: bool, to_head: bool) -> String {
        let (bytes, head) = written(refusal, keeps, to_head);
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
    fn a_redirection_is_as_short_as_the_engines() {
        let refusal = Refusal::redirection("/a");
        let head = "HTTP/1.1 301 Moved Permanently\r\nLocation: /a\r\n";
        for (keeps, to_head, rest) in [
            (true, false, "Content-Length: 0\r\n\r\n"),
            (false, false, "Content-Length: 0\r\nConnection: close\r\n\r\n"),
            (true, true, "\r\n"),
            (false, true, "Connection: close\r\n\r\n"),
        ] {
            assert_eq!(answer(&refusal, keeps, to_head), [head, rest].concat());
        }
    }
}
