//! wget: GNU's and busybox's.

use super::http::{Answer, Fault, Method, Request};
use super::options::{Flag, Given};
use super::outcome::{Outcome, Refusal};
use super::own::{Own, Place};
use super::url::Url;

/// `wget [-q] --spider URL`, `wget [-q] -O -|/dev/null URL`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Wget {
    request: Request,
    to: Option<To>,
}

/// Where the body goes, if it is asked for at all.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum To {
    Nowhere,
    StandardOutput,
}

impl Wget {
    /// # Errors
    /// Other flags than those of health checks, and a body that would become a file.
    pub(super) fn read(words: &[String]) -> Result<Self, Refusal> {
        let given = Given::read(&FLAGS, words)?;
        let to = match given.value("-O") {
            _ if given.has("--spider") => None,
            Some("-") => Some(To::StandardOutput),
            Some("/dev/null") => Some(To::Nowhere),
            Some(file) => {
                return Err(Refusal::new(format!(
                    "`-O {file}` would write a file; only - and /dev/null are taken"
                )));
            }
            None => {
                return Err(Refusal::new(
                    "neither --spider nor -O is there, so it would write a file",
                ));
            }
        };
        if let Some(tries) = given.value("-t")
            && tries.parse::<u32>().is_err()
        {
            return Err(Refusal::new(format!("`{tries}` is no number of tries")));
        }
        let url = Url::read(given.operand("URL")?)?;
        let request = Request {
            place: Place::Tcp(url.host, url.port),
            method: Method::Get,
            authority: url.authority,
            path: url.path,
            agent: "Wget",
            // Nothing but a success has one that is of interest.
            body_below: if to.is_some() { 300 } else { 0 },
            limit: given.limit("-T")?,
        };
        Ok(Self { request, to })
    }

    /// Asks once, whatever `--tries` says: the next health check is the next try.
    ///
    /// # Errors
    /// When it would leave the container.
    pub(super) fn run(&self, own: &Own) -> Result<Outcome, Refusal> {
        Ok(self.outcome(self.request.send(own)?))
    }

    /// 0 for 2xx, else 1: a redirection leads away from what was asked for.
    fn outcome(&self, result: Result<Answer, Fault>) -> Outcome {
        let place = &self.request.authority;
        match result {
            Ok(answer) if (200..300).contains(&answer.status) => {
                let out =
                    if self.to == Some(To::StandardOutput) { answer.body } else { Vec::new() };
                Outcome { out, ..Outcome::default() }
            }
            Ok(answer) => Outcome::failed(1, &format!("wget: {place} answered {}", answer.status)),
            Err(fault) => Outcome::failed(1, &format!("wget: {place}: {fault}")),
        }
    }
}

const FLAGS: [Flag; 6] = [
    Flag::switch(&["-q", "--quiet"]),
    Flag::switch(&["-nv", "--no-verbose"]),
    Flag::switch(&["--spider"]),
    Flag::valued(&["-t", "--tries"]),
    Flag::valued(&["-T", "--timeout"]),
    Flag::valued(&["-O", "--output-document"]),
];

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn wget(words: &str) -> Result<Wget, Refusal> {
        Wget::read(&words.split(' ').map(str::to_owned).collect::<Vec<_>>())
    }

    fn answer(status: u16) -> Answer {
        Answer { status, head: Vec::new(), body: b"OK".into() }
    }

    #[test]
    fn a_spider_wants_the_status_alone() {
        for words in [
            "-q --spider http://localhost:2375/version",
            "--no-verbose --tries=1 --spider http://localhost:2375/version",
            "--quiet --tries=1 --timeout=5 --spider http://localhost:2375/version",
            "-nv -t 1 -T 5 --spider localhost:2375/version",
        ] {
            let wget = wget(words).unwrap();
            assert_eq!(
                (wget.request.body_below, wget.request.path.as_str()),
                (0, "/version"),
                "{words}"
            );
            assert_eq!(wget.outcome(Ok(answer(200))), Outcome::default(), "{words}");
        }
    }

    #[test]
    fn a_body_goes_to_standard_output_or_nowhere() {
        for (words, out) in [
            ("-qO- http://localhost:2375/_ping", "OK"),
            ("-q -O - -T 5 -t 1 http://localhost:2375/_ping", "OK"),
            ("-q -O /dev/null http://localhost:2375/_ping", ""),
            ("--output-document=/dev/null http://localhost:2375/_ping", ""),
        ] {
            let outcome = wget(words).unwrap().outcome(Ok(answer(200)));
            assert_eq!((outcome.code, outcome.out), (0, out.into()), "{words}");
        }
        assert_eq!(wget("-O- -T 2.5 a").unwrap().request.limit, Duration::from_millis(2500));
    }

    #[test]
    fn anything_but_success_is_1_with_one_line() {
        let wget = wget("-qO- http://localhost:2375/_ping").unwrap();
        for status in [301, 403, 404, 503] {
            let outcome = wget.outcome(Ok(answer(status)));
            assert_eq!((outcome.code, outcome.out), (1, Vec::new()));
            assert_eq!(
                String::from_utf8(outcome.err).unwrap(),
                format!("wget: localhost:2375 answered {status}\n")
            );
        }
        assert_eq!(wget.outcome(Err(Fault::Late)).code, 1);
    }

    #[test]
    fn what_would_write_a_file_or_send_something_is_refused() {
        for words in [
            "http://localhost:2375/_ping",
            "-q http://localhost:2375/_ping",
            "-O /tmp/x http://localhost:2375/_ping",
            "--spider",
            "--spider a b",
            "--spider --tries=many a",
            "--spider --post-data=x a",
            "--spider --header x:y a",
            "--spider https://localhost:2376/_ping",
        ] {
            assert!(wget(words).is_err(), "{words}");
        }
    }
}
