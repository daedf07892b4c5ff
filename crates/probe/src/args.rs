//! What is typed.

#![allow(
    clippy::doc_markdown,
    clippy::struct_excessive_bools,
    rustdoc::bare_urls,
    rustdoc::broken_intra_doc_links,
    rustdoc::invalid_html_tags,
    reason = "these comments are the help text, which terminals show as it is"
)]

use std::ffi::OsString;

use clap::{Command, CommandFactory as _, Parser};
use docker_api_settings::Failure;
use docker_api_settings::command_line::{self, Typed};

/// Is that Engine healthy, and if not, whose fault is it?
///
/// Asks GET /_ping and GET /version of each target, side by side, over a unix socket, TCP or TLS,
/// and says what it found in one line each. Without a target it asks the Engine that the docker
/// command would ask.
#[derive(Debug, Default, Parser)]
#[command(
    name = "probe",
    version,
    max_term_width = 100,
    after_help = AFTER_HELP
)]
pub(crate) struct Args {
    /// unix:///PATH, tcp://HOST:PORT, https:// or http:// (TCP with and without TLS), context:NAME
    ///
    /// [default: DOCKER_HOST, DOCKER_CONTEXT, the current context, unix:///var/run/docker.sock]
    #[arg(value_name = "TARGET")]
    pub(crate) target: Vec<String>,

    /// More targets: a file with one a line, # for comments; - is standard input
    ///
    /// [env: PROBE_TARGETS]
    #[arg(long, value_name = "FILE", help_heading = "Targets")]
    pub(crate) targets: Option<String>,

    /// A directory with ca.pem, cert.pem and key.pem; asks tcp:// targets over TLS
    ///
    /// [env: PROBE_CERT_DIR, DOCKER_CERT_PATH] [default: ~/.docker]
    #[arg(long, value_name = "DIR", help_heading = "TLS")]
    pub(crate) cert_dir: Option<String>,

    /// The authority that servers' certificates must be of
    ///
    /// [env: PROBE_TLSCACERT] [default: ca.pem of the directory, else the system's authorities]
    #[arg(long, value_name = "FILE", help_heading = "TLS")]
    pub(crate) tlscacert: Option<String>,

    /// This client's certificate
    ///
    /// [env: PROBE_TLSCERT] [default: cert.pem of the directory, if it is there]
    #[arg(long, value_name = "FILE", help_heading = "TLS")]
    pub(crate) tlscert: Option<String>,

    /// Its key
    ///
    /// [env: PROBE_TLSKEY] [default: key.pem of the directory, if it is there]
    #[arg(long, value_name = "FILE", help_heading = "TLS")]
    pub(crate) tlskey: Option<String>,

    /// Take any server for the right one
    ///
    /// [env: PROBE_INSECURE]
    #[arg(long, help_heading = "TLS")]
    pub(crate) insecure: bool,

    /// For one target, connecting included
    ///
    /// [env: PROBE_TIMEOUT] [default: 5s]
    #[arg(long, value_name = "DURATION", help_heading = "Time")]
    pub(crate) timeout: Option<String>,

    /// Keep trying until all are healthy, for so long
    ///
    /// [env: PROBE_WAIT] [default: one try]
    #[arg(long, value_name = "DURATION", help_heading = "Time")]
    pub(crate) wait: Option<String>,

    /// Between tries, with --wait, --watch and --serve
    ///
    /// [env: PROBE_INTERVAL] [default: 500ms; 15s with --serve]
    #[arg(long, value_name = "DURATION", help_heading = "Time")]
    pub(crate) interval: Option<String>,

    /// Go on for ever, and print a line at each change
    ///
    /// [env: PROBE_WATCH]
    #[arg(long, help_heading = "Time")]
    pub(crate) watch: bool,

    /// Targets at a time
    ///
    /// [env: PROBE_CONCURRENCY] [default: 256]
    #[arg(long, value_name = "N", allow_negative_numbers = true, help_heading = "Time")]
    pub(crate) concurrency: Option<String>,

    /// The API version that an Engine must speak at least, such as 1.44
    ///
    /// [env: PROBE_MIN_API]
    #[arg(long, value_name = "VERSION", help_heading = "Conditions")]
    pub(crate) min_api: Option<String>,

