//! What an Engine says of itself: `GET /version`.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::fault::printable;

/// What `GET /version` says. All of it is safe for a terminal; what isn't said is empty.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Engine {
    /// The Engine's release, such as `28.5.2`.
    pub version: String,
    /// The highest API version that it speaks, such as `1.51`.
    pub api_version: String,
    /// The lowest one.
    pub min_api_version: String,
    /// `linux` or `windows`.
    pub os: String,
    /// Such as `amd64`.
    pub arch: String,
    /// Who made it, such as `Docker Engine - Community`.
    pub platform: String,
}

/// A version of the Engine API, such as `1.44`.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct ApiVersion {
    major: u32,
    minor: u32,
}

/// Why a text is no API version.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct NotAnApiVersion(String);

impl Engine {
    /// Reads the body of `GET /version`; `None` if no Engine has written it.
    pub(crate) fn read(body: &[u8]) -> Option<Self> {
        let said: Said = serde_json::from_slice(body).ok()?;
        let _known: ApiVersion = said.api_version.parse().ok()?;
        Some(Self {
            version: printable(&said.version),
            api_version: said.api_version,
            min_api_version: printable(&said.min_api_version),
            os: printable(&said.os),
            arch: printable(&said.arch),
            platform: printable(&said.platform.name),
        })
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Said {
    #[serde(default)]
    version: String,
    api_version: String,
    #[serde(default, rename = "MinAPIVersion")]
    min_api_version: String,
    #[serde(default)]
    os: String,
    #[serde(default)]
    arch: String,
    #[serde(default)]
    platform: Platform,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Platform {
    name: String,
}

impl FromStr for ApiVersion {
    type Err = NotAnApiVersion;

    fn from_str(text: &str) -> Result<Self, NotAnApiVersion> {
        let number = |text: &str| {
            let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
            digits.then(|| text.parse().ok()).flatten()
        };
        text.split_once('.')
            .and_then(|(major, minor)| Some(Self { major: number(major)?, minor: number(minor)? }))
            .ok_or_else(|| NotAnApiVersion(text.into()))
    }
}

impl fmt::Display for ApiVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

impl fmt::Display for NotAnApiVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` is not an API version (write 1.44)", self.0)
    }
}

impl std::error::Error for NotAnApiVersion {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_compared_as_numbers() {
        let version = |text: &str| text.parse::<ApiVersion>().unwrap();
        assert!(version("1.9") < version("1.24"));
        assert!(version("1.51") < version("2.0"));
        for text in ["", "1", "1.", "v1.44", "1.+4", "1.4.4", "1.99999999999"] {
            assert!(text.parse::<ApiVersion>().is_err(), "{text}");
        }
    }

    #[test]
    fn what_is_not_said_is_empty_and_other_json_is_no_engine() {
        let engine = Engine::read(br#"{"ApiVersion":"1.41","Version":"4.3.1"}"#).unwrap();
        assert_eq!((engine.version.as_str(), engine.os.as_str()), ("4.3.1", ""));
        for body in [
            &b"OK"[..],
            b"{}",
            b"[]",
            br#"{"Version":"1"}"#,
            br#"{"ApiVersion":1.41}"#,
            br#"{"ApiVersion":"one"}"#,
            b"{\"ApiVersion\":\"1.4\xff\"}",
        ] {
            assert_eq!(Engine::read(body), None, "{}", String::from_utf8_lossy(body));
        }
    }
}
