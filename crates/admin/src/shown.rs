//! What others have said, made fit to be shown.

use docker_api_core::transport::Who;
use time::OffsetDateTime;

/// Now, to the second.
pub(crate) fn now() -> OffsetDateTime {
    second(OffsetDateTime::now_utc())
}

/// The second that a time is in.
pub(crate) fn second(time: OffsetDateTime) -> OffsetDateTime {
    time.replace_nanosecond(0).unwrap_or(time)
}

/// A client by its certificate's name, else by its address.
pub(crate) fn client(who: &Who) -> String {
    match &who.identity {
        Some(identity) => text(identity.name.as_bytes()),
        None => who.peer.to_string(),
    }
}

/// The begin of a text, with whatever has no shape of its own escaped.
pub(crate) fn text(bytes: &[u8]) -> String {
    let mut shown = String::new();
    let begin = &bytes[..bytes.len().min(LONGEST)];
    for chunk in begin.utf8_chunks() {
        for letter in chunk.valid().chars() {
            match letter {
                ' ' | '"' | '\'' | '\\' => shown.push(letter),
                _ => shown.extend(letter.escape_debug()),
            }
        }
        shown.extend(chunk.invalid().iter().flat_map(|byte| byte.escape_ascii()).map(char::from));
    }
    if begin.len() < bytes.len() {
        shown.push('…');
    }
    shown
}

/// Bytes of one text.
const LONGEST: usize = 300;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_not_be_seen_is_escaped() {
        for (sent, seen) in [
            (&b"/containers/json"[..], "/containers/json"),
            (b"/a b'\"\\", "/a b'\"\\"),
            (b"/\x1b[31m\x00\r\n", "/\\u{1b}[31m\\0\\r\\n"),
            (b"/\xff", "/\\xff"),
            ("/\u{202e}\u{85}ü".as_bytes(), "/\\u{202e}\\u{85}ü"),
        ] {
            assert_eq!(text(sent), seen);
        }
    }

    #[test]
    fn a_long_text_is_cut() {
        let shown = text("ä".repeat(1_000_000).as_bytes());
        assert!(shown.ends_with("ä…") && shown.len() < 310, "{shown}");
    }
}
