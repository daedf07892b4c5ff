//! curl, with the exit codes of its manual.

use std::path::PathBuf;

use super::http::{Answer, Fault, Method, Request};
use super::options::{Flag, Given};
use super::outcome::{Outcome, Refusal};
use super::own::{Own, Place};
use super::url::Url;

/// `curl [-f] [-s] [-S] [-o /dev/null] [-I] [-w "%{http_code}"] URL`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Curl {
    request: Request,
    fail: bool,
    /// Errors get no line.
    silent: bool,
    discard: bool,
    write_out: Option<String>,
}

impl Curl {
    /// # Errors
    /// Other flags than those of health checks, and a body that would become a file.
    pub(super) fn read(words: &[String]) -> Result<Self, Refusal> {
        let given = Given::read(&FLAGS, words)?;
        let discard = match given.value("-o") {
            None => false,
            Some("/dev/null") => true,
            Some(file) => {
                return Err(Refusal::new(format!(
                    "`-o {file}` would write a file; only /dev/null is taken"
                )));
            }
        };
        let fail = given.has("-f");
        let url = Url::read(given.operand("URL")?)?;
        let place = match given.value("--unix-socket") {
            Some(path) => Place::Unix(PathBuf::from(path)),
            None => Place::Tcp(url.host, url.port),
        };
        let request = Request {
            place,
            method: if given.has("-I") { Method::Head } else { Method::Get },
            authority: url.authority,
            path: url.path,
            agent: "curl",
            body_below: if fail { 400 } else { u16::MAX },
            limit: given.limit("-m")?,
        };
        Ok(Self {
            request,
            fail,
            silent: given.has("-s") && !given.has("-S"),
            discard,
            write_out: given.value("-w").map(read_format).transpose()?,
        })
    }

    /// Asks once.
    ///
    /// # Errors
    /// When it would leave the container.
    pub(super) fn run(&self, own: &Own) -> Result<Outcome, Refusal> {
        Ok(self.outcome(self.request.send(own)?))
    }

    fn outcome(&self, result: Result<Answer, Fault>) -> Outcome {
        let status = result.as_ref().map_or(0, |answer| answer.status);
        let place = &self.request.authority;
        let mut outcome = match result {
            Ok(_) if self.fail && status >= 400 => {
                self.failed(22, &format!("{place} answered {status}"))
            }
            Ok(_) if self.discard => Outcome::default(),
            Ok(Answer { head, .. }) if self.request.method == Method::Head => {
                Outcome { out: head, ..Outcome::default() }
            }
            Ok(Answer { body, .. }) => Outcome { out: body, ..Outcome::default() },
            Err(fault) => self.failed(exit_code(&fault), &format!("{place}: {fault}")),
        };
        if let Some(format) = &self.write_out {
            outcome.out.extend(format.replace(STATUS, &format!("{status:03}")).into_bytes());
        }
        outcome
    }

    fn failed(&self, code: u8, why: &str) -> Outcome {
        if self.silent {
            return Outcome { code, ..Outcome::default() };
        }
        Outcome::failed(code, &format!("curl: ({code}) {why}"))
    }
}

/// Of the manual's list.
fn exit_code(fault: &Fault) -> u8 {
    match fault {
        Fault::NotHttp => 1,
        Fault::Connect(_) => 7,
        Fault::Cut => 18,
        Fault::Late => 28,
        Fault::Empty => 52,
        Fault::Receive(_) => 56,
        Fault::TooLong => 63,
    }
}

/// The text of `-w`, of whose variables the status is the only one.
fn read_format(text: &str) -> Result<String, Refusal> {
    let rest = text.replace(STATUS, "");
    if rest.contains('%') {
        return Err(Refusal::new(format!("`-w {text}` has more than {STATUS}")));
    }
    Ok(text.replace("\\n", "\n").replace("\\r", "\r").replace("\\t", "\t"))
}

const STATUS: &str = "%{http_code}";

