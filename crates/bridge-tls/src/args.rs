//! What is typed: a command and its flags.

#![allow(
    clippy::doc_markdown,
    reason = "these comments are the help text, which terminals show as it is"
)]

use std::ffi::OsString;

use clap::{CommandFactory as _, Parser, Subcommand, ValueEnum};
use docker_api_settings::command_line::{self, Typed};
use docker_api_settings::{Failure, Flags};

use crate::program::PROGRAM;

/// Serve the Docker Engine API on TCP, behind mutual TLS.
///
/// Clients connect as to a dockerd with --tlsverify: docker, SDKs, dashboards, CI. The authority
/// and all certificates are made at the first start, renewed in time and swapped without a
/// restart; `bridge-tls client add` makes one for somebody, `client revoke` takes it back.
///
/// Whoever has a client's key controls the Engine, and with it the machine. It listens on loopback
/// unless told otherwise.
#[derive(Debug, Parser)]
#[command(
    name = "bridge-tls",
    version,
    max_term_width = 100,
    override_usage = "bridge-tls [serve] [OPTIONS]\n       bridge-tls client add|list|revoke \
                      [OPTIONS]\n       bridge-tls ca show [OPTIONS]",
    args_conflicts_with_subcommands = true,
    disable_help_subcommand = true,
    after_help = AFTER_HELP
)]
struct Args {
    #[command(subcommand)]
    command: Option<Command>,

    #[command(flatten)]
    serve: Serve,
}

/// What is to be done.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Serve; it's what is done without a command too
    Serve(Box<Serve>),
    /// Make, list and revoke the certificates of clients
    #[command(subcommand, arg_required_else_help = false)]
    Client(Client),
    /// Show the authority that signs all certificates
    #[command(subcommand, arg_required_else_help = false)]
    Ca(Ca),
}

// A doc comment would become the description of the whole program; so for all that is flattened.
#[derive(Debug, Default, clap::Args)]
pub(crate) struct Serve {
    #[command(flatten)]
    pub(crate) flags: Flags,

    #[command(flatten)]
    pub(crate) directory: Directory,

    #[command(flatten)]
    pub(crate) tls: TlsFlags,
}

#[derive(Debug, Default, clap::Args)]
pub(crate) struct Directory {
    /// The authority and all certificates, made there if there are none
    ///
    /// [env: BRIDGE_TLS_CERT_DIR, DOCKER_TLS_CERTDIR] [default: $STATE_DIRECTORY/certs under
    /// systemd, /var/lib/docker-api/certs as root, else $XDG_STATE_HOME/docker-api/certs]
    #[arg(long, value_name = "DIR", help_heading = "Certificates")]
    pub(crate) cert_dir: Option<String>,
}

#[derive(Debug, Default, clap::Args)]
pub(crate) struct TlsFlags {
    /// One more name of the server, for its certificate: DNS:docker.example, IP:10.0.0.7, or bare
    ///
    /// This machine's names and addresses are in it anyway. May be given several times.
    /// [env: BRIDGE_TLS_SAN, DOCKER_TLS_SAN, CERT_HOSTNAME]
    #[arg(long, value_name = "NAME", help_heading = "Certificates")]
    pub(crate) san: Vec<String>,

    /// Life of server certificates, in days; they are renewed in time
    ///
    /// [env: CERT_EXPIRATION_DAYS] [default: 90]
    #[arg(long, value_name = "N", allow_negative_numbers = true, help_heading = "Certificates")]
    pub(crate) server_days: Option<String>,

    /// Life of client certificates, in days
    ///
    /// [env: CERT_EXPIRATION_DAYS] [default: 365]
    #[arg(long, value_name = "N", allow_negative_numbers = true, help_heading = "Certificates")]
    pub(crate) client_days: Option<String>,

    /// Life of the authority, in days
    ///
    /// [env: CA_EXPIRATION_DAYS] [default: 3650]
    #[arg(long, value_name = "N", allow_negative_numbers = true, help_heading = "Certificates")]
    pub(crate) ca_days: Option<String>,

    /// Mode of client/key.pem, in octal
    ///
    /// [env: BRIDGE_TLS_CLIENT_KEY_MODE] [default: 0600]
    #[arg(long, value_name = "OCTAL", help_heading = "Certificates")]
    pub(crate) client_key_mode: Option<String>,

    /// Role of a client whose certificate names none
    ///
    /// [env: BRIDGE_TLS_DEFAULT_ROLE] [default: the listener's]
    #[arg(long, value_name = "ROLE", help_heading = "Certificates")]
    pub(crate) default_role: Option<String>,

    /// The authority that signs clients; these three go together, and nothing is made then
    ///
    /// [env: BRIDGE_TLS_CACERT]
    #[arg(long, value_name = "FILE", help_heading = "Certificates that you manage")]
    pub(crate) tlscacert: Option<String>,

    /// The server's certificate, with the chain behind it
    ///
    /// [env: BRIDGE_TLS_CERT]
    #[arg(long, value_name = "FILE", help_heading = "Certificates that you manage")]
    pub(crate) tlscert: Option<String>,

