//! A shell's line in words and operators, as POSIX 2.3 (Token Recognition) has them.
//!
//! Whatever would make a shell do more than start a command is refused: expansions,
//! substitutions, lists, subshells, files.

use std::iter::Peekable;
use std::str::Chars;

use super::outcome::Refusal;

/// A part of a line.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Token {
    /// Without its quotes.
    Word(String),
    Redirect(Redirect),
    Pipe,
    Or,
}

/// `1>/dev/null`, `2>&1`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Redirect {
    pub(super) from: Output,
    /// `None` is `/dev/null`.
    pub(super) to: Option<Output>,
}

/// One of a command's two outputs.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Output {
    Standard,
    Error,
}

/// Takes a line apart.
///
/// # Errors
/// What a health check doesn't need, by the characters that begin it.
pub(super) fn tokens(line: &str) -> Result<Vec<Token>, Refusal> {
    let mut lexer = Lexer { rest: line.trim().chars().peekable(), tokens: Vec::new() };
    while let Some(&next) = lexer.rest.peek() {
        lexer.token(next)?;
    }
    Ok(lexer.tokens)
}

struct Lexer<'a> {
    rest: Peekable<Chars<'a>>,
    tokens: Vec<Token>,
}

impl Lexer<'_> {
    fn token(&mut self, next: char) -> Result<(), Refusal> {
        match next {
            ' ' | '\t' => self.skip(),
            // A line goes on behind an operator.
            '\n' if matches!(self.tokens.last(), Some(Token::Pipe | Token::Or)) => self.skip(),
            '\n' => return Err(Refusal::new("a second line is not taken here")),
            '|' => {
                self.skip();
                let or = self.rest.next_if_eq(&'|').is_some();
                self.tokens.push(if or { Token::Or } else { Token::Pipe });
            }
            '>' => self.redirect(Output::Standard)?,
            '#' | '~' => return Err(Refusal::word(next)),
            _ => self.word()?,
        }
        Ok(())
    }

    fn word(&mut self) -> Result<(), Refusal> {
        let mut word = String::new();
        let mut plain = true;
        let mut begun = false;
        while let Some(&next) = self.rest.peek() {
            if matches!(next, ' ' | '\t' | '\n' | '|') {
                break;
            }
            if next == '>' {
                let from = match word.as_str() {
                    "1" if plain => Output::Standard,
                    "2" if plain => Output::Error,
                    _ => break,
                };
                return self.redirect(from);
            }
            self.skip();
            match next {
                '\'' => (plain, begun) = (false, self.single_quoted(&mut word)?),
                '"' => (plain, begun) = (false, self.double_quoted(&mut word)?),
                '\\' => match self.rest.next() {
                    Some('\n') => {}
                    Some(escaped) => {
                        word.push(escaped);
                        (plain, begun) = (false, true);
                    }
                    None => return Err(Refusal::word('\\')),
                },
                '$' | '`' | ';' | '&' | '<' | '(' | ')' => return Err(Refusal::word(next)),
                _ => {
                    word.push(next);
                    begun = true;
                }
            }
        }
        if begun {
            self.tokens.push(Token::Word(word));
        }
        Ok(())
    }

    /// Behind the opening quote. True, since it begins a word even if it is empty.
    fn single_quoted(&mut self, word: &mut String) -> Result<bool, Refusal> {
        loop {
            match self.rest.next() {
                Some('\'') => return Ok(true),
                Some(character) => word.push(character),
                None => return Err(Refusal::new("a `'` is never closed")),
            }
        }
    }

    /// The same, where a backslash and what expands have their meaning.
    fn double_quoted(&mut self, word: &mut String) -> Result<bool, Refusal> {
        loop {
            match self.rest.next() {
                Some('"') => return Ok(true),
                Some(expands @ ('$' | '`')) => return Err(Refusal::word(expands)),
                Some('\\') => match self.rest.next() {
                    Some('\n') => {}
                    Some(escaped @ ('$' | '`' | '"' | '\\')) => word.push(escaped),
                    Some(other) => word.extend(['\\', other]),
                    None => return Err(Refusal::new("a `\"` is never closed")),
                },
                Some(character) => word.push(character),
                None => return Err(Refusal::new("a `\"` is never closed")),
            }
        }
    }

    fn redirect(&mut self, from: Output) -> Result<(), Refusal> {
        self.skip();
        let to_output = self.rest.next_if_eq(&'&').is_some();
        while !to_output && self.rest.next_if(|next| matches!(next, ' ' | '\t')).is_some() {}
        let ends = |next: &char| matches!(next, ' ' | '\t' | '\n' | '|' | '>');
        let mut target = String::new();
        while let Some(character) = self.rest.next_if(|next| !ends(next)) {
            target.push(character);
        }
        let to = match (to_output, target.as_str()) {
            (true, "1") => Some(Output::Standard),
            (true, "2") => Some(Output::Error),
            (false, "/dev/null") => None,
            _ => {
                let and = if to_output { "&" } else { "" };
                return Err(Refusal::word(format!(">{and}{target}")));
            }
        };
        self.tokens.push(Token::Redirect(Redirect { from, to }));
        Ok(())
    }

    fn skip(&mut self) {
        self.rest.next();
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn words(line: &str) -> Vec<String> {
        let words = tokens(line).unwrap().into_iter().map(|token| match token {
            Token::Word(word) => word,
            other => panic!("{line}: {other:?}"),
        });
        words.collect()
    }

    #[test]
    fn words_are_parted_by_blanks_and_lose_their_quotes() {
        for (line, expected) in [
            ("  wget -q\t--spider \n", &["wget", "-q", "--spider"][..]),
            (r#"curl -w "%{http_code}" 'a b'"#, &["curl", "-w", "%{http_code}", "a b"]),
            (r#"a"b"'c'd "" ''"#, &["abcd", "", ""]),
            (r#"\"a\" "\"b\\\n" '\'"#, &["\"a\"", "\"b\\\\n", "\\"]),
            ("a \\\n b\\\nc", &["a", "bc"]),
            ("http://[::1]:2375/a?b=*#c", &["http://[::1]:2375/a?b=*#c"]),
            ("\"2\" 'a;b&c' \"(|>)\"", &["2", "a;b&c", "(|>)"]),
        ] {
            assert_eq!(words(line), expected, "{line}");
        }
    }

    #[test]
    fn operators_need_no_blanks_around_them() {
        let null = |from| Token::Redirect(Redirect { from, to: None });
        let both = Token::Redirect(Redirect { from: Output::Error, to: Some(Output::Standard) });
        let word = |text: &str| Token::Word(text.into());
        for line in [
            "a>/dev/null 2>&1||b|c",
            "a > /dev/null 2>&1 || b | c",
            "a 1>\t/dev/null 2>&1||\nb|\nc",
        ] {
            let expected = [
                word("a"),
                null(Output::Standard),
                both.clone(),
                Token::Or,
                word("b"),
                Token::Pipe,
                word("c"),
            ];
            assert_eq!(tokens(line).unwrap(), expected, "{line}");
        }
        assert_eq!(tokens("a2>/dev/null").unwrap(), [word("a2"), null(Output::Standard)]);
        assert_eq!(tokens("'2'>/dev/null").unwrap(), [word("2"), null(Output::Standard)]);
        assert_eq!(tokens("a 2>/dev/null").unwrap(), [word("a"), null(Output::Error)]);
    }

    #[test]
    fn whatever_else_a_shell_would_do_is_refused() {
        for line in [
            "a; b",
            "a & b",
            "a && b",
            "a < b",
            "(a)",
            "a $B",
            "a `b`",
            "a \"$B\"",
            "a \"`b`\"",
            "a >b",
            "a >> /dev/null",
            "a >/dev/nullx",
            "a >/dev/null;b",
            "a 2>&3",
            "a 2>&1;b",
            "a &>/dev/null",
            "a >|/dev/null",
            "a >",
            "a\nb",
            "# a",
            "~/a",
            "'a",
            "\"a",
            "\"a\\",
            "a\\",
        ] {
            assert!(tokens(line).is_err(), "{line}");
        }
    }

    proptest! {
        #[test]
        fn a_quoted_word_is_read_back_whatever_is_in_it(parts in prop::collection::vec(".*", 1..4)) {
            let single = |part: &String| format!("'{}'", part.replace('\'', r"'\''"));
            let line = parts.iter().map(single).collect::<Vec<_>>().join(" ");
            prop_assert_eq!(words(&line), parts);
        }

        #[test]
        fn any_line_is_read_or_refused(line in "[a-c12'\"\\\\ |>&$;\n/devnul]{0,30}") {
            let _either = tokens(&line);
        }
    }
}
