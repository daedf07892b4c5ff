//! One HTTP/1.1 request (RFC 9112) over a connection of its own, blocking.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::os::unix::net::UnixStream;
use std::time::Duration;

use super::deadline::within;
use super::outcome::Refusal;
use super::own::{Own, Place, Target};

/// What is asked for, and how patiently.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Request {
    pub(super) place: Place,
    pub(super) method: Method,
    /// The header `Host`.
    pub(super) authority: String,
    pub(super) path: String,
    pub(super) agent: &'static str,
    /// The body is read if the status is below this.
    pub(super) body_below: u16,
    /// For all of it.
    pub(super) limit: Duration,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Method {
    Get,
    Head,
}

/// What came back.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Answer {
    pub(super) status: u16,
    /// Status line and headers, with the empty line behind them.
    pub(super) head: Vec<u8>,
    /// Without its transfer coding; empty if it wasn't read.
    pub(super) body: Vec<u8>,
}

/// Why nothing did.
#[derive(Debug, thiserror::Error)]
pub(super) enum Fault {
    #[error("cannot connect: {0}")]
    Connect(#[source] io::Error),
    #[error("the answer ends before its end")]
    Cut,
    #[error("the connection was closed without an answer: is the Engine behind it running?")]
    Empty,
    #[error("no answer in time")]
    Late,
    #[error("what listens there doesn't speak HTTP")]
    NotHttp,
    #[error("the connection broke: {0}")]
    Receive(#[source] io::Error),
    #[error("the answer has more than {MOST_BODY} bytes")]
    TooLong,
}

/// Whether somebody listens.
///
/// # Errors
/// When the place is neither the container itself nor the Engine; inside, when nobody does.
pub(super) fn reach(
    place: &Place,
    limit: Duration,
    own: &Own,
) -> Result<Result<(), Fault>, Refusal> {
    patiently(place, limit, own, |target| connect(target).map(drop))
}

impl Request {
    /// Asks.
    ///
    /// # Errors
    /// When the place is neither the container itself nor the Engine; inside, when there is no
    /// answer.
    pub(super) fn send(&self, own: &Own) -> Result<Result<Answer, Fault>, Refusal> {
        let request = self.clone();
        patiently(&self.place, self.limit, own, move |target| {
            let mut stream = connect(target)?;
            // Who answers early and closes has still answered.
            let sent = stream.write_all(request.head().as_bytes());
            let answer = request.read(&mut BufReader::new(stream));
            match (sent, answer) {
                (Err(error), Err(Fault::Empty)) => Err(Fault::Receive(error)),
                (_, answer) => answer,
            }
        })
    }

    fn head(&self) -> String {
        let Self { method, path, authority, agent, .. } = self;
        let method = match method {
            Method::Get => "GET",
            Method::Head => "HEAD",
        };
        format!(
            "{method} {path} HTTP/1.1\r\nHost: {authority}\r\nUser-Agent: {agent}\r\nAccept: */*\r\n\
             Connection: close\r\n\r\n"
        )
    }

    fn read(&self, from: &mut impl BufRead) -> Result<Answer, Fault> {
        let mut answer = Head::read(from)?;
        while (100..200).contains(&answer.status) && answer.status != 101 {
            answer = Head::read(from)?;
        }
        let Head { status, bytes, length } = answer;
        let has_body = self.method == Method::Get && ![101, 204, 304].contains(&status);
        let body =
            if has_body && status < self.body_below { length.read(from)? } else { Vec::new() };
        Ok(Answer { status, head: bytes, body })
    }
}

/// Finds a place and does something there, within a limit.
fn patiently<T: Send + 'static>(
    place: &Place,
    limit: Duration,
    own: &Own,
    work: impl FnOnce(&Target) -> Result<T, Fault> + Send + 'static,
) -> Result<Result<T, Fault>, Refusal> {
    let (place, own) = (place.clone(), own.clone());
    match within(limit, move || own.target(&place).map(|target| work(&target))) {
        Ok(Some(result)) => result,
        Ok(None) => Ok(Err(Fault::Late)),
        Err(error) => Ok(Err(Fault::Connect(error))),
    }
}

trait Stream: Read + Write {}

impl<S: Read + Write> Stream for S {}

fn connect(target: &Target) -> Result<Box<dyn Stream>, Fault> {
    match target {
        Target::Unix(path) => match UnixStream::connect(path) {
            Ok(stream) => Ok(Box::new(stream)),
            Err(error) => Err(Fault::Connect(error)),
        },
        Target::Tcp(addresses) => {
            let mut first = None;
            for address in addresses {
                match TcpStream::connect(address) {
                    Ok(stream) => return Ok(Box::new(stream)),
                    // That of ::1 may only say that there is no IPv6.
                    Err(error) => first = first.or(Some(error)),
                }
            }
            Err(Fault::Connect(first.unwrap_or_else(|| io::ErrorKind::AddrNotAvailable.into())))
        }
    }
}

/// Status line and headers.
struct Head {
    status: u16,
    bytes: Vec<u8>,
    length: Length,
}

/// How a body ends (RFC 9112, section 6.3).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Length {
    Bytes(u64),
    Chunks,
    ToTheEnd,
}