    /// How long a check may take at most, such as 200ms
    ///
    /// [env: PROBE_MAX_LATENCY]
    #[arg(long, value_name = "DURATION", help_heading = "Conditions")]
    pub(crate) max_latency: Option<String>,

    /// How many days a server's certificate must last at least
    ///
    /// [env: PROBE_CERT_WARN]
    #[arg(long, value_name = "DAYS", allow_negative_numbers = true, help_heading = "Conditions")]
    pub(crate) cert_warn: Option<String>,

    /// text, json (an object a line), nagios, prometheus or junit
    ///
    /// [env: PROBE_FORMAT] [default: text]
    #[arg(long, value_name = "FORMAT", help_heading = "Report")]
    pub(crate) format: Option<String>,

    /// Write the report to a file, whole or not at all
    ///
    /// [env: PROBE_OUTPUT] [default: standard output]
    #[arg(long, value_name = "FILE", help_heading = "Report")]
    pub(crate) output: Option<String>,

    /// Print nothing; the exit code says it
    ///
    /// [env: PROBE_QUIET]
    #[arg(long, help_heading = "Report")]
    pub(crate) quiet: bool,

    /// Go on for ever, and serve a page of all targets, metrics and /probe?target= for Prometheus
    ///
    /// tcp://HOST:PORT, :PORT (on this machine alone) or unix:///PATH
    ///
    /// [env: PROBE_SERVE] [default: off]
    #[arg(long, value_name = "ADDRESS", help_heading = "Pages")]
    pub(crate) serve: Option<String>,

    /// What /probe may be asked for besides the targets: a network, or names under a domain
    ///
    /// Such as 10.0.0.0/8, or .docker.example. Can be given several times.
    ///
    /// [env: PROBE_ALLOW_TARGET] [default: none]
    #[arg(long, value_name = "CIDR|SUFFIX", help_heading = "Pages")]
    pub(crate) allow_target: Vec<String>,

    /// A name by which web browsers may come to the pages; can be given several times
    ///
    /// [env: PROBE_ALLOW_HOST] [default: addresses and names that nobody can register]
    #[arg(long, value_name = "NAME", help_heading = "Pages")]
    pub(crate) allow_host: Vec<String>,
}

/// Reads the command line, the program's name first.
pub(crate) fn read(words: &[OsString]) -> Result<Typed<Args>, Failure> {
    let words = command_line::words(words.iter().cloned(), |_| None)?;
    command_line::parse("probe", command(), words, |_| None)
}

/// All flags, with what help says of them.
pub fn command() -> Command {
    Args::command()
}

const AFTER_HELP: &str = "\
Examples:
  probe
      the Engine that `docker` would ask
  probe --wait 60s tcp://127.0.0.1:2375 && docker compose up
      go on once it answers
  probe --cert-dir ./certs https://docker.example:2376 --cert-warn 14
      over mutual TLS, and not without a certificate that lasts
  probe --targets hosts.txt --format prometheus --output /var/lib/node_exporter/docker.prom
      a file for the node exporter
  probe --serve tcp://127.0.0.1:9375 --targets hosts.txt
      a page of all targets at http://127.0.0.1:9375/, and /metrics, /sd and /probe?target=

States: healthy; engine-down (a bridge answers, the Engine doesn't), stale-socket, refused, timeout,
dns, tls, denied, not-docker, unmet (one of the conditions), unsupported.
A flag beats its variable; an empty variable counts as unset.
Exit codes: 0 all healthy, 1 some not, 64 bad command line or setting, 69 cannot listen,
70 anything else; with --format nagios 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN.";

#[cfg(test)]
mod tests {
    use super::*;

    fn refused<const N: usize>(words: [&str; N]) -> String {
        read(&words.map(OsString::from)).unwrap_err().to_string()
    }

    #[test]
    fn the_command_line_is_well_formed() {
        command().debug_assert();
    }

    #[test]
    fn a_mistyped_flag_gets_one_line_with_the_right_one() {
        let text = refused(["probe", "--formt", "json"]);
        assert!(text.contains("unexpected argument '--formt' found"), "{text}");
        assert!(text.contains("'--format'"), "{text}");
        assert!(!text.contains("Usage"), "{text}");
    }
}
