//! `grep [-q] [-e] [-i] [-F] [-E] WORD`: whether a line has the word.

use super::options::{Flag, Given};
use super::outcome::{Outcome, Refusal};

/// A search through lines.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Grep {
    quiet: bool,
    ignore_case: bool,
    /// Bytes; `None` is any one.
    word: Vec<Option<u8>>,
}

impl Grep {
    /// Reads the words behind `grep`.
    ///
    /// # Errors
    /// Other flags than those above, files, and what is more than a word: of regular expressions
    /// only the dot is known.
    pub(super) fn read(words: &[String]) -> Result<Self, Refusal> {
        let given = Given::read(&FLAGS, words)?;
        let word = match (given.value("-e"), &given.operands[..]) {
            (Some(word), []) => word,
            (None, [word]) => word,
            (Some(_), [more, ..]) | (None, [_, more, ..]) => return Err(Refusal::word(more)),
            (None, []) => return Err(Refusal::new("there is no word for `grep`")),
        };
        let fixed = given.has("-F");
        let special = match (fixed, given.has("-E")) {
            (true, _) => "\n",
            (false, true) => "\n\\[*^$+?(){}|",
            (false, false) => "\n\\[*^$",
        };
        let words = given.flags.iter().filter(|(name, _)| *name == "-e").count();
        if words > 1 || word.contains(|c: char| special.contains(c)) {
            return Err(Refusal::new(format!("`{word}` is more than a word for `grep`")));
        }
        let word = word.bytes().map(|byte| (fixed || byte != b'.').then_some(byte)).collect();
        Ok(Self { quiet: given.has("-q"), ignore_case: given.has("-i"), word })
    }

    /// 0 if a line has it, else 1; the lines that have it are printed.
    pub(super) fn search(&self, text: &[u8]) -> Outcome {
        let mut outcome = Outcome { code: 1, ..Outcome::default() };
        for line in text.split_inclusive(|&byte| byte == b'\n') {
            let line = line.strip_suffix(b"\n").unwrap_or(line);
            if !self.is_in(line) {
                continue;
            }
            outcome.code = 0;
            if !self.quiet {
                outcome.out.extend_from_slice(line);
                outcome.out.push(b'\n');
            }
        }
        outcome
    }

    fn is_in(&self, line: &[u8]) -> bool {
        let same = |(byte, wanted): (&u8, &Option<u8>)| match wanted {
            None => true,
            Some(wanted) if self.ignore_case => byte.eq_ignore_ascii_case(wanted),
            Some(wanted) => byte == wanted,
        };
        // An empty word is in every line.
        self.word.is_empty()
            || line.windows(self.word.len()).any(|part| part.iter().zip(&self.word).all(same))
    }
}

const FLAGS: [Flag; 5] = [
    Flag::switch(&["-q"]),
    Flag::switch(&["-i"]),
    Flag::switch(&["-F"]),
    Flag::switch(&["-E"]),
    Flag::valued(&["-e"]),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn grep(words: &str) -> Result<Grep, Refusal> {
        Grep::read(&words.split(' ').map(str::to_owned).collect::<Vec<_>>())
    }

    #[test]
    fn a_word_is_found_in_a_line_and_the_line_is_printed() {
        let text = b"HTTP/1.1 200 OK\r\nServer: Docker/28\r\n\r\nok";
        for (words, code, out) in [
            ("OK", 0, "HTTP/1.1 200 OK\r\n"),
            ("-q OK", 0, ""),
            ("-qi docker", 0, ""),
            ("-i -e ok", 0, "HTTP/1.1 200 OK\r\nok\n"),
            ("-F 1.1", 0, "HTTP/1.1 200 OK\r\n"),
            ("-F 1.2", 1, ""),
            ("-E 9.2", 1, ""),
            ("-E 1.2", 0, "HTTP/1.1 200 OK\r\n"),
            ("P/1.1", 0, "HTTP/1.1 200 OK\r\n"),
            ("P.1.1", 0, "HTTP/1.1 200 OK\r\n"),
            ("docker", 1, ""),
            ("-F P.1", 1, ""),
        ] {
            let outcome = grep(words).unwrap().search(text);
            assert_eq!(outcome.code, code, "{words}");
            assert_eq!(String::from_utf8(outcome.out).unwrap(), out, "{words}");
        }
    }

    #[test]
    fn nothing_has_no_lines() {
        assert_eq!(grep("-e ").unwrap().search(b"").code, 1);
        assert_eq!(grep("-e ").unwrap().search(b"\n").code, 0);
    }

    #[test]
    fn expressions_files_and_other_flags_are_refused() {
        for words in ["^OK", "-E a|b", "-v OK", "OK file", "-e OK file", "-q", "-e a -e b", "a\nb"]
        {
            assert!(grep(words).is_err(), "{words}");
        }
        assert!(grep("a|b").is_ok(), "a bar is a bar without -E");
    }
}