impl Head {
    fn read(from: &mut impl BufRead) -> Result<Self, Fault> {
        let mut from = from.take(MOST_HEAD);
        let mut bytes = Vec::new();
        let status = match read_line(&mut from, &mut bytes)? {
            [] => return Err(Fault::Empty),
            line => status(line).ok_or(Fault::NotHttp)?,
        };
        let mut length = Length::ToTheEnd;
        loop {
            let line = read_line(&mut from, &mut bytes)?;
            if line.is_empty() {
                return Err(Fault::Cut);
            }
            let line = line.trim_ascii();
            if line.is_empty() {
                return Ok(Self { status, bytes, length });
            }
            let Some((name, value)) =
                str::from_utf8(line).ok().and_then(|line| line.split_once(':'))
            else {
                continue;
            };
            if name.eq_ignore_ascii_case("transfer-encoding") {
                length = Length::Chunks;
            } else if name.eq_ignore_ascii_case("content-length") && length != Length::Chunks {
                length = Length::Bytes(value.trim().parse().map_err(|_| Fault::NotHttp)?);
            }
        }
    }
}

impl Length {
    fn read(self, from: &mut impl BufRead) -> Result<Vec<u8>, Fault> {
        let mut body = Vec::new();
        match self {
            Self::Bytes(count) => read_exactly(from, count, &mut body)?,
            Self::ToTheEnd => {
                from.take(MOST_BODY + 1).read_to_end(&mut body).map_err(Fault::Receive)?;
                if body.len() as u64 > MOST_BODY {
                    return Err(Fault::TooLong);
                }
            }
            Self::Chunks => loop {
                let mut line = Vec::new();
                let size = read_line(&mut from.take(MOST_HEAD), &mut line)?;
                let size = size.split(|&byte| byte == b';').next().unwrap_or(size).trim_ascii();
                let size =
                    str::from_utf8(size).ok().and_then(|size| u64::from_str_radix(size, 16).ok());
                match size {
                    None if line.is_empty() => return Err(Fault::Cut),
                    None => return Err(Fault::NotHttp),
                    // Trailers are of no interest, and the connection ends.
                    Some(0) => break,
                    Some(count) => read_exactly(from, count, &mut body)?,
                }
                read_line(&mut from.take(MOST_HEAD), &mut line)?;
            },
        }
        Ok(body)
    }
}

fn read_exactly(from: &mut impl Read, count: u64, body: &mut Vec<u8>) -> Result<(), Fault> {
    if count > MOST_BODY - body.len() as u64 {
        return Err(Fault::TooLong);
    }
    let read = from.take(count).read_to_end(body).map_err(Fault::Receive)?;
    if read as u64 == count { Ok(()) } else { Err(Fault::Cut) }
}

/// The next line with its end, which is also put behind `bytes`; empty where nothing comes.
fn read_line<'a>(from: &mut impl BufRead, bytes: &'a mut Vec<u8>) -> Result<&'a [u8], Fault> {
    let begin = bytes.len();
    from.read_until(b'\n', bytes).map_err(Fault::Receive)?;
    Ok(&bytes[begin..])
}

fn status(line: &[u8]) -> Option<u16> {
    let rest = line.strip_prefix(b"HTTP/1.")?;
    let (digits, _) =
        rest.strip_prefix(b"0 ").or_else(|| rest.strip_prefix(b"1 "))?.split_at_checked(3)?;
    let status = str::from_utf8(digits).ok()?.parse().ok()?;
    (100..1000).contains(&status).then_some(status)
}

