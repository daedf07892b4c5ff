//! Reading with a deadline.

use std::io::{self, ErrorKind, Read as _};
use std::time::{Duration, Instant};

use super::Stream;
use crate::DEADLINE;
use crate::tls::{self, Alert};

impl Stream {
    /// Reads up to and with the empty line that ends a head, and not a byte more.
    pub fn read_head(&mut self) -> String {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            match self.read(&mut byte) {
                Ok(1) => head.push(byte[0]),
                Ok(_) => panic!("ended within a head, after {:?}", String::from_utf8_lossy(&head)),
                Err(error) => {
                    panic!("{error} within a head, after {:?}", String::from_utf8_lossy(&head))
                }
            }
        }
        String::from_utf8(head).expect("a head is text")
    }

    /// Reads one line, its `\n` included.
    pub fn read_line(&mut self) -> String {
        let mut line = Vec::new();
        while line.last() != Some(&b'\n') {
            let mut byte = [0];
            match self.read(&mut byte) {
                Ok(1) => line.push(byte[0]),
                Ok(_) => panic!("ended within a line, after {:?}", String::from_utf8_lossy(&line)),
                Err(error) => {
                    panic!("{error} within a line, after {:?}", String::from_utf8_lossy(&line))
                }
            }
        }
        String::from_utf8(line).expect("a line is text")
    }

    /// Reads just `n` bytes.
    pub fn read_exact_n(&mut self, n: usize) -> Vec<u8> {
        let mut bytes = vec![0; n];
        let mut filled = 0;
        while filled < n {
            match self.read(&mut bytes[filled..]) {
                Ok(0) => panic!("ended after {filled} of {n} bytes"),
                Ok(read) => filled += read,
                Err(error) => panic!("{error} after {filled} of {n} bytes"),
            }
        }
        bytes
    }

    /// Reads to the peer's end of writing. Panics if that doesn't come in time.
    pub fn read_to_end_within(&mut self, deadline: Duration) -> Vec<u8> {
        let (bytes, end) = self.drain(deadline);
        if let Err(error) = end {
            let shown = String::from_utf8_lossy(&bytes[..bytes.len().min(500)]);
            panic!("{error} after {} bytes: {shown:?}", bytes.len());
        }
        bytes
    }

    /// Reads to the peer's end of writing, to an error (a reset), or to the deadline
    /// (`ErrorKind::TimedOut`): what was read, and how it ended.
    pub fn drain(&mut self, deadline: Duration) -> (Vec<u8>, io::Result<()>) {
        let end = Instant::now() + deadline;
        let mut bytes = Vec::new();
        let mut buffer = vec![0; 64 * 1024];
        let result = loop {
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break Err(ErrorKind::TimedOut.into());
            }
            self.set_read_timeout(Some(left));
            match self.read(&mut buffer) {
                Ok(0) => break Ok(()),
                Ok(n) => bytes.extend_from_slice(&buffer[..n]),
                Err(error) if is_timeout(&error) => break Err(ErrorKind::TimedOut.into()),
                Err(error) => break Err(error),
            }
        };
        self.set_read_timeout(Some(DEADLINE));
        (bytes, result)
    }

    /// Asserts that the peer ends its writing in time, and writes nothing before.
    pub fn expect_eof(&mut self, deadline: Duration) {
        let bytes = self.read_to_end_within(deadline);
        assert!(bytes.is_empty(), "expected the end, got {:?}", String::from_utf8_lossy(&bytes));
    }

    /// Asserts that the connection ends in time, by a close or a reset; input is thrown away.
    pub fn expect_closed(&mut self, deadline: Duration) {
        let (bytes, end) = self.drain(deadline);
        if let Err(error) = end {
            assert_ne!(
                error.kind(),
                ErrorKind::TimedOut,
                "open still, after {} bytes",
                bytes.len()
            );
        }
    }

    /// Asserts that the connection ends in time by a reset; input is thrown away.
    pub fn expect_reset(&mut self, deadline: Duration) {
        let (bytes, end) = self.drain(deadline);
        let kind = end.err().map(|error| error.kind());
        assert_eq!(kind, Some(ErrorKind::ConnectionReset), "after {} bytes", bytes.len());
    }

    /// Asserts that the server sends an alert in time; input before it is thrown away.
    pub fn expect_alert(&mut self, deadline: Duration) -> Alert {
        let (bytes, end) = self.drain(deadline);
        let error = end.expect_err("an end by close_notify");
        tls::alert(&error)
            .unwrap_or_else(|| panic!("no alert after {} bytes, but: {error}", bytes.len()))
    }

    /// Asserts that nothing comes for a while, neither bytes nor an end.
    pub fn expect_silence(&mut self, period: Duration) {
        self.set_read_timeout(Some(period));
        let mut byte = [0];
        match self.read(&mut byte) {
            Ok(0) => panic!("expected silence, got the end"),
            Ok(_) => panic!("expected silence, got {:?}", char::from(byte[0])),
            Err(error) => assert!(is_timeout(&error), "expected silence, got {error}"),
        }
        self.set_read_timeout(Some(DEADLINE));
    }
}

/// Linux reports a read timeout as `EAGAIN`.
fn is_timeout(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut)
}
