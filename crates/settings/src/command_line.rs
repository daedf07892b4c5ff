//! What was typed: words, then clap, then either text to print or a command to run.

use std::ffi::OsString;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Command, FromArgMatches};
use clap_complete::Shell;

use crate::{Failure, Program};

/// A command line that was read.
#[derive(Debug)]
pub enum Typed<T> {
    /// Text was asked for: help, the version, completions.
    Print(String),
    /// Something is to be done.
    Run(T),
}

/// The words behind the program's name. `later` says what there is to say of a flag of a later
/// version.
///
/// # Errors
/// When one isn't text, or is a flag of a later version.
pub fn words(
    typed: impl IntoIterator<Item = OsString>,
    later: impl Fn(&str) -> Option<String>,
) -> Result<Vec<String>, Failure> {
    let words = typed
        .into_iter()
        .skip(1)
        .map(|word| word.into_string().map_err(|word| not_text(&word)))
        .collect::<Result<Vec<_>, _>>()?;
    let flags = words.iter().take_while(|word| *word != "--").filter(|word| word.len() > 2);
    match flags.into_iter().find_map(|word| later(word)) {
        Some(told) => Err(bad(&told)),
        None => Ok(words),
    }
}

/// Has clap read the words for the program called `name`. `hint` may say more of a word that is no
/// flag.
///
/// # Errors
/// clap's own, in one line.
pub fn parse<T: FromArgMatches>(
    name: &str,
    command: Command,
    words: Vec<String>,
    hint: impl Fn(&str) -> Option<String>,
) -> Result<Typed<T>, Failure> {
    let matched = command
        .try_get_matches_from(std::iter::once(name.to_owned()).chain(words))
        .and_then(|matches| T::from_arg_matches(&matches));
    match matched {
        Ok(args) => Ok(Typed::Run(args)),
        Err(error) => match error.kind() {
            ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
                Ok(Typed::Print(error.to_string()))
            }
            _ => Err(bad(&one_line(name, &error, hint))),
        },
    }
}

/// A script that completes the program's command line.
pub fn completions(program: &Program, mut command: Command, shell: Shell) -> String {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut command, program.name, &mut script);
    String::from_utf8_lossy(&script).into_owned()
}

/// The command line is at fault; `why` says what to write.
pub fn bad(why: &str) -> Failure {
    Failure::usage(format!("bad command line: {why}"))
}

fn not_text(word: &OsString) -> Failure {
    bad(&format!("{}: isn't valid UTF-8", word.display()))
}

/// clap's message and its tips, without the usage that stands below them.
fn one_line(name: &str, error: &clap::Error, hint: impl Fn(&str) -> Option<String>) -> String {
    let unknown = match error.kind() {
        ErrorKind::InvalidSubcommand => error.get(ContextKind::InvalidSubcommand),
        ErrorKind::UnknownArgument => error.get(ContextKind::InvalidArg),
        _ => None,
    };
    if let Some(ContextValue::String(word)) = unknown
        && let Some(told) = hint(word)
    {
        return told;
    }
    if let (ErrorKind::ArgumentConflict, Some(ContextValue::String(command))) =
        (error.kind(), error.get(ContextKind::InvalidSubcommand))
    {
        return format!("flags stand behind the command: write them behind `{command}`");
    }
    let text = error.to_string();
    let told = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let told: Vec<_> = told
        .take_while(|line| !line.starts_with("Usage:") && !line.starts_with("For more"))
        .filter(|line| !line.starts_with("tip: to pass"))
        .map(|line| line.trim_start_matches("error: "))
        .collect();
    let told = told.join("; ").replace(":; ", ": ");
    format!("{told} ({name} --help lists all flags)")
}