const MOST_HEAD: u64 = 64 << 10;

/// More than any list of containers has.
const MOST_BODY: u64 = 16 << 20;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::url::Host;
    use super::*;

    fn request(method: Method, body_below: u16) -> Request {
        Request {
            place: Place::Tcp(Host::Name("localhost".into()), 2375),
            method,
            authority: "localhost:2375".into(),
            path: "/_ping?a=b".into(),
            agent: "curl",
            body_below,
            limit: Duration::from_secs(1),
        }
    }

    fn read(text: &[u8]) -> Result<Answer, Fault> {
        request(Method::Get, u16::MAX).read(&mut &*text)
    }

    #[test]
    fn a_request_has_no_browsers_signs_and_ends_the_connection() {
        assert_eq!(
            request(Method::Get, 300).head(),
            "GET /_ping?a=b HTTP/1.1\r\nHost: localhost:2375\r\nUser-Agent: curl\r\nAccept: */*\r\n\
             Connection: close\r\n\r\n"
        );
        assert!(request(Method::Head, 300).head().starts_with("HEAD /_ping"));
    }

    #[test]
    fn a_body_ends_by_its_length_its_chunks_or_the_connection() {
        for text in [
            "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nOK and more",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;x=y\r\nO\r\n1\r\nK\r\n0\r\n\r\n",
            "HTTP/1.0 200\n\nOK",
            "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n\r\nOK",
        ] {
            let answer = read(text.as_bytes()).unwrap();
            assert_eq!((answer.status, answer.body.as_slice()), (200, &b"OK"[..]), "{text}");
            assert!(answer.head.ends_with(b"\n") && answer.head.starts_with(b"HTTP/1."), "{text}");
        }
    }

    #[test]
    fn a_body_that_nobody_wants_or_that_cannot_be_is_not_read() {
        let endless = "HTTP/1.1 503 X\r\nContent-Length: 9\r\n\r\n";
        let status =
            |request: Request, text: &str| request.read(&mut text.as_bytes()).unwrap().status;
        assert_eq!(status(request(Method::Get, 400), endless), 503);
        assert_eq!(status(request(Method::Head, u16::MAX), endless), 503);
        assert_eq!(
            status(request(Method::Get, 999), "HTTP/1.1 204 X\r\nContent-Length: 9\r\n\r\n"),
            204
        );
    }

    #[test]
    fn an_answer_that_is_none_or_not_whole_is_a_fault() {
        for (text, fault) in [
            ("", "closed without"),
            ("SSH-2.0-OpenSSH\r\n", "HTTP"),
            ("HTTP/2 200\r\n\r\n", "HTTP"),
            ("HTTP/1.1 2", "HTTP"),
            ("HTTP/1.1 200 OK\r\nA: b\r\n", "before its end"),
            ("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nOK", "before its end"),
            ("HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\nOK", "HTTP"),
            ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nOK", "before its end"),
            ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nOK\r\n", "before its end"),
            ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nz\r\nOK", "HTTP"),
            ("HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\nOK", "16777216 bytes"),
        ] {
            let told = read(text.as_bytes()).unwrap_err().to_string();
            assert!(told.contains(fault), "{text}: {told}");
        }
    }

    proptest! {
        #[test]
        fn a_body_comes_out_of_its_chunks_as_it_went_in(chunks in prop::collection::vec(prop::collection::vec(any::<u8>(), 1..40), 0..6)) {
            let mut text = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n".to_vec();
            for chunk in &chunks {
                text.extend(format!("{:X}\r\n", chunk.len()).bytes());
                text.extend(chunk);
                text.extend(b"\r\n");
            }
            text.extend(b"0\r\n\r\n");
            prop_assert_eq!(read(&text).unwrap().body, chunks.concat());
        }

        #[test]
        fn any_bytes_are_an_answer_or_a_fault(text in "(HTTP/1.1 )?[0-9]{0,4}.{0,9}\r?\n(Content-Length: [0-9]{1,3}\r\n|Transfer-Encoding: chunked\r\n)?\r?\n?[0-9a-f\r\nx]{0,20}") {
            let _either = read(text.as_bytes());
        }
    }
}