const FLAGS: [Flag; 9] = [
    Flag::switch(&["-f", "--fail"]),
    Flag::switch(&["-s", "--silent"]),
    Flag::switch(&["-S", "--show-error"]),
    Flag::switch(&["-I", "--head"]),
    // Without certificates there is nothing to be lenient with.
    Flag::switch(&["-k", "--insecure"]),
    Flag::valued(&["-m", "--max-time"]),
    Flag::valued(&["-o", "--output"]),
    Flag::valued(&["-w", "--write-out"]),
    Flag::valued(&["--unix-socket"]),
];

#[cfg(test)]
mod tests {
    use std::io;
    use std::time::Duration;

    use super::*;

    fn curl(words: &str) -> Result<Curl, Refusal> {
        Curl::read(&words.split(' ').map(str::to_owned).collect::<Vec<_>>())
    }

    fn answer(status: u16) -> Answer {
        Answer { status, head: b"HTTP/1.1 200 OK\r\n\r\n".into(), body: b"OK".into() }
    }

    fn assert_outcome(words: &str, status: u16, code: u8, out: &str, err: &str) {
        let outcome = curl(words).unwrap().outcome(Ok(answer(status)));
        let printed =
            (String::from_utf8(outcome.out).unwrap(), String::from_utf8(outcome.err).unwrap());
        assert_eq!((outcome.code, printed), (code, (out.into(), err.into())), "{words}: {status}");
    }

    #[test]
    fn an_answer_is_printed_and_fails_only_if_told_to() {
        let failed = "curl: (22) localhost answered 503\n";
        for (words, status, code, out, err) in [
            ("http://localhost", 200, 0, "OK", ""),
            ("localhost", 503, 0, "OK", ""),
            ("-f localhost", 200, 0, "OK", ""),
            ("-f localhost", 302, 0, "OK", ""),
            ("-f localhost", 503, 22, "", failed),
            ("-fs localhost", 503, 22, "", ""),
            ("-fsS localhost", 503, 22, "", failed),
            ("--fail --silent --max-time 5 localhost", 503, 22, "", ""),
            ("-k -o /dev/null localhost", 200, 0, "", ""),
            ("-I localhost", 200, 0, "HTTP/1.1 200 OK\r\n\r\n", ""),
            ("-sI -o /dev/null localhost", 200, 0, "", ""),
            ("-s -o /dev/null -w %{http_code} localhost", 403, 0, "403", ""),
            ("-s -f -w %{http_code}\\n localhost", 403, 22, "403\n", ""),
        ] {
            assert_outcome(words, status, code, out, err);
        }
    }

    #[test]
    fn every_fault_has_the_code_of_the_manual_and_no_status() {
        let curl = curl("-s -w %{http_code} localhost").unwrap();
        let refused = || io::Error::from(io::ErrorKind::ConnectionRefused);
        for (fault, code) in [
            (Fault::Connect(refused()), 7),
            (Fault::Late, 28),
            (Fault::Empty, 52),
            (Fault::Receive(refused()), 56),
            (Fault::Cut, 18),
            (Fault::NotHttp, 1),
            (Fault::TooLong, 63),
        ] {
            let outcome = curl.outcome(Err(fault));
            assert_eq!((outcome.code, outcome.out.as_slice()), (code, &b"000"[..]));
        }
    }

    #[test]
    fn a_request_goes_where_the_words_say() {
        let curl =
            curl("-sf --max-time 5 --unix-socket /var/run/docker.sock http://d/_ping").unwrap();
        assert_eq!(curl.request.place, Place::Unix("/var/run/docker.sock".into()));
        assert_eq!(
            (curl.request.path.as_str(), curl.request.limit),
            ("/_ping", Duration::from_secs(5))
        );
    }

    #[test]
    fn what_would_send_something_or_write_a_file_is_refused() {
        for words in [
            "-X POST localhost",
            "-d x localhost",
            "-H a:b localhost",
            "-o /tmp/x localhost",
            "-O localhost",
            "-L localhost",
            "-w %{json} localhost",
            "-k https://localhost:2376/_ping",
            "-T x localhost",
            "--max-time soon localhost",
            "-f",
        ] {
            assert!(curl(words).is_err(), "{words}");
        }
    }
}
