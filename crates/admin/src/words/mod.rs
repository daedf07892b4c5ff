//! Old health checks: what a bridge does when it is started as `sh`, `wget`, `curl` or `nc`.
//!
//! Compose files bring their own health checks, and an image without a shell would stay unhealthy
//! for ever. Under these names a bridge makes the one request or connection that the check asks
//! for, to the container itself or to the Engine's socket and nowhere else, and exits as the
//! original would. It is no shell: what no health check needs is refused, with one line and 127,
//! the code of a command that isn't there.
//!
//! | module | what it is |
//! | --- | --- |
//! | `options`, `url`, `lexer` | the words of a command line, taken apart |
//! | `curl`, `nc`, `wget` | one command: what it asks for, and how it ends |
//! | `grep`, `script` | what a `sh -c` may have around it |
//! | `own` | what is the container itself, and which socket the Engine's |
//! | `http`, `deadline` | the doing: blocking, with one deadline over all of it |

mod command;
mod curl;
mod deadline;
mod grep;
mod http;
mod lexer;
mod nc;
mod options;
mod outcome;
mod own;
mod script;
mod url;
mod wget;

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use self::outcome::{Outcome, Refusal};
use self::own::Own;
use self::script::Script;

/// Does what an old health check asks for, if the name that the program was started by, the first
/// word of `typed`, is one of its words. Any other name is `None`: the program is itself.
///
/// `program` is its own name, for the line that says what to write instead. `engine` is asked only
/// by a check that names the Engine's socket: where it is, if not where it always is.
pub fn called(
    typed: impl IntoIterator<Item = OsString>,
    program: &str,
    engine: impl FnOnce() -> Option<PathBuf>,
) -> Option<ExitCode> {
    let mut typed = typed.into_iter();
    let name = Path::new(&typed.next()?).file_name()?.to_str()?.to_owned();
    if !NAMES.contains(&name.as_str()) {
        return None;
    }
    let words: Vec<_> = typed.map(OsString::into_string).collect();
    let outcome = Script::read(&name, words)
        .and_then(|script| script.run(&Own::new(engine())))
        .unwrap_or_else(|refusal| refused(&name, program, &refusal));
    outcome.print();
    Some(ExitCode::from(outcome.code))
}

/// The one line of a command that isn't there.
fn refused(name: &str, program: &str, refusal: &Refusal) -> Outcome {
    let instead = format!(r#"write ["CMD", "/{program}", "--health"] as the health check"#);
    Outcome::failed(NOT_FOUND, &format!("{name}: {refusal}: {instead}"))
}

const NAMES: [&str; 4] = ["curl", "nc", "sh", "wget"];

/// What a shell exits with when there is no such command.
const NOT_FOUND: u8 = 127;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_is_no_word_of_a_health_check_leaves_the_program_itself() {
        for name in ["bridge", "/bridge", "/usr/bin/socat", "", "/", "wget2", "bash"] {
            let typed = [name, "-q"].map(OsString::from);
            assert!(called(typed, "bridge", || None).is_none(), "{name}");
        }
    }

    #[test]
    fn a_refusal_is_one_line_that_says_what_to_write() {
        let outcome = refused("sh", "bridge-tls", &Refusal::new("`ls` is no word of this image"));
        assert_eq!(outcome.code, 127);
        assert_eq!(
            String::from_utf8(outcome.err).unwrap(),
            "sh: `ls` is no word of this image: write [\"CMD\", \"/bridge-tls\", \"--health\"] as \
             the health check\n"
        );
    }
}
