//! Lines for people to paste into a shell.

use std::path::Path;

use docker_api_core::address::HostPort;

/// The three variables by which docker and SDKs find and trust the server.
pub(crate) fn exports(host: &HostPort, cert_path: &Path) -> String {
    let cert_path = quoted(&cert_path.display().to_string());
    format!(
        "export DOCKER_HOST={host}\nexport DOCKER_TLS_VERIFY=1\nexport DOCKER_CERT_PATH={cert_path}"
    )
}

/// A word as a POSIX shell reads it back.
pub(crate) fn quoted(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-+:@%,=".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        return text.into();
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plain_word_stays_as_it_is_and_another_is_quoted() {
        assert_eq!(quoted("/var/lib/docker-api/certs"), "/var/lib/docker-api/certs");
        assert_eq!(quoted("my certs"), "'my certs'");
        assert_eq!(quoted("it's"), r"'it'\''s'");
        assert_eq!(quoted(""), "''");
    }
}
