//! A command, or `sh -c` with a command and what a health check has around it.

use super::command::Command;
use super::grep::Grep;
use super::lexer::{Output, Redirect, Token, tokens};
use super::outcome::{Outcome, Refusal};
use super::own::Own;

/// `COMMAND [| grep …] [|| exit N]`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Script {
    command: Command,
    outputs: Outputs,
    grep: Option<(Grep, Outputs)>,
    /// What a failure exits with, if not with its own code.
    otherwise: Option<u8>,
}

impl Script {
    /// Reads the words behind the name by which the program was started.
    ///
    /// # Errors
    /// Everything that no health check needs.
    pub(super) fn read(
        name: &str,
        words: Vec<Result<String, impl Sized>>,
    ) -> Result<Self, Refusal> {
        let words: Result<Vec<_>, _> = words.into_iter().collect();
        let words = words.map_err(|_| Refusal::new("a word isn't valid UTF-8"))?;
        match (name, &words[..]) {
            ("sh", [flag, line]) if flag == "-c" => Self::from_line(line),
            ("sh", _) => Err(Refusal::new("this image has no shell")),
            _ => {
                let command = Command::read(name, &words)?;
                let outputs = Outputs::default();
                Ok(Self { command, outputs, grep: None, otherwise: None })
            }
        }
    }

    fn from_line(line: &str) -> Result<Self, Refusal> {
        let mut rest = tokens(line)?.into_iter();
        let first = Simple::read(&mut rest)?;
        let (name, words) =
            first.words.split_first().ok_or_else(|| Refusal::new("there is no command"))?;
        let command = Command::read(name, words)?;
        let mut script = Self { command, outputs: first.outputs, grep: None, otherwise: None };
        let mut end = first.end;
        if end == Some(Token::Pipe) {
            let filter = Simple::read(&mut rest)?;
            script.grep = match filter.words.split_first() {
                Some((name, words)) if name == "grep" => Some((Grep::read(words)?, filter.outputs)),
                _ => return Err(Refusal::new("a pipe to anything but `grep` is not taken here")),
            };
            end = filter.end;
        }
        if end == Some(Token::Or) {
            let last = Simple::read(&mut rest)?;
            script.otherwise = Some(last.exit()?);
            end = last.end;
        }
        match end {
            None => Ok(script),
            Some(_) => Err(Refusal::new("more behind that is not taken here")),
        }
    }

    /// Makes the request or the connection.
    ///
    /// # Errors
    /// When it would leave the container.
    pub(super) fn run(&self, own: &Own) -> Result<Outcome, Refusal> {
        Ok(self.finish(self.command.run(own)?))
    }

    /// What is made of a command's outcome.
    fn finish(&self, of_command: Outcome) -> Outcome {
        let mut outcome = self.outputs.direct(of_command);
        if let Some((grep, outputs)) = &self.grep {
            let mut found = outputs.direct(grep.search(&outcome.out));
            // The command's own errors don't go through the pipe.
            found.err.splice(0..0, outcome.err);
            outcome = found;
        }
        match self.otherwise {
            Some(code) if outcome.code != 0 => Outcome { code, ..outcome },
            _ => outcome,
        }
    }
}

/// Words and redirections up to the next operator.
struct Simple {
    words: Vec<String>,
    outputs: Outputs,
    end: Option<Token>,
}

impl Simple {
    fn read(tokens: &mut impl Iterator<Item = Token>) -> Result<Self, Refusal> {
        let mut simple = Self { words: Vec::new(), outputs: Outputs::default(), end: None };
        for token in tokens {
            match token {
                Token::Word(word) => simple.words.push(word),
                Token::Redirect(redirect) => simple.outputs.redirect(redirect),
                operator @ (Token::Or | Token::Pipe) => {
                    simple.end = Some(operator);
                    break;
                }
            }
        }
        if simple.words.is_empty() {
            return Err(Refusal::new("there is no command"));
        }
        Ok(simple)
    }

    /// `exit N` or `false`: its code.
    fn exit(&self) -> Result<u8, Refusal> {
        let words: Vec<_> = self.words.iter().map(String::as_str).collect();
        match words[..] {
            ["false"] => Some(1),
            ["exit", code] => code.parse().ok(),
            _ => None,
        }
        .ok_or_else(|| Refusal::new(format!("`|| {}` is not taken here", words.join(" "))))
    }
}

/// Where a command's two outputs go; `None` is nowhere.
#[derive(Clone, Debug, Eq, PartialEq)]
struct Outputs {
    standard: Option<Output>,
    error: Option<Output>,
}

impl Default for Outputs {
    fn default() -> Self {
        Self { standard: Some(Output::Standard), error: Some(Output::Error) }
    }
}

impl Outputs {
    /// From left to right, as a shell does: `2>&1 >/dev/null` isn't `>/dev/null 2>&1`.
    fn redirect(&mut self, redirect: Redirect) {
        let to = match redirect.to {
            Some(Output::Standard) => self.standard,
            Some(Output::Error) => self.error,
            None => None,
        };
        match redirect.from {
            Output::Standard => self.standard = to,
            Output::Error => self.error = to,
        }
    }

