//! What a command leaves behind.

use std::fmt::Display;
use std::io::{self, Write as _};

/// An exit code, and what was printed.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(super) struct Outcome {
    pub(super) code: u8,
    /// For standard output.
    pub(super) out: Vec<u8>,
    /// For standard error.
    pub(super) err: Vec<u8>,
}

impl Outcome {
    /// A failure with one line on standard error.
    pub(super) fn failed(code: u8, line: &str) -> Self {
        Self { code, err: format!("{}\n", escape_control(line)).into_bytes(), out: Vec::new() }
    }

    /// Prints what there is. Whoever started us may not listen; the code still says it.
    pub(super) fn print(&self) {
        let _closed: io::Result<()> = io::stdout().write_all(&self.out);
        let _closed: io::Result<()> = io::stderr().write_all(&self.err);
    }
}

/// Why a command line isn't taken, or what it asks for isn't done.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{0}")]
pub(super) struct Refusal(String);

impl Refusal {
    /// `why` is a fragment that names the words at fault.
    pub(super) fn new(why: impl Into<String>) -> Self {
        Self(why.into())
    }

    /// A word that is not among those that are taken.
    pub(super) fn word(word: impl Display) -> Self {
        Self(format!("`{word}` is not taken here"))
    }
}

/// One line, whatever was in it.
fn escape_control(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    for character in text.chars() {
        if character.is_control() {
            line.extend(character.escape_default());
        } else {
            line.push(character);
        }
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_is_one_line_whatever_words_it_names() {
        let outcome = Outcome::failed(1, "sh: `a\nb\u{1b}[0m` is not taken here");
        assert_eq!(
            String::from_utf8(outcome.err).unwrap(),
            "sh: `a\\nb\\u{1b}[0m` is not taken here\n"
        );
    }
}