    /// The server's key, not encrypted
    ///
    /// [env: BRIDGE_TLS_KEY]
    #[arg(long, value_name = "FILE", help_heading = "Certificates that you manage")]
    pub(crate) tlskey: Option<String>,

    /// A revocation list to honour too
    ///
    /// [env: BRIDGE_TLS_CRL]
    #[arg(long, value_name = "FILE", help_heading = "Certificates that you manage")]
    pub(crate) tlscrl: Option<String>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Client {
    /// Make a certificate for a client
    ///
    /// It stands in clients/NAME of the directory, ready as DOCKER_CERT_PATH. What the client
    /// needs next is printed.
    Add(Add),
    /// List all clients
    List(List),
    /// Take a client's certificate back, within 10 seconds where a server runs
    Revoke(Revoke),
}

#[derive(Debug, Subcommand)]
pub(crate) enum Ca {
    /// Print its name, fingerprint, dates and certificate
    Show(Show),
}

#[derive(Debug, clap::Args)]
pub(crate) struct Add {
    /// Letters, digits and _.- (64 at most), unique whatever their case
    #[arg(value_name = "NAME")]
    pub(crate) name: String,

    /// What the client may do: full, read-only, monitor, or a role of the server's policy
    ///
    /// The clients of the server's policy go before it. [default: --default-role of the server]
    #[arg(long, value_name = "ROLE")]
    pub(crate) role: Option<String>,

    /// Life of the certificate, in days
    ///
    /// [env: CERT_EXPIRATION_DAYS] [default: 365]
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub(crate) days: Option<String>,

    /// Write ca.pem, cert.pem and key.pem here too
    ///
    /// Existing files are never overwritten.
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<String>,

    /// Write a file for `docker context import`; - is standard output
    ///
    /// An existing file is never overwritten.
    #[arg(long, value_name = "FILE|-")]
    pub(crate) context: Option<String>,

    /// Where the client will find the server
    ///
    /// [default: the first of BRIDGE_TLS_SAN, else this machine's name; port 2376]
    #[arg(long, value_name = "HOST[:PORT]")]
    pub(crate) host: Option<String>,

    #[command(flatten)]
    pub(crate) directory: Directory,
}

#[derive(Debug, clap::Args)]
pub(crate) struct List {
    /// For people, or for programs
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t)]
    pub(crate) format: Format,

    #[command(flatten)]
    pub(crate) directory: Directory,
}

#[derive(Clone, Copy, Debug, Default, ValueEnum)]
pub(crate) enum Format {
    /// A line a client
    #[default]
    Text,
    /// An array of objects
    Json,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Revoke {
    /// A client of `bridge-tls client list`
    #[arg(value_name = "NAME|SERIAL")]
    pub(crate) client: String,

    #[command(flatten)]
    pub(crate) directory: Directory,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Show {
    #[command(flatten)]
    pub(crate) directory: Directory,
}

/// Reads the command line, the program's name first.
pub(crate) fn read(words: impl IntoIterator<Item = OsString>) -> Result<Typed<Command>, Failure> {
    let words = command_line::words(words, |_| None)?;
    Ok(match command_line::parse(PROGRAM.name, command(), words, hint)? {
        Typed::Print(text) => Typed::Print(text),
        Typed::Run(Args { command: asked, serve }) => {
            let asked = asked.unwrap_or_else(|| Command::Serve(Box::new(serve)));
            let shell = match &asked {
                Command::Serve(serve) => serve.flags.completions,
                _ => None,
            };
            match shell {
                Some(shell) => Typed::Print(command_line::completions(&PROGRAM, command(), shell)),
                None => Typed::Run(asked),
            }
        }
    })
}

/// All commands and flags, with what help says of them.
pub fn command() -> clap::Command {
    let command = PROGRAM.with_help(Args::command());
    command.mut_subcommand("serve", |serve| PROGRAM.with_help(serve))
}

/// What there is to say of a word that clap does not know.
fn hint(word: &str) -> Option<String> {
    word.contains([':', '/']).then(|| {
        format!(
            "`{word}` is neither a flag nor a command: write --listen ADDRESS and --upstream \
             ADDRESS (socat's words are for `bridge`)"
        )
    })
}

const AFTER_HELP: &str = "\
Examples:
  bridge-tls --cert-dir /tmp/certs
      the Engine of this machine on 127.0.0.1:2376; /tmp/certs/client is a DOCKER_CERT_PATH
  bridge-tls --listen tcp://[::]:2376 --san docker.example
      on every interface, and clients may call it docker.example
  bridge-tls client add laptop --host docker.example --context laptop.dockercontext
      a client; `docker context import laptop laptop.dockercontext` is all that it has to do
  bridge-tls client add grafana --role monitor
      a client that may look at containers and change nothing
  bridge-tls client revoke laptop
      and it is locked out

A flag beats its variable; an empty variable counts as unset; lists take commas or white space.
Where a BRIDGE_TLS_… is unset, the BRIDGE_… of the same name counts.
Exit codes: 0 stopped as asked, 64 bad command line or setting, 69 cannot listen, 75 stale socket of
the Engine (with BRIDGE_STALE_SOCKET=exit, as in images), 70 anything else.";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_well_formed() {
        command().debug_assert();
    }
}