    fn direct(&self, from: Outcome) -> Outcome {
        let mut outcome = Outcome { code: from.code, ..Outcome::default() };
        for (to, bytes) in [(self.error, from.err), (self.standard, from.out)] {
            match to {
                Some(Output::Standard) => outcome.out.extend(bytes),
                Some(Output::Error) => outcome.err.extend(bytes),
                None => {}
            }
        }
        outcome
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn sh(line: &str) -> Result<Script, Refusal> {
        let words = ["-c", line].map(|word| Ok::<_, ()>(word.to_owned()));
        Script::read("sh", words.into())
    }

    fn finish(line: &str, code: u8, out: &str, err: &str) -> (u8, String, String) {
        let of_command = Outcome { code, out: out.into(), err: err.into() };
        let Outcome { code, out, err } = sh(line).unwrap().finish(of_command);
        (code, String::from_utf8(out).unwrap(), String::from_utf8(err).unwrap())
    }

    fn expected(code: u8, out: &str, err: &str) -> (u8, String, String) {
        (code, out.into(), err.into())
    }

    const WGET: &str = "wget -qO- http://localhost:2375/_ping";

    #[test]
    fn a_failure_exits_as_the_line_says_and_success_with_0() {
        for (end, failed) in [
            ("", 8),
            (" || exit 1", 1),
            ("||exit 3", 3),
            (" || exit 0", 0),
            (" || false", 1),
            (" ||\n exit 255", 255),
        ] {
            let line = format!("{WGET}{end}");
            assert_eq!(finish(&line, 0, "OK", "").0, 0, "{line}");
            assert_eq!(finish(&line, 8, "", "").0, failed, "{line}");
        }
    }

    #[test]
    fn redirections_go_from_left_to_right() {
        for (end, out, err) in [
            ("", "o", "e"),
            (" >/dev/null", "", "e"),
            (" > /dev/null 2>&1", "", ""),
            (" 2>/dev/null", "o", ""),
            (" 2>&1", "eo", ""),
            (" 2>&1 >/dev/null", "e", ""),
            (" 1>&2", "", "eo"),
        ] {
            let line = format!("{WGET}{end} || exit 1");
            assert_eq!(finish(&line, 8, "o", "e"), expected(1, out, err), "{line}");
        }
    }

    #[test]
    fn the_exit_code_behind_a_pipe_is_greps() {
        let line = format!("{WGET} | grep -q OK");
        assert_eq!(finish(&line, 8, "OK\n", "e"), expected(0, "", "e"));
        assert_eq!(finish(&line, 0, "no", ""), expected(1, "", ""));
        let line = format!("{WGET} 2>/dev/null | grep OK >/dev/null || exit 4");
        assert_eq!(finish(&line, 0, "no", "e"), expected(4, "", ""));
        assert_eq!(finish(&line, 0, "OK", "e"), expected(0, "", ""));
        let line = format!("{WGET} 2>&1 | grep -i refused");
        assert_eq!(finish(&line, 1, "", "Refused"), expected(0, "Refused\n", ""));
    }

    #[test]
    fn a_command_may_be_named_by_its_path() {
        assert_eq!(sh("/usr/bin/wget -q --spider localhost"), sh("wget -q --spider localhost"));
    }

    #[test]
    fn whatever_else_a_line_may_be_is_refused() {
        for line in [
            "",
            "  ",
            "ls",
            "exit 0",
            "true",
            "|| exit 1",
            "X=y wget -q --spider localhost",
            "! wget -q --spider localhost",
            "exec wget -q --spider localhost",
            "sh -c 'wget -q --spider localhost'",
            "wget -q --spider localhost || exit",
            "wget -q --spider localhost || exit 256",
            "wget -q --spider localhost || exit 1 2",
            "wget -q --spider localhost || true",
            "wget -q --spider localhost || kill 1",
            "wget -q --spider localhost || exit 1 || exit 2",
            "wget -q --spider localhost || exit 1 | grep x",
            "wget -q --spider localhost | cat",
            "wget -q --spider localhost | grep x | grep y",
            "wget -q --spider localhost |",
            "wget -q --spider localhost ||",
            "wget -q --spider localhost > /tmp/x",
        ] {
            assert!(sh(line).is_err(), "{line}");
        }
        for words in [&[][..], &["-c"], &["-ec", WGET], &["-c", WGET, "x"], &["script"]] {
            let words = words.iter().map(|&word| Ok::<_, ()>(word.to_owned())).collect();
            assert!(Script::read("sh", words).is_err());
        }
    }

    proptest! {
        #[test]
        fn only_the_commands_of_health_checks_are_ever_taken(line in "[a-z]{1,6}( [a-z0-9:/.|>-]{1,8}){0,3}") {
            if sh(&line).is_ok() {
                let first = line.split(' ').next().unwrap_or_default();
                prop_assert!(["curl", "nc", "wget"].contains(&first), "{line}");
            }
        }
    }
}
