//! What is typed: flags, or socat's words.

#![allow(
    clippy::doc_markdown,
    rustdoc::bare_urls,
    rustdoc::broken_intra_doc_links,
    reason = "these comments are the help text, which terminals show as it is"
)]

use std::ffi::OsString;

use clap::builder::styling::Styles;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{CommandFactory as _, FromArgMatches as _, Parser};
use clap_complete::Shell;

use crate::failure::Failure;
use crate::not_yet;
use crate::socat::{self, Socat};

/// Serve the Docker Engine API on TCP, faithful to the byte.
///
/// Clients connect to a TCP port as if it were the Engine's unix socket: docker, SDKs,
/// dashboards, CI. Bytes are relayed untouched in both directions, half-closed streams included,
/// so no output of `docker run` or `docker exec` is lost; idle streams are never cut.
///
/// Whoever reaches the port controls the Engine, and with it the machine. It listens on loopback
/// unless told otherwise, and keeps web pages out.
#[derive(Debug, Default, Parser)]
#[command(
    name = "bridge",
    version,
    max_term_width = 100,
    styles = Styles::plain(),
    override_usage = "bridge [OPTIONS]\n       bridge [OPTIONS] SOCAT_ADDRESS SOCAT_ADDRESS",
    after_help = AFTER_HELP
)]
pub(crate) struct Args {
    /// Where clients connect: tcp://HOST:PORT, unix:///PATH, or fd://NAME from systemd
    ///
    /// tcp://[::]:2375 is every interface, IPv4 and IPv6. May be given several times.
    /// [env: BRIDGE_LISTEN] [default: tcp://127.0.0.1:2375]
    #[arg(short, long, value_name = "ADDRESS", help_heading = "Addresses")]
    pub(crate) listen: Vec<String>,

    /// The Engine: unix:///PATH or tcp://HOST:PORT
    ///
    /// [env: BRIDGE_UPSTREAM, SOCKET_PATH, DOCKER_HOST if it is unix://]
    /// [default: unix:///var/run/docker.sock]
    #[arg(short, long, value_name = "ADDRESS", help_heading = "Addresses")]
    pub(crate) upstream: Option<String>,

    /// Mode of a unix:// listener, in octal
    ///
    /// [env: BRIDGE_SOCKET_MODE] [default: 0660]
    #[arg(long, value_name = "OCTAL", help_heading = "Addresses")]
    pub(crate) socket_mode: Option<String>,

    /// Group of a unix:// listener, by name or number
    ///
    /// [env: BRIDGE_SOCKET_GROUP] [default: the upstream socket's group]
    #[arg(long, value_name = "GROUP", help_heading = "Addresses")]
    pub(crate) socket_group: Option<String>,

    /// Who may connect: a network or a name; others are closed at accept
    ///
    /// 10.0.0.0/8, 192.168.1.7, traefik. Names are resolved again at most every 5 s. May be given
    /// several times. [env: BRIDGE_ALLOW_FROM] [default: everyone]
    #[arg(long, value_name = "CIDR|NAME", help_heading = "Who may connect")]
    pub(crate) allow_from: Vec<String>,

    /// One more host name that a web browser may use to get here
    ///
    /// Addresses, localhost and names that nobody can register need none. May be given several
    /// times. [env: BRIDGE_ALLOW_HOST]
    #[arg(long, value_name = "NAME", help_heading = "Who may connect")]
    pub(crate) allow_host: Vec<String>,

    /// A web application that hands its users' headers on, such as https://portainer.example
    ///
    /// May be given several times. [env: BRIDGE_ALLOW_ORIGIN]
    #[arg(long, value_name = "ORIGIN", help_heading = "Who may connect")]
    pub(crate) allow_origin: Vec<String>,

    /// Let web pages talk to the Engine
    ///
    /// [env: BRIDGE_NO_BROWSER_GUARD]
    #[arg(long, help_heading = "Who may connect")]
    pub(crate) no_browser_guard: bool,

    /// Connections at a time; past it, newcomers wait
    ///
    /// [env: BRIDGE_MAX_CONNECTIONS] [default: what the descriptor limit carries]
    #[arg(long, value_name = "N", allow_negative_numbers = true, help_heading = "Limits")]
    pub(crate) max_connections: Option<String>,

    /// How long dialling the Engine may take
    ///
    /// [env: BRIDGE_CONNECT_TIMEOUT] [default: 10s]
    #[arg(long, value_name = "DURATION", help_heading = "Limits")]
    pub(crate) connect_timeout: Option<String>,

    /// How long open connections may go on after SIGTERM or SIGINT
    ///
    /// A second signal cuts them at once. [env: BRIDGE_SHUTDOWN_GRACE] [default: 8s]
    #[arg(long, value_name = "DURATION", help_heading = "Limits")]
    pub(crate) shutdown_grace: Option<String>,

