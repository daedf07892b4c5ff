//! Who guards the bridges of the tests: one suite, run once open and once guarded.

use std::env;
use std::fmt;
use std::str::FromStr;

/// What clients of a bridge may do, where a test says nothing of it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Access {
    /// Everything: bytes are relayed.
    Open,
    /// Every operation but those that debug the Engine: each request is judged.
    Guarded,
}

impl Access {
    /// The one that `TESTKIT_ACCESS` names: `open`, which is the default, or `guarded`.
    pub fn from_environment() -> Self {
        match env::var("TESTKIT_ACCESS") {
            Ok(text) if !text.is_empty() => {
                text.parse().unwrap_or_else(|why| panic!("TESTKIT_ACCESS: {why}"))
            }
            _ => Self::Open,
        }
    }

    /// Whether requests are judged.
    pub fn is_guarded(self) -> bool {
        self == Self::Guarded
    }
}

impl FromStr for Access {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "open" => Ok(Self::Open),
            "guarded" => Ok(Self::Guarded),
            _ => Err(format!("`{text}` is no access (write open or guarded)")),
        }
    }
}

impl fmt::Display for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Open => "open",
            Self::Guarded => "guarded",
        })
    }
}

/// The role by which guarded bridges judge.
pub(crate) const ROLE: &str = "conformance";
/// The policy that has it.
pub(crate) const POLICY: &str = r#"[roles.conformance]
extends = ["full"]
deny = ["class:debug"]
# What the stand-in Engine has of its own, and what rude ones are asked for.
allow-paths = ["GET,POST /bulk", "GET /delay", "POST /x"]
"#;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_access_is_called_what_it_is_parsed_from() {
        for text in ["open", "guarded"] {
            assert_eq!(text.parse::<Access>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn another_word_is_told_what_to_write_instead() {
        assert_eq!(
            "full".parse::<Access>().unwrap_err(),
            "`full` is no access (write open or guarded)"
        );
    }
}
