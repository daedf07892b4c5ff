//! Flags and operands, as getopt(3) reads them: in any order, short ones in clusters.

use std::slice;
use std::time::Duration;

use super::outcome::Refusal;

/// A flag that a command takes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Flag {
    /// With their dashes. The first one stands for all of them.
    names: &'static [&'static str],
    valued: bool,
}

impl Flag {
    /// One that is there or not.
    pub(super) const fn switch(names: &'static [&'static str]) -> Self {
        Self { names, valued: false }
    }

    /// One that has a value.
    pub(super) const fn valued(names: &'static [&'static str]) -> Self {
        Self { names, valued: true }
    }
}

/// What was given.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(super) struct Given {
    /// The first name of each flag, and its value; empty for a switch.
    pub(super) flags: Vec<(&'static str, String)>,
    pub(super) operands: Vec<String>,
}

impl Given {
    /// Reads the words behind a command's name.
    ///
    /// # Errors
    /// A flag that isn't among `known`, or has no value where it needs one, or has one too many.
    pub(super) fn read(known: &[Flag], words: &[String]) -> Result<Self, Refusal> {
        let mut given = Self::default();
        let mut words = words.iter();
        while let Some(word) = words.next() {
            if word == "--" {
                given.operands.extend(words.by_ref().cloned());
            } else if word == "-" || !word.starts_with('-') {
                given.operands.push(word.clone());
            } else {
                given.flags(known, word, &mut words)?;
            }
        }
        Ok(given)
    }

    /// The value of a flag by its first name; the last one counts.
    pub(super) fn value(&self, name: &str) -> Option<&str> {
        let mut flags = self.flags.iter().rev();
        flags.find(|(one, _)| *one == name).map(|(_, value)| value.as_str())
    }

    /// Whether a switch is there, by its first name.
    pub(super) fn has(&self, name: &str) -> bool {
        self.value(name).is_some()
    }

    /// The one operand of a command that takes no other.
    pub(super) fn operand(&self, what: &str) -> Result<&str, Refusal> {
        match &self.operands[..] {
            [one] => Ok(one),
            [] => Err(Refusal::new(format!("there is no {what}"))),
            [_, more, ..] => Err(Refusal::new(format!("`{more}` is one {what} too many"))),
        }
    }

    /// A flag's value in seconds; 0, which means no limit to the originals, is [`LIMIT`] too.
    pub(super) fn limit(&self, name: &str) -> Result<Duration, Refusal> {
        let Some(text) = self.value(name) else { return Ok(LIMIT) };
        let seconds = text.parse().ok().and_then(|number| Duration::try_from_secs_f64(number).ok());
        match seconds {
            Some(Duration::ZERO) => Ok(LIMIT),
            Some(limit) => Ok(limit),
            None => Err(Refusal::new(format!("`{text}` is no number of seconds"))),
        }
    }

    /// A word that begins with a dash: one flag, or a cluster of short ones.
    fn flags(
        &mut self,
        known: &[Flag],
        word: &str,
        more: &mut slice::Iter<'_, String>,
    ) -> Result<(), Refusal> {
        let find = |name: &str| known.iter().find(|flag| flag.names.contains(&name));
        let lacking = |name: &str| Refusal::new(format!("`{name}` has no value"));
        if let Some(flag) = find(word) {
            let value = if flag.valued { more.next().ok_or_else(|| lacking(word))? } else { "" };
            self.flags.push((flag.names[0], value.to_owned()));
            return Ok(());
        }
        if word.starts_with("--") {
            let valued = word.split_once('=').and_then(|(name, value)| Some((find(name)?, value)));
            let (flag, value) =
                valued.filter(|(flag, _)| flag.valued).ok_or_else(|| Refusal::word(word))?;
            self.flags.push((flag.names[0], value.to_owned()));
            return Ok(());
        }
        for (at, letter) in word.char_indices().skip(1) {
            let flag = find(&format!("-{letter}")).ok_or_else(|| Refusal::word(word))?;
            if !flag.valued {
                self.flags.push((flag.names[0], String::new()));
                continue;
            }
            let value = match &word[at + letter.len_utf8()..] {
                "" => more.next().ok_or_else(|| lacking(word))?,
                rest => rest,
            };
            self.flags.push((flag.names[0], value.to_owned()));
            break;
        }
        Ok(())
    }
}

/// Docker's own limit for a health check that names none.
pub(super) const LIMIT: Duration = Duration::from_secs(30);

#[cfg(test)]
mod tests {
    use super::*;

    const KNOWN: [Flag; 4] = [
        Flag::switch(&["-q", "--quiet"]),
        Flag::switch(&["-nv", "--no-verbose"]),
        Flag::valued(&["-O", "--output-document"]),
        Flag::valued(&["-T", "--timeout"]),
    ];

    fn read(words: &str) -> Result<Given, Refusal> {
        let words: Vec<_> = words.split(' ').map(str::to_owned).collect();
        Given::read(&KNOWN, &words)
    }

    #[test]
    fn flags_are_read_in_all_their_forms_and_in_any_order() {
        for words in [
            "-q -O - -T 5 url",
            "-qO- -T5 url",
            "url -qO - --timeout=5",
            "--quiet url --output-document - --timeout 5",
            "-q -O - -T 5 -- url",
        ] {
            let given = read(words).unwrap();
            assert!(given.has("-q") && !given.has("-nv"), "{words}");
            assert_eq!(given.value("-O"), Some("-"), "{words}");
            assert_eq!(given.limit("-T"), Ok(Duration::from_secs(5)), "{words}");
            assert_eq!(given.operand("URL"), Ok("url"), "{words}");
        }
        assert!(read("-nv url").unwrap().has("-nv"));
    }

    #[test]
    fn what_is_not_known_or_not_complete_is_refused_by_its_own_words() {
        for (words, why) in [
            ("-x", "`-x` is not taken here"),
            ("-qx", "`-qx` is not taken here"),
            ("--quiet=yes", "`--quiet=yes` is not taken here"),
            ("--post-data=x", "`--post-data=x` is not taken here"),
            ("-O", "`-O` has no value"),
            ("-qO", "`-qO` has no value"),
            ("--timeout", "`--timeout` has no value"),
        ] {
            assert_eq!(read(words).unwrap_err().to_string(), why);
        }
        assert_eq!(
            read("a b").unwrap().operand("URL").unwrap_err().to_string(),
            "`b` is one URL too many"
        );
    }

    #[test]
    fn a_limit_is_a_number_of_seconds_and_none_is_dockers() {
        for (text, limit) in [("5", 5000), ("0.5", 500), ("0", 30_000)] {
            let given = read(&format!("-T {text}")).unwrap();
            assert_eq!(given.limit("-T"), Ok(Duration::from_millis(limit)), "{text}");
        }
        assert_eq!(read("-q").unwrap().limit("-T"), Ok(LIMIT));
        for text in ["5s", "-1", "inf", "nan", ""] {
            assert!(read(&format!("-T {text}")).unwrap().limit("-T").is_err(), "{text}");
        }
    }
}