    /// error, warn, info, debug or trace, or by part: info,core=debug
    ///
    /// [env: BRIDGE_LOG, LOG_LEVEL] [default: info]
    #[arg(long, value_name = "LEVEL", help_heading = "Logs")]
    pub(crate) log_level: Option<String>,

    /// text or json, on standard error, times in UTC
    ///
    /// [env: BRIDGE_LOG_FORMAT] [default: text]
    #[arg(long, value_name = "FORMAT", help_heading = "Logs")]
    pub(crate) log_format: Option<String>,

    /// Check the settings, print what would run, exit
    #[arg(long)]
    pub(crate) check: bool,

    /// Print completions for a shell, exit
    #[arg(long, value_name = "SHELL", value_enum)]
    pub(crate) completions: Option<Shell>,
}

/// A command line that was read.
#[derive(Debug)]
pub(crate) enum Typed {
    /// Text was asked for: help, the version, completions.
    Print(String),
    /// A bridge was asked for, or a check of its settings.
    Run(Box<Line>),
}

/// Flags, and socat's words if that is what was typed.
#[derive(Debug, Default)]
pub(crate) struct Line {
    pub(crate) args: Args,
    pub(crate) socat: Option<Socat>,
}

/// Reads the command line, the program's name first.
pub(crate) fn read(words: impl IntoIterator<Item = OsString>) -> Result<Typed, Failure> {
    let mut words = words
        .into_iter()
        .map(|word| word.into_string().map_err(|word| not_text(&word)))
        .collect::<Result<Vec<_>, _>>()?
        .into_iter();
    let name = words.next().unwrap_or_else(|| "bridge".into());
    let words: Vec<_> = words.collect();

    let flags = words.iter().take_while(|word| *word != "--");
    if let Some(later) = flags.filter(|word| word.len() > 2).find_map(|word| not_yet::flag(word)) {
        return Err(Failure::usage(format!("bad command line: {later}")));
    }
    let command = Args::command();
    let takes_value = |flag: &str| {
        command
            .get_arguments()
            .any(|arg| arg.get_long() == Some(flag) && arg.get_action().takes_values())
    };
    let recognised = socat::recognise(&words, takes_value)
        .map_err(|error| Failure::usage(format!("bad command line: {error}")))?;
    let (socat, rest) = match recognised {
        Some(recognised) => (Some(recognised.socat), recognised.rest),
        None => (None, words),
    };
    let matched = command
        .try_get_matches_from(std::iter::once(name).chain(rest))
        .and_then(|matches| Args::from_arg_matches(&matches));
    match matched {
        Ok(args) => match args.completions {
            Some(shell) => Ok(Typed::Print(completions(shell))),
            None => Ok(Typed::Run(Box::new(Line { args, socat }))),
        },
        Err(error) => match error.kind() {
            ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
                Ok(Typed::Print(error.to_string()))
            }
            _ => Err(Failure::usage(format!("bad command line: {}", one_line(&error)))),
        },
    }
}

fn not_text(word: &OsString) -> Failure {
    Failure::usage(format!("bad command line: {}: isn't valid UTF-8", word.display()))
}

fn completions(shell: Shell) -> String {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Args::command(), "bridge", &mut script);
    String::from_utf8_lossy(&script).into_owned()
}

/// clap's message and its tips, without the usage that stands below them.
fn one_line(error: &clap::Error) -> String {
    if let (ErrorKind::UnknownArgument, Some(ContextValue::String(word))) =
        (error.kind(), error.get(ContextKind::InvalidArg))
    {
        if let Some(later) = not_yet::flag(word) {
            return later;
        }
        if !word.starts_with('-') {
            return format!(
                "`{word}` is neither a flag nor a socat address: write --listen ADDRESS and \
                 --upstream ADDRESS, or TCP-LISTEN:2375,fork UNIX-CONNECT:/var/run/docker.sock"
            );
        }
    }
    let text = error.to_string();
    let told = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let told: Vec<_> = told
        .take_while(|line| !line.starts_with("Usage:") && !line.starts_with("For more"))
        .map(|line| line.trim_start_matches("error: "))
        .collect();
    format!("{} (bridge --help lists all flags)", told.join("; "))
}

const AFTER_HELP: &str = "\
Examples:
  bridge
      the Engine of this machine on 127.0.0.1:2375; try `curl localhost:2375/version`
  bridge --listen tcp://[::]:2375 --allow-from 10.0.0.0/8
      on every interface, for one network
  bridge --listen unix:///tmp/docker.sock --upstream tcp://192.168.1.7:2375
      an Engine elsewhere, as a local socket
  bridge TCP-LISTEN:2375,fork UNIX-CONNECT:/var/run/docker.sock
      socat's own command line, every interface as socat does

A flag beats its variable; an empty variable counts as unset; lists take commas or white space.
Exit codes: 0 stopped as asked, 64 bad command line or setting, 69 cannot listen, 70 anything else.";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_well_formed() {
        Args::command().debug_assert();
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
