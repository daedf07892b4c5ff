//! Why an Engine isn't healthy, in one line that says what to do.

use std::fmt;

use crate::State;

/// A state other than healthy, and a line for people.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Fault {
    /// Never [`State::Healthy`].
    pub state: State,
    /// One line: what is wrong, and what to do about it. It holds no control characters.
    pub message: String,
}

impl Fault {
    /// What others have said may be part of `message`; its control characters are replaced.
    pub fn new(state: State, message: impl AsRef<str>) -> Self {
        Self { state, message: printable(message.as_ref()) }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

/// A text from elsewhere, safe for a terminal: at most 300 characters, and none that controls.
pub(crate) fn printable(text: &str) -> String {
    let text = text.trim();
    let mut shown: String = text.chars().take(LONGEST).map(visible).collect();
    if text.chars().nth(LONGEST).is_some() {
        shown.push('…');
    }
    shown
}

/// Bidirectional controls count too: they would reorder what is printed around them.
fn visible(c: char) -> char {
    let reorders =
        matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    match c {
        '\n' | '\t' | '\r' => ' ',
        c if c.is_control() || reorders => '\u{fffd}',
        c => c,
    }
}

const LONGEST: usize = 300;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_others_say_cannot_drive_a_terminal() {
        assert_eq!(printable("a\x1b[31mb\nc\u{202e}d"), "a\u{fffd}[31mb c\u{fffd}d");
        assert_eq!(printable(&"x".repeat(1000)).chars().count(), LONGEST + 1);
    }
}
