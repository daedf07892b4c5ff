//! Query strings, as forms and Prometheus write them (`application/x-www-form-urlencoded`).

/// The value of a parameter. `Ok(None)`: it isn't there, or empty. An error says what is wrong.
pub(crate) fn value(query: &[u8], name: &str) -> Result<Option<String>, String> {
    let mut found = None;
    for pair in query.split(|byte| *byte == b'&') {
        let mut parts = pair.splitn(2, |byte| *byte == b'=');
        let (key, value) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
        if decoded(key).as_deref() != Some(name) {
            continue;
        }
        let value =
            decoded(value).ok_or_else(|| format!("`{name}` isn't percent-encoded UTF-8"))?;
        if found.replace(value).is_some() {
            return Err(format!("`{name}` stands twice"));
        }
    }
    Ok(found.filter(|value| !value.is_empty()))
}

fn decoded(text: &[u8]) -> Option<String> {
    let mut decoded = Vec::with_capacity(text.len());
    let mut bytes = text.iter();
    while let Some(byte) = bytes.next() {
        decoded.push(match byte {
            b'+' => b' ',
            b'%' => hex(*bytes.next()?)? << 4 | hex(*bytes.next()?)?,
            other => *other,
        });
    }
    String::from_utf8(decoded).ok()
}

fn hex(digit: u8) -> Option<u8> {
    u8::try_from(char::from(digit).to_digit(16)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_decoded_once() {
        for (query, read) in [
            ("target=tcp%3A%2F%2Fa%3A1", Some("tcp://a:1")),
            ("module=docker&target=a%2530+b", Some("a%30 b")),
            ("t%61rget=a=b", Some("a=b")),
            ("target=", None),
            ("target", None),
            ("", None),
            ("targets=a&xtarget=b", None),
        ] {
            assert_eq!(value(query.as_bytes(), "target"), Ok(read.map(str::to_owned)), "{query}");
        }
    }

    #[test]
    fn what_can_be_read_in_two_ways_is_an_error() {
        for query in [
            "target=a&target=b",
            "target=&target=b",
            "target=%",
            "target=%4",
            "target=%xx",
            "target=%ff",
            "target=%+1",
        ] {
            assert!(value(query.as_bytes(), "target").is_err(), "{query}");
        }
    }
}
