//! An Engine that reads requests as Go's `net/http` does, with all its lenience, and more.

use std::io::{self, Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use tempfile::TempDir;

use super::{bind, open_folder};

/// Reads what arrives as leniently as anybody might, records each request that it sees, and answers
/// it with `200 OK`.
///
/// It is for what must never arrive: who smuggles a request past a gate shows up here, even where
/// today's Engine would refuse it.
///
/// - Lines end with a bare line feed too, bodies at an empty size of a chunk, and trailers at the
///   first empty line, as in Go's server before 1.23.
/// - Targets aren't looked at; a folded line belongs to the one before; spaces before a colon do no
///   harm; any `Transfer-Encoding` that ends with `chunked` is; behind `Connection: close`, and behind
///   HTTP/1.0, the next request is read all the same.
#[derive(Debug)]
pub struct LenientEngine {
    seen: Arc<Mutex<Vec<Vec<u8>>>>,
    stopped: Arc<AtomicBool>,
    socket: PathBuf,
    _folder: TempDir,
}

/// In what it differs from Go.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Manner {
    /// In nothing: chunks count, where there is a length too.
    Go,
    /// The length counts, where there are chunks too.
    Lengths,
    /// It says 101 to whoever asks for an upgrade, and reads on.
    Upgrades,
}

impl LenientEngine {
    /// One on a unix socket in a folder of its own.
    pub fn start(manner: Manner) -> Self {
        let folder = open_folder().expect("a folder for a socket");
        let socket = folder.path().join("engine.sock");
        let listener = bind(&socket).expect("a unix listener");
        let (seen, stopped) = (Arc::<Mutex<Vec<_>>>::default(), Arc::<AtomicBool>::default());
        let shared = (Arc::clone(&seen), Arc::clone(&stopped));
        thread::spawn(move || {
            let (seen, stopped) = shared;
            for stream in listener.incoming().map_while(Result::ok) {
                if stopped.load(Ordering::Relaxed) {
                    return;
                }
                let seen = Arc::clone(&seen);
                thread::spawn(move || {
                    stream.set_read_timeout(Some(PATIENCE)).expect("a timeout");
                    let mut connection = Connection { input: Input::new(stream), manner, seen };
                    // Whoever sends nonsense, or nothing any more, is done with.
                    while connection.serve_one().is_ok() {}
                });
            }
        });
        Self { seen, stopped, socket, _folder: folder }
    }

    /// Its socket.
    pub fn socket(&self) -> &Path {
        &self.socket
    }

    /// The first line of each request that was seen so far.
    pub fn requests(&self) -> Vec<Vec<u8>> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Drop for LenientEngine {
    fn drop(&mut self) {
        self.stopped.store(true, Ordering::Relaxed);
        // It waits for a connection.
        let _ignored = UnixStream::connect(&self.socket);
    }
}

struct Connection {
    input: Input,
    manner: Manner,
    seen: Arc<Mutex<Vec<Vec<u8>>>>,
}

/// What of a head says where a body ends.
#[derive(Default)]
struct Head {
    chunked: bool,
    length: Option<usize>,
    expects: bool,
    upgrades: bool,
}

impl Connection {
    fn serve_one(&mut self) -> io::Result<()> {
        let mut first = self.input.line()?;
        while first.is_empty() {
            first = self.input.line()?;
        }
        let head = self.head()?;
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).push(first.clone());
        if head.expects {
            self.input.stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n")?;
        }
        if head.upgrades && self.manner == Manner::Upgrades {
            return self.input.stream.write_all(
                b"HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n",
            );
        }
        match head.length {
            Some(length) if !head.chunked || self.manner == Manner::Lengths => {
                self.input.skip(length)?;
            }
            _ if head.chunked => self.chunks()?,
            _ => {}
        }
        let body: &[u8] = if first.starts_with(b"HEAD ") { b"" } else { b"OK" };
        self.input
            .stream
            .write_all(&[b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n", body].concat())
    }

    fn head(&mut self) -> io::Result<Head> {
        let mut head = Head::default();
        let mut lines: Vec<Vec<u8>> = Vec::new();
        loop {
            let line = self.input.line()?;
            if line.is_empty() {
                break;
            }
            match lines.last_mut() {
                Some(last) if line.starts_with(b" ") || line.starts_with(b"\t") => {
                    last.extend(line);
                }
                _ => lines.push(line),
            }
        }
        for line in lines {
            let line = String::from_utf8_lossy(&line).to_ascii_lowercase();
            let Some((name, value)) = line.split_once(':') else { continue };
            let value = value.trim();
            match name.trim() {
                "transfer-encoding" => head.chunked |= value.ends_with("chunked"),
                "content-length" if head.length.is_none() => head.length = value.parse().ok(),
                "expect" => head.expects = true,
                "upgrade" => head.upgrades = true,
                _ => {}
            }
        }
        Ok(head)
    }

    /// Go's `internal.chunkedReader` and `http.body.readTrailer`.
    fn chunks(&mut self) -> io::Result<()> {
        loop {
            let line = self.input.line()?;
            let size = line.split(|&byte| byte == b';').next().unwrap_or_default();
            let size = String::from_utf8_lossy(size);
            let size = match size.trim() {
                "" => 0,
                digits => usize::from_str_radix(digits, 16).map_err(io::Error::other)?,
            };
            if size == 0 {
                while !self.input.line()?.is_empty() {}
                return Ok(());
            }
            self.input.skip(size)?;
            if !self.input.line()?.is_empty() {
                return Err(io::Error::other("a chunk doesn't end where it should"));
            }
        }
    }
}

struct Input {
    stream: UnixStream,
    held: Vec<u8>,
}

impl Input {
    fn new(stream: UnixStream) -> Self {
        Self { stream, held: Vec::new() }
    }

