//! An answer that is compared with its digest.

use std::io::Read as _;

use crate::data::RunningDigest;
use crate::{Endpoint, Stream};

/// The stand-in Engine's `GET /bulk`, whose head was read.
#[derive(Debug)]
pub struct Download {
    /// What comes next on it is the body.
    pub stream: Stream,
    digest: String,
    so_far: RunningDigest,
    left: usize,
}

impl Download {
    /// Asks for so many bytes, with a small receive buffer: whoever doesn't read stops the Engine.
    pub fn begin(endpoint: &Endpoint, bytes: usize) -> Self {
        let mut stream = endpoint.connect();
        stream.set_receive_buffer(64 * 1024);
        stream.send(format!("GET /bulk?bytes={bytes} HTTP/1.1\r\nHost: docker\r\n\r\n"));
        let head = stream.read_response_head();
        let digest = head.header("x-digest").expect("a digest").to_owned();
        Self { stream, digest, so_far: RunningDigest::default(), left: bytes }
    }

    /// Reads the next bytes. Panics if they don't come.
    pub fn read(&mut self, bytes: usize) {
        let mut piece = vec![0; bytes.min(self.left)];
        if let Err(error) = self.stream.read_exact(&mut piece) {
            panic!("{error} with {} bytes to come", self.left);
        }
        self.so_far.update(&piece);
        self.left -= piece.len();
    }

    /// Reads the rest. Panics if a byte is missing or another than was sent.
    pub fn finish(mut self) {
        self.read(self.left);
        assert_eq!(self.so_far.finish(), self.digest);
    }
}
