//! What the synthetic Engine answers.

use std::io::{self, Read, Write};
use std::thread;
use std::time::Duration;

use super::chunks::Chunks;
use crate::client::http::{Framing, Head};

/// Answers requests until the client ends.
pub(super) fn serve(mut stream: impl Read + Write) -> io::Result<()> {
    let list = list();
    let mut buffer = [0; 8 << 10];
    let mut filled = 0;
    loop {
        let head = loop {
            if let Some(head) = Head::parse(&buffer[..filled]) {
                break head;
            }
            let read = stream.read(&mut buffer[filled..])?;
            if read == 0 {
                return Ok(());
            }
            filled += read;
        };
        let route = Route::of(head.first_line);
        let rest = buffer[head.len..filled].to_vec();
        let body = receive(&mut stream, &rest, head.framing)?;
        filled = 0;
        match route {
            Route::List => stream.write_all(&list)?,
            Route::Export(bytes) => export(&mut stream, bytes)?,
            Route::Logs => two_writes(&mut stream)?,
            Route::Exec => return echo(stream),
            Route::Upload => {
                let text = body.to_string();
                write!(stream, "{OK}Content-Length: {}\r\n\r\n{text}", text.len())?;
            }
        }
    }
}

/// What a request asks for, told by the Engine's own paths, so that filters let it pass.
#[derive(Debug, Eq, PartialEq)]
enum Route {
    /// A small answer.
    List,
    /// So many bytes.
    Export(u64),
    /// A small answer in two writes.
    Logs,
    /// A hijacked stream that echoes.
    Exec,
    /// How many bytes came.
    Upload,
}

impl Route {
    fn of(first_line: &str) -> Self {
        let path = first_line.split(' ').nth(1).unwrap_or_default();
        let segments: Vec<&str> = path.split('/').collect();
        match segments[..] {
            [.., "containers", bytes, "export"] => Self::Export(bytes.parse().unwrap_or(0)),
            [.., "containers", _, "logs"] => Self::Logs,
            [.., "exec", _, "start"] => Self::Exec,
            _ if first_line.starts_with("GET ") => Self::List,
            _ => Self::Upload,
        }
    }
}

/// Reads a request's body, of which `first` came with the head. Returns its length in bytes.
fn receive(stream: &mut impl Read, first: &[u8], framing: Framing) -> io::Result<u64> {
    match framing {
        Framing::Length(length) => {
            let mut left = length.saturating_sub(first.len() as u64);
            if left == 0 {
                return Ok(length);
            }
            let mut block = vec![0; if left > 8 << 10 { BLOCK } else { 8 << 10 }];
            while left > 0 {
                match stream.read(&mut block)? as u64 {
                    0 => return Err(io::ErrorKind::UnexpectedEof.into()),
                    read => left = left.saturating_sub(read),
                }
            }
            Ok(length)
        }
        Framing::Chunked => {
            let mut chunks = Chunks::default();
            chunks.take(first)?;
            let mut block = vec![0; BLOCK];
            while !chunks.is_complete() {
                match stream.read(&mut block)? {
                    0 => return Err(io::ErrorKind::UnexpectedEof.into()),
                    read => chunks.take(&block[..read])?,
                }
            }
            Ok(chunks.bytes())
        }
    }
}

/// 960 bytes in all.
fn list() -> Vec<u8> {
    let head = format!("{OK}Content-Length: 860\r\n\r\n");
    let mut answer = head.into_bytes();
    answer.resize(answer.len() + 860, b' ');
    answer
}

fn export(stream: &mut impl Write, bytes: u64) -> io::Result<()> {
    write!(stream, "{OK}Content-Length: {bytes}\r\n\r\n")?;
    let block = vec![b'x'; BLOCK];
    let mut left = bytes;
    while left > 0 {
        let now = left.min(BLOCK as u64);
        stream.write_all(&block[..usize::try_from(now).unwrap_or(BLOCK)])?;
        left -= now;
    }
    Ok(())
}

/// As log streams do: the second write comes when the first is under way.
fn two_writes(stream: &mut impl Write) -> io::Result<()> {
    let body = [b'l'; 100];
    write!(stream, "{OK}Content-Length: {}\r\n\r\n", body.len())?;
    thread::sleep(BETWEEN_WRITES);
    stream.write_all(&body)
}

fn echo(mut stream: impl Read + Write) -> io::Result<()> {
    stream.write_all(
        b"HTTP/1.1 101 UPGRADED\r\nContent-Type: application/vnd.docker.raw-stream\r\n\
          Connection: Upgrade\r\nUpgrade: tcp\r\n\r\n",
    )?;
    let mut block = [0; 4 << 10];
    loop {
        let read = stream.read(&mut block)?;
        if read == 0 {
            return Ok(());
        }
        stream.write_all(&block[..read])?;
    }
}

const OK: &str = "HTTP/1.1 200 OK\r\nApi-Version: 1.41\r\nContent-Type: application/json\r\n";
/// What is read and written at once of a large body.
const BLOCK: usize = 256 << 10;
const BETWEEN_WRITES: Duration = Duration::from_micros(200);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_of_the_engine_say_what_is_wanted() {
        assert_eq!(Route::of("GET /v1.41/containers/json HTTP/1.1"), Route::List);
        assert_eq!(Route::of("GET /v1.41/containers/4096/export HTTP/1.1"), Route::Export(4096));
        assert_eq!(Route::of("GET /v1.41/containers/x/logs HTTP/1.1"), Route::Logs);
        assert_eq!(Route::of("POST /v1.41/exec/x/start HTTP/1.1"), Route::Exec);
        assert_eq!(Route::of("POST /v1.41/build HTTP/1.1"), Route::Upload);
        assert_eq!(Route::of("PUT /v1.41/containers/x/archive?path=/ HTTP/1.1"), Route::Upload);
    }

    #[test]
    fn a_body_is_read_by_its_framing() {
        let mut rest = &b"lo\r\n0\r\n\r\n"[..];
        assert_eq!(receive(&mut rest, b"5\r\nhel", Framing::Chunked).unwrap(), 5);
        let mut rest = &b"cdefNEXT"[..4];
        assert_eq!(receive(&mut rest, b"ab", Framing::Length(6)).unwrap(), 6);
        assert!(receive(&mut &b""[..], b"ab", Framing::Length(6)).is_err());
    }
}
