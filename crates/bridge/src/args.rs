//! What is typed: flags, or socat's words.

use std::ffi::OsString;
use std::io::{self, Write as _};
use std::path::Path;
use std::process::ExitCode;

use clap::{Command, CommandFactory as _, Parser};
use docker_api_settings::command_line::{self, Typed};
use docker_api_settings::{Failure, Flags, Program};

use crate::socat::{self, Socat};

/// Serve the Docker Engine API on TCP, faithful to the byte.
///
/// Clients connect to a TCP port as if it were the Engine's unix socket: docker, SDKs,
/// dashboards, CI. Bytes are relayed untouched in both directions, half-closed streams included,
/// so no output of `docker run` or `docker exec` is lost; idle streams are never cut.
///
/// Whoever reaches the port controls the Engine, and with it the machine. It listens on loopback
/// unless told otherwise, and keeps web pages out.
#[derive(Debug, Parser)]
#[command(
    name = "bridge",
    version,
    max_term_width = 100,
    override_usage = "bridge [OPTIONS]\n       bridge [OPTIONS] SOCAT_ADDRESS SOCAT_ADDRESS",
    after_help = AFTER_HELP
)]
pub(crate) struct Args {
    #[command(flatten)]
    pub(crate) flags: Flags,
}

/// Flags, and socat's words if that is what was typed.
#[derive(Debug)]
pub(crate) struct Line {
    pub(crate) flags: Flags,
    pub(crate) socat: Option<Socat>,
}

/// Reads the command line, the program's name first.
pub(crate) fn read(words: impl IntoIterator<Item = OsString>) -> Result<Typed<Line>, Failure> {
    let words = command_line::words(words, |_| None)?;
    let flags = command();
    let takes_value = |flag: &str| {
        flags
            .get_arguments()
            .any(|arg| arg.get_long() == Some(flag) && arg.get_action().takes_values())
    };
    let recognised = socat::recognise(&words, takes_value)
        .map_err(|error| command_line::bad(&error.to_string()))?;
    let (socat, rest) = match recognised {
        Some(recognised) => (Some(recognised.socat), recognised.rest),
        None => (None, words),
    };
    Ok(match command_line::parse(PROGRAM.name, command(), rest, hint)? {
        Typed::Print(text) => Typed::Print(text),
        Typed::Run(Args { flags }) => match flags.completions {
            Some(shell) => Typed::Print(command_line::completions(&PROGRAM, command(), shell)),
            None => Typed::Run(Line { flags, socat }),
        },
    })
}

/// All flags, with what help says of them.
pub fn command() -> Command {
    PROGRAM.with_help(Args::command())
}

/// `socat` without a word behind it, which serves nothing: its usage, and 1 as socat exits.
pub(crate) fn socat_alone(typed: impl IntoIterator<Item = OsString>) -> Option<ExitCode> {
    let mut typed = typed.into_iter();
    let name = typed.next()?;
    if Path::new(&name).file_name()? != "socat" || typed.next().is_some() {
        return None;
    }
    // Standard error may be closed; the code still says it.
    let _closed: io::Result<()> = io::stderr().write_all(SOCAT_USAGE.as_bytes());
    Some(ExitCode::FAILURE)
}

/// What there is to say of a word that clap does not know.
fn hint(word: &str) -> Option<String> {
    (!word.starts_with('-')).then(|| {
        format!(
            "`{word}` is neither a flag nor a socat address: write --listen ADDRESS and \
             --upstream ADDRESS, or TCP-LISTEN:2375,fork UNIX-CONNECT:/var/run/docker.sock"
        )
    })
}

/// What differs from other bridges.
pub(crate) const PROGRAM: Program = Program {
    name: "bridge",
    default_listen: "tcp://127.0.0.1:2375",
    default_port: 2375,
    prefix: "BRIDGE_",
    own_variables: &[],
    other_variables: &[],
};

const AFTER_HELP: &str = "\
Examples:
  bridge
      the Engine of this machine on 127.0.0.1:2375; try `curl localhost:2375/version`
  bridge --listen tcp://[::]:2375 --allow-from 10.0.0.0/8
      on every interface, for one network
  bridge --listen 172.17.0.1:2375=monitor --listen 127.0.0.1:2375=read-only
      two consumers, and what each of them may do
  bridge --listen unix:///tmp/docker.sock --upstream tcp://192.168.1.7:2375
      an Engine elsewhere, as a local socket
  bridge TCP-LISTEN:2375,fork UNIX-CONNECT:/var/run/docker.sock
      socat's own command line, every interface as socat does

A flag beats its variable; an empty variable counts as unset; lists take commas or white space.
Exit codes: 0 stopped as asked, 64 bad command line or setting, 69 cannot listen, 75 stale socket of
the Engine (with BRIDGE_STALE_SOCKET=exit, as in images), 70 anything else.";

const SOCAT_USAGE: &str = "\
error: exactly 2 addresses required (there are 0)
usage: socat [OPTIONS] SOCAT_ADDRESS SOCAT_ADDRESS
  such as: socat TCP-LISTEN:2375,fork UNIX-CONNECT:/var/run/docker.sock
";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_well_formed() {
        command().debug_assert();
    }

    #[test]
    fn a_mistyped_flag_gets_one_line_with_the_right_one() {
        let failure = read(["bridge", "--listn", "x"].map(OsString::from)).unwrap_err();
        let text = failure.to_string();
        assert!(text.contains("unexpected argument '--listn' found"), "{text}");
        assert!(text.contains("'--listen'"), "{text}");
        assert!(!text.contains("Usage"), "{text}");
    }
}
