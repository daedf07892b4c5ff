//! nc: openbsd's and busybox's, which only ask whether somebody listens.

use std::time::Duration;

use super::http::{self, Fault};
use super::options::{Flag, Given};
use super::outcome::{Outcome, Refusal};
use super::own::{Own, Place};
use super::url::{Host, read_port};

/// `nc -z HOST PORT`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Nc {
    place: Place,
    shown: String,
    verbose: bool,
    limit: Duration,
}

impl Nc {
    /// # Errors
    /// Other flags than those of health checks; a connection that would carry something.
    pub(super) fn read(words: &[String]) -> Result<Self, Refusal> {
        let given = Given::read(&FLAGS, words)?;
        if !given.has("-z") {
            return Err(Refusal::new("without -z it would carry standard input"));
        }
        let [host, port] = &given.operands[..] else {
            return Err(Refusal::new("a host and a port are what it takes"));
        };
        Ok(Self {
            place: Place::Tcp(Host::read(host)?, read_port(port)?),
            shown: format!("{host} {port}"),
            verbose: given.has("-v"),
            limit: given.limit("-w")?,
        })
    }

    /// Connects, and hangs up.
    ///
    /// # Errors
    /// When it would leave the container.
    pub(super) fn run(&self, own: &Own) -> Result<Outcome, Refusal> {
        Ok(self.outcome(&http::reach(&self.place, self.limit, own)?))
    }

    fn outcome(&self, result: &Result<(), Fault>) -> Outcome {
        let (code, line) = match result {
            Ok(()) => (0, format!("nc: {}: open", self.shown)),
            Err(fault) => (1, format!("nc: {}: {fault}", self.shown)),
        };
        if self.verbose {
            Outcome::failed(code, &line)
        } else {
            Outcome { code, ..Outcome::default() }
        }
    }
}

const FLAGS: [Flag; 3] = [Flag::switch(&["-z"]), Flag::switch(&["-v"]), Flag::valued(&["-w"])];

#[cfg(test)]
mod tests {
    use super::*;

    fn nc(words: &str) -> Result<Nc, Refusal> {
        Nc::read(&words.split(' ').map(str::to_owned).collect::<Vec<_>>())
    }

    #[test]
    fn a_connection_is_0_and_none_is_1_with_a_line_for_who_wants_one() {
        for (words, lines) in [
            ("-z localhost 2375", 0),
            ("-w 3 -z 127.0.0.1 2375", 0),
            ("-vz localhost 2375", 1),
            ("-zv -w3 ::1 2375", 1),
        ] {
            let nc = nc(words).unwrap();
            let (open, shut) = (nc.outcome(&Ok(())), nc.outcome(&Err(Fault::Late)));
            assert_eq!((open.code, shut.code), (0, 1), "{words}");
            for outcome in [open, shut] {
                assert_eq!(
                    String::from_utf8(outcome.err).unwrap().lines().count(),
                    lines,
                    "{words}"
                );
            }
        }
        assert_eq!(nc("-w 3 -z localhost 2375").unwrap().limit, Duration::from_secs(3));
    }

    #[test]
    fn what_would_carry_something_or_scan_is_refused() {
        for words in [
            "localhost 2375",
            "-z localhost",
            "-z localhost 1-65535",
            "-z localhost 1 2",
            "-zu localhost 2375",
            "-z -l 2375",
            "-z -e sh localhost 2375",
            "-zU /var/run/docker.sock",
        ] {
            assert!(nc(words).is_err(), "{words}");
        }
    }
}