    /// A line without its end, be that with a carriage return or without.
    fn line(&mut self) -> io::Result<Vec<u8>> {
        loop {
            if let Some(end) = self.held.iter().position(|&byte| byte == b'\n') {
                let mut line: Vec<u8> = self.held.drain(..=end).collect();
                line.pop();
                line.pop_if(|byte| *byte == b'\r');
                return Ok(line);
            }
            self.fill()?;
        }
    }

    fn skip(&mut self, mut bytes: usize) -> io::Result<()> {
        loop {
            let now = bytes.min(self.held.len());
            self.held.drain(..now);
            bytes -= now;
            if bytes == 0 {
                return Ok(());
            }
            self.fill()?;
        }
    }

    fn fill(&mut self) -> io::Result<()> {
        let mut buffer = [0; 16 * 1024];
        let read = self.stream.read(&mut buffer)?;
        if read == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.held.extend_from_slice(&buffer[..read]);
        Ok(())
    }
}

/// How long a connection may say nothing.
const PATIENCE: Duration = Duration::from_secs(60);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{DEADLINE, Endpoint, wait};

    fn sees(manner: Manner, sent: &[u8]) -> Vec<String> {
        let engine = LenientEngine::start(manner);
        let mut stream = Endpoint::from(engine.socket()).connect();
        stream.send(sent);
        stream.shutdown_write();
        let _answers = stream.drain(DEADLINE);
        wait::eventually(DEADLINE, "all is read", || Arc::strong_count(&engine.seen) == 2);
        engine.requests().iter().map(|line| String::from_utf8_lossy(line).into_owned()).collect()
    }

    #[test]
    fn what_go_takes_for_the_end_of_a_body_is_one() {
        for end in ["0\r\n\r\n", "0\nX: y\n\n", "0;a\n\r\n", "\r\n\r\n", ";a=b\r\n\r\n"] {
            let sent =
                format!("GET /a HTTP/1.1\nTransfer-Encoding: chunked\n\n{end}GET /b HTTP/1.1\n\n");
            assert_eq!(
                sees(Manner::Go, sent.as_bytes()),
                ["GET /a HTTP/1.1", "GET /b HTTP/1.1"],
                "{end:?}"
            );
        }
    }

    #[test]
    fn a_length_and_chunks_are_read_in_either_way() {
        let sent =
            b"GET /a HTTP/1.1\r\nContent-Length: 33\r\nTransfer-Encoding : x, chunked\r\n\r\n\
            0\r\n\r\nGET /hidden HTTP/1.1\r\nX: y\r\n\r\nGET /b HTTP/1.1\r\n\r\n";
        assert!(sees(Manner::Go, sent).contains(&"GET /hidden HTTP/1.1".to_owned()));
        assert!(!sees(Manner::Lengths, sent).contains(&"GET /hidden HTTP/1.1".to_owned()));
    }

    #[test]
    fn what_follows_an_upgrade_is_read() {
        let sent =
            b"GET /a HTTP/1.1\r\nUpgrade: x\r\nContent-Length: 99\r\n\r\nPOST /b HTTP/1.1\r\n\r\n";
        assert_eq!(sees(Manner::Upgrades, sent).len(), 2);
    }
}
