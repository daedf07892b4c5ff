//! Percent-encoding, as Go's URL parser reads and writes it.

use std::fmt::Write as _;

/// Room for a decoded path: on the stack as long as it is of a usual length.
#[derive(Debug)]
pub(crate) struct Buffer {
    short: [u8; 512],
    long: Vec<u8>,
}

impl Buffer {
    pub(crate) fn new() -> Self {
        Self { short: [0; 512], long: Vec::new() }
    }

    /// Decodes once. `None`, if an escape is malformed or what comes out isn't UTF-8.
    pub(crate) fn decode<'a>(&'a mut self, raw: &'a str) -> Option<&'a str> {
        if !raw.contains('%') {
            return Some(raw);
        }
        let room = if raw.len() <= self.short.len() {
            &mut self.short[..]
        } else {
            self.long.resize(raw.len(), 0);
            &mut self.long[..]
        };
        let mut length = 0;
        for byte in decoded(raw) {
            // What is decoded is never longer.
            *room.get_mut(length)? = byte?;
            length += 1;
        }
        str::from_utf8(room.get(..length)?).ok()
    }
}

/// The bytes that a text stands for; `None` for a malformed escape.
pub(crate) fn decoded(raw: &str) -> impl Iterator<Item = Option<u8>> {
    let mut bytes = raw.bytes();
    std::iter::from_fn(move || {
        let byte = bytes.next()?;
        if byte != b'%' {
            return Some(Some(byte));
        }
        let mut digit = || u8::try_from(char::from(bytes.next()?).to_digit(16)?).ok();
        Some(digit().zip(digit()).map(|(high, low)| high << 4 | low))
    })
}

/// Encodes a path as Go does where a redirect names one.
pub(crate) fn encode(path: &str) -> String {
    let mut encoded = String::with_capacity(path.len());
    for byte in path.bytes() {
        match byte {
            _ if byte.is_ascii_alphanumeric() || b"-_.~$&+,/:;=@".contains(&byte) => {
                encoded.push(byte.into());
            }
            // Writing to a string can't fail.
            _ => drop(write!(encoded, "%{byte:02X}")),
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_decoded_once() {
        for (raw, expected) in [
            ("/plain", Some("/plain")),
            ("/%63ontainers%2fjson", Some("/containers/json")),
            ("/%252e", Some("/%2e")),
            ("/a+b", Some("/a+b")),
            ("/%c3%a4", Some("/ä")),
            ("/%", None),
            ("/%4", None),
            ("/%4g", None),
            ("/%+4", None),
            ("/%ff", None),
            ("/%c0%af", None),
        ] {
            assert_eq!(Buffer::new().decode(raw), expected, "{raw}");
        }
    }

    #[test]
    fn long_paths_are_decoded_too() {
        let raw = "%61".repeat(1000);
        assert_eq!(Buffer::new().decode(&raw), Some("a".repeat(1000).as_str()));
    }

    #[test]
    fn a_path_is_encoded_as_go_does() {
        assert_eq!(encode("/a b/?*[~ä:@"), "/a%20b/%3F%2A%5B~%C3%A4:@");
    }
}
