//! What an image may be called: the grammar of references (distribution, "reference"). An Engine
//! would refuse another name only when it loads the archive, minutes later.

/// What stands before an image's name, if anything: a registry's host, and folders on it.
pub(crate) fn repository(text: &str) -> Result<String, String> {
    let prefix = text.trim_end_matches('/');
    let (host, folders) = match prefix.split_once('/') {
        _ if prefix.is_empty() => return Ok(String::new()),
        Some((host, folders)) if names_host(host) => (Some(host), Some(folders)),
        None if names_host(prefix) => (Some(prefix), None),
        _ => (None, Some(prefix)),
    };
    if host.is_none_or(is_host) && folders.is_none_or(|all| all.split('/').all(is_folder)) {
        return Ok(prefix.to_owned());
    }
    Err("it is a registry's host, lower-case folders, or both, such as ghcr.io/me".to_owned())
}

/// What stands behind it.
pub(crate) fn tag(text: &str) -> Result<String, String> {
    let inner = |byte: u8| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte);
    if text.bytes().all(inner) && !text.starts_with(['.', '-']) && (1..=128).contains(&text.len()) {
        return Ok(text.to_owned());
    }
    Err("it is 1 to 128 letters, digits and _.- behind the first, such as 1.2".to_owned())
}

/// Whether the first part of a name is a host and no folder.
fn names_host(part: &str) -> bool {
    part.contains(['.', ':']) || part == "localhost"
}

fn is_host(text: &str) -> bool {
    let (name, port) = text.split_once(':').unwrap_or((text, "443"));
    let is_label = |label: &str| {
        label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            && !label.is_empty()
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    name.split('.').all(is_label)
        && port.bytes().all(|byte| byte.is_ascii_digit())
        && !port.is_empty()
}

fn is_folder(text: &str) -> bool {
    let plain = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit();
    let separates =
        |part: &str| matches!(part, "" | "." | "_" | "__") || part.bytes().all(|byte| byte == b'-');
    text.starts_with(plain) && text.ends_with(plain) && text.split(plain).all(separates)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_repository_is_a_host_folders_or_both() {
        for text in [
            "",
            "me",
            "me/",
            "ghcr.io/me",
            "localhost",
            "localhost:5000/a_b/c--d",
            "GHCR.io",
            "a.b",
        ] {
            assert_eq!(repository(text).as_deref(), Ok(text.trim_end_matches('/')), "{text}");
        }
        for text in [
            "Me",
            "ghcr.io/Me",
            "a b",
            "-a",
            "a/-",
            "a//b",
            "/a",
            "a._b",
            "https://ghcr.io/me",
            "a.b:x/c",
        ] {
            assert!(repository(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_tag_is_one_word() {
        for text in ["latest", "1.2", "v1.2-rc.1", "_", "A"] {
            assert_eq!(tag(text).as_deref(), Ok(text));
        }
        let long = "a".repeat(129);
        for text in ["", ".1", "-1", "1 2", "1+2", "a:b", "a/b", "ä", &long] {
            assert!(tag(text).is_err(), "{text}");
        }
    }
}
