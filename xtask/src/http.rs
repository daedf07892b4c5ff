//! One HTTP request, enough to ask an Engine who it is.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

/// How long each step of a request may take.
const DEADLINE: Duration = Duration::from_secs(2);

/// The body of the answer to `GET path` on a unix socket; anything but a 200 is an error.
pub(crate) fn get_unix(socket: &Path, path: &str) -> io::Result<String> {
    let stream = UnixStream::connect(socket)?;
    stream.set_read_timeout(Some(DEADLINE))?;
    stream.set_write_timeout(Some(DEADLINE))?;
    get(stream, path)
}

/// The body of the answer to `GET path` on a TCP address; anything but a 200 is an error.
pub(crate) fn get_tcp(address: SocketAddr, path: &str) -> io::Result<String> {
    let stream = TcpStream::connect_timeout(&address, DEADLINE)?;
    stream.set_read_timeout(Some(DEADLINE))?;
    stream.set_write_timeout(Some(DEADLINE))?;
    get(stream, path)
}

/// HTTP/1.0, so that the answer comes without chunks and ends with the connection.
fn get(mut stream: impl Read + Write, path: &str) -> io::Result<String> {
    write!(stream, "GET {path} HTTP/1.0\r\nHost: docker\r\nUser-Agent: xtask\r\n\r\n")?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    body(&String::from_utf8_lossy(&answer)).map_err(io::Error::other)
}

fn body(answer: &str) -> Result<String, String> {
    let (head, body) =
        answer.split_once("\r\n\r\n").ok_or("it doesn't answer HTTP, or not to the end")?;
    let status_line = head.lines().next().unwrap_or_default();
    match status_line.split_ascii_whitespace().collect::<Vec<_>>()[..] {
        [version, "200", ..] if version.starts_with("HTTP/1.") => Ok(body.to_owned()),
        _ => Err(format!("it answers `{status_line}`")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_200_is_an_answer() {
        assert_eq!(body("HTTP/1.0 200 OK\r\nServer: x\r\n\r\nOK"), Ok("OK".to_owned()));
        assert_eq!(
            body("HTTP/1.1 403 Forbidden\r\n\r\n{}"),
            Err("it answers `HTTP/1.1 403 Forbidden`".to_owned())
        );
        assert!(body("").is_err());
        assert!(body("220 mail.example ESMTP\r\n").is_err());
    }
}
