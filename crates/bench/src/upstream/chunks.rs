//! The chunked coding (RFC 9112, section 7.1), as far as counting its bytes goes.

use std::io;

/// A chunked body that arrives in pieces.
#[derive(Debug, Default)]
pub(super) struct Chunks {
    state: State,
    bytes: u64,
}

#[derive(Debug, Default, Eq, PartialEq)]
enum State {
    /// Before a chunk: its size so far.
    #[default]
    Start,
    Size(u64),
    /// In a chunk, its line end included: bytes to come. The last chunk has none but that.
    Data {
        left: u64,
        is_last: bool,
    },
    Complete,
}

impl Chunks {
    /// Takes the next piece.
    pub(super) fn take(&mut self, mut piece: &[u8]) -> io::Result<()> {
        while let [first, rest @ ..] = piece {
            match self.state {
                State::Start => self.state = State::Size(digit(*first)?),
                State::Size(size) => match first {
                    b'\r' => {}
                    b'\n' => {
                        self.bytes += size;
                        self.state = State::Data { left: size + 2, is_last: size == 0 };
                    }
                    _ => self.state = State::Size(size << 4 | digit(*first)?),
                },
                State::Data { left, is_last } => {
                    let now = left.min(piece.len() as u64);
                    let (_, after) = piece.split_at(usize::try_from(now).unwrap_or(piece.len()));
                    piece = after;
                    self.state = match (left - now, is_last) {
                        (0, true) => State::Complete,
                        (0, false) => State::Start,
                        (left, _) => State::Data { left, is_last },
                    };
                    continue;
                }
                State::Complete => return Err(invalid("bytes behind the last chunk")),
            }
            piece = rest;
        }
        Ok(())
    }

    /// Whether the last chunk was seen.
    pub(super) fn is_complete(&self) -> bool {
        self.state == State::Complete
    }

    /// Bytes of the body, the coding left out.
    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }
}

fn digit(byte: u8) -> io::Result<u64> {
    match char::from(byte).to_digit(16) {
        Some(digit) => Ok(digit.into()),
        None => Err(invalid("a chunk's size that isn't hexadecimal")),
    }
}

fn invalid(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_is_counted_however_it_is_cut() {
        let body = b"1a\r\nabcdefghijklmnopqrstuvwxyz\r\n2\r\nhi\r\n0\r\n\r\n";
        for at in 0..=body.len() {
            let mut chunks = Chunks::default();
            chunks.take(&body[..at]).unwrap();
            assert_eq!(chunks.is_complete(), at == body.len());
            chunks.take(&body[at..]).unwrap();
            assert!(chunks.is_complete());
            assert_eq!(chunks.bytes(), 28);
        }
    }

    #[test]
    fn what_is_no_size_is_an_error() {
        assert!(Chunks::default().take(b"x\r\n").is_err());
        let mut chunks = Chunks::default();
        assert!(chunks.take(b"0\r\n\r\n0").is_err());
    }
}
