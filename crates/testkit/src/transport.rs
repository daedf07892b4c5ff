//! What the bridges of the tests are reached by: one suite, run once for each.

use std::env;
use std::fmt;
use std::str::FromStr;

use crate::tls::Version;

/// How clients reach a bridge, and so which program it is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Transport {
    /// `bridge`, without TLS.
    Tcp,
    /// `bridge-tls`, whose clients speak this version.
    ///
    /// Programs such as docker choose their version themselves: 1.3.
    Tls(Version),
}

impl Transport {
    /// The one that `TESTKIT_TRANSPORT` names: `tcp`, which is the default, `tls1.3` or `tls1.2`.
    pub fn from_environment() -> Self {
        match env::var("TESTKIT_TRANSPORT") {
            Ok(text) if !text.is_empty() => {
                text.parse().unwrap_or_else(|why| panic!("TESTKIT_TRANSPORT: {why}"))
            }
            _ => Self::Tcp,
        }
    }

    /// The bridge that serves it.
    pub(crate) fn program(self) -> &'static str {
        match self {
            Self::Tcp => "bridge",
            Self::Tls(_) => "bridge-tls",
        }
    }

    /// Whether it has TLS.
    pub fn is_tls(self) -> bool {
        matches!(self, Self::Tls(_))
    }
}

impl FromStr for Transport {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "tcp" => Ok(Self::Tcp),
            "tls1.2" => Ok(Self::Tls(Version::V1_2)),
            "tls1.3" => Ok(Self::Tls(Version::V1_3)),
            _ => Err(format!("`{text}` is no transport (write tcp, tls1.3 or tls1.2)")),
        }
    }
}

impl fmt::Display for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Tcp => "tcp",
            Self::Tls(Version::V1_2) => "tls1.2",
            Self::Tls(Version::V1_3) => "tls1.3",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_transport_is_called_what_it_is_parsed_from() {
        for text in ["tcp", "tls1.2", "tls1.3"] {
            assert_eq!(text.parse::<Transport>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn another_word_is_told_what_to_write_instead() {
        assert_eq!(
            "tls".parse::<Transport>().unwrap_err(),
            "`tls` is no transport (write tcp, tls1.3 or tls1.2)"
        );
    }
}
