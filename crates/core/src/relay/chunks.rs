//! Where a chunked body ends (RFC 9112 section 7.1), read strictly.
//!
//! Go's reader ends trailers at a bare LF, and old ones take an empty size for 0: whoever reads
//! more strictly sees a body where the Engine already sees the next request. So everything here
//! is as the grammar has it, and anything else is an error.

use std::fmt;

use crate::head::{MAX_HEAD, is_field_byte, is_token_byte};

/// A place in a chunked body. It is fed the body's bytes in whatever pieces they come.
#[derive(Clone, Copy, Eq, PartialEq)]
pub struct Chunks {
    at: At,
    /// Of the size so far, then bytes of data that are still to come.
    size: u64,
    /// Bytes of the line so far, or of all trailers.
    length: usize,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum At {
    /// In the size; `length` counts its digits.
    Size,
    /// In spaces behind the size.
    Space,
    Extension,
    SizeLf,
    Data,
    DataCr,
    DataLf,
    /// At the begin of a trailer line, or of the last line.
    Trailer,
    TrailerName,
    TrailerValue,
    TrailerLf,
    LastLf,
    Over,
}

/// Why bytes are no chunked body.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum BadChunk {
    /// Data is longer than its size says, or isn't followed by CR LF.
    #[error("a chunk does not end where its size says")]
    Data,
    /// No size of 1 to 16 hexadecimal digits, or something behind it but spaces and an extension.
    #[error("a chunk's size is not 1 to 16 hexadecimal digits")]
    Size,
    /// A chunk's line that is longer than 4,096 bytes, or trailers that are longer than 1 MiB.
    #[error("a chunk's line or the trailers are too long")]
    TooLong,
    /// A line that is no header line, or doesn't end in CR LF.
    #[error("a trailer line is no header line")]
    Trailer,
}

impl Chunks {
    /// At the begin of a body.
    pub const fn new() -> Self {
        Self { at: At::Size, size: 0, length: 0 }
    }

    /// Whether the body's last byte has been taken.
    pub fn is_over(&self) -> bool {
        self.at == At::Over
    }

    /// How many of these bytes, which follow those taken before, belong to the body: all of them,
    /// unless it ends among them.
    ///
    /// # Errors
    /// When they can't belong to a chunked body. Nothing more is to be taken then.
    pub fn take(&mut self, bytes: &[u8]) -> Result<usize, BadChunk> {
        let mut taken = 0;
        while let Some(&byte) = bytes.get(taken) {
            match self.at {
                At::Over => break,
                At::Data => {
                    let here = (bytes.len() - taken) as u64;
                    let part = here.min(self.size);
                    self.size -= part;
                    if self.size == 0 {
                        self.at = At::DataCr;
                    }
                    // No more than `here`, which was a `usize`.
                    taken += usize::try_from(part).unwrap_or(usize::MAX);
                }
                _ => {
                    self.at = self.next(byte)?;
                    taken += 1;
                }
            }
        }
        Ok(taken)
    }

    fn next(&mut self, byte: u8) -> Result<At, BadChunk> {
        let limit = match self.at {
            At::Size | At::Space | At::Extension | At::SizeLf => MAX_LINE,
            _ => MAX_HEAD,
        };
        self.length += 1;
        if self.length > limit {
            return Err(BadChunk::TooLong);
        }
        match (self.at, byte) {
            (At::Size, digit) if digit.is_ascii_hexdigit() => {
                if self.length > MAX_DIGITS {
                    return Err(BadChunk::Size);
                }
                self.size = self.size << 4 | u64::from(hex(digit));
                Ok(At::Size)
            }
            (At::Size, _) if self.length == 1 => Err(BadChunk::Size),
            (At::Size | At::Space, b' ') => Ok(At::Space),
            (At::Size | At::Space, b';') => Ok(At::Extension),
            (At::Size | At::Space | At::Extension, b'\r') => Ok(At::SizeLf),
            (At::Extension, byte) if is_field_byte(byte) => Ok(At::Extension),
            (At::SizeLf, b'\n') => {
                self.length = 0;
                Ok(if self.size == 0 { At::Trailer } else { At::Data })
            }
            (At::DataCr, b'\r') => Ok(At::DataLf),
            (At::DataLf, b'\n') => {
                self.length = 0;
                Ok(At::Size)
            }
            (At::Trailer, b'\r') => Ok(At::LastLf),
            (At::Trailer | At::TrailerName, byte) if is_token_byte(byte) => Ok(At::TrailerName),
            (At::TrailerName, b':') => Ok(At::TrailerValue),
            (At::TrailerValue, b'\r') => Ok(At::TrailerLf),
            (At::TrailerValue, byte) if is_field_byte(byte) => Ok(At::TrailerValue),
            (At::TrailerLf, b'\n') => Ok(At::Trailer),
            (At::LastLf, b'\n') => Ok(At::Over),
            (At::Size | At::Space | At::Extension | At::SizeLf, _) => Err(BadChunk::Size),
            (At::Data | At::DataCr | At::DataLf | At::Over, _) => Err(BadChunk::Data),
            _ => Err(BadChunk::Trailer),
        }
    }
}

impl Default for Chunks {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Chunks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.at.fmt(f)
    }
}

/// The value of a hexadecimal digit.
fn hex(digit: u8) -> u8 {
    match digit {
        b'0'..=b'9' => digit - b'0',
        _ => (digit | 0x20) - b'a' + 10,
    }
}

/// A line with a chunk's size, its end included: one more than Go takes.
const MAX_LINE: usize = 4096;

/// As many as a `u64` has.
const MAX_DIGITS: usize = 16;

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    /// Bytes taken, and whether the body is over.
    fn take(bytes: &[u8]) -> Result<(usize, bool), BadChunk> {
        let mut chunks = Chunks::new();
        let taken = chunks.take(bytes)?;
        Ok((taken, chunks.is_over()))
    }

    #[test]
    fn a_body_ends_behind_its_trailers_and_not_before() {
        for body in [
            "0\r\n\r\n",
            "5\r\nhello\r\n0\r\n\r\n",
            "5 \r\nhello\r\n0  \r\n\r\n",
            "00005;a=b;c=\"d\te\"\r\nhello\r\n00\r\n\r\n",
            "0 ; x\r\n\r\n",
            "A\r\n0123456789\r\na\r\n0123456789\r\n0\r\nX-Digest:  a b \r\nY:\r\n\r\n",
            "3\r\n\r\n\r\r\n0\r\n\r\n",
        ] {
            let followed = format!("{body}GET / HTTP/1.1\r\n");
            assert_eq!(take(followed.as_bytes()), Ok((body.len(), true)), "{body:?}");
            for end in 0..body.len() {
                assert_eq!(take(&body.as_bytes()[..end]), Ok((end, false)), "{body:?} {end}");
            }
        }
    }

    #[test]
    fn what_engines_read_in_other_ways_is_no_body() {
        for (body, why) in [
            // Go ends trailers at a bare LF; 20.10's takes these sizes for 0.
            ("0\r\nX: a\n\n", BadChunk::Trailer),
            ("0\r\n\n", BadChunk::Trailer),
            ("0;a\n", BadChunk::Size),
            ("\r\n", BadChunk::Size),
            (";a=b\r\n", BadChunk::Size),
            (" 0\r\n", BadChunk::Size),
            ("\t0\r\n", BadChunk::Size),
            ("0\t\r\n", BadChunk::Size),
            ("0\n\r\n", BadChunk::Size),
            ("0\r\r\n", BadChunk::Size),
            ("0x5\r\n", BadChunk::Size),
            ("+5\r\n", BadChunk::Size),
            ("-1\r\n", BadChunk::Size),
            ("5 5\r\n", BadChunk::Size),
            ("5;a\0\r\n", BadChunk::Size),
            ("5;a\rb\r\n", BadChunk::Size),
            ("00000000000000005\r\n", BadChunk::Size),
            ("5\r\nhello0\r\n\r\n", BadChunk::Data),
            ("5\r\nhello\n0\r\n\r\n", BadChunk::Data),
            ("5\r\nhello\r0\r\n", BadChunk::Data),
            ("0\r\n folded: a\r\n\r\n", BadChunk::Trailer),
            ("0\r\nX: a\r\n\tb\r\n\r\n", BadChunk::Trailer),
            ("0\r\nX : a\r\n\r\n", BadChunk::Trailer),
            ("0\r\nno colon\r\n\r\n", BadChunk::Trailer),
            ("0\r\nnocolon\r\n\r\n", BadChunk::Trailer),
            ("0\r\n: a\r\n\r\n", BadChunk::Trailer),
            ("0\r\nX: \0\r\n\r\n", BadChunk::Trailer),
            ("0\r\nX: a\rb\r\n\r\n", BadChunk::Trailer),
            ("0\r\n\rX", BadChunk::Trailer),
        ] {
            assert_eq!(take(body.as_bytes()), Err(why), "{body:?}");
        }
    }

    #[test]
    fn lines_have_a_length_at_most() {
        let line = |length: usize| format!("1;{}\r\n", "x".repeat(length - 4));
        assert!(take(line(4096).as_bytes()).is_ok());
        assert_eq!(take(line(4097).as_bytes()), Err(BadChunk::TooLong));
        let trailers = format!("0\r\n{}", "X: a\r\n".repeat(200_000));
        assert_eq!(take(trailers.as_bytes()), Err(BadChunk::TooLong));
    }

    #[test]
    fn the_greatest_size_is_read() {
        assert_eq!(take(b"ffffffffffffffff\r\nabc"), Ok((21, false)));
    }

    /// Bytes that are often nearly a chunked body.
    fn nearly_chunked() -> impl Strategy<Value = Vec<u8>> {
        let piece = prop::sample::select(vec![
            "0",
            "5",
            "1a",
            "hello",
            "\r\n",
            "\r\n",
            "\r\n",
            "\n",
            "\r",
            ";",
            " ",
            "x=y",
            "X: a",
            "5\r\nhello\r\n",
            "0\r\n",
            "\0",
            "\t",
            ":",
        ]);
        vec(piece, 0..10).prop_map(|pieces| pieces.concat().into_bytes())
    }

    proptest! {
        #[test]
        fn the_pieces_in_which_a_body_comes_do_not_matter(
            bytes in nearly_chunked(),
            cuts in vec(any::<usize>(), 0..6),
        ) {
            let mut cuts: Vec<_> = cuts.iter().map(|cut| cut % (bytes.len() + 1)).collect();
            cuts.extend([0, bytes.len()]);
            cuts.sort_unstable();
            let mut chunks = Chunks::new();
            let in_pieces = cuts.windows(2).try_fold(0, |sum, cut| {
                chunks.take(&bytes[cut[0]..cut[1]]).map(|taken| sum + taken)
            });
            prop_assert_eq!(in_pieces.map(|taken| (taken, chunks.is_over())), take(&bytes));
        }

        #[test]
        fn what_is_written_as_chunks_is_taken_whole(
            chunks in vec(vec(any::<u8>(), 1..50), 0..6),
            extension in "( {0,3}(;[ -~]{0,20})?)?",
            trailers in vec("[a-zA-Z0-9-]{1,9}: ?[ -~]{0,20}\r\n", 0..3),
            rest in vec(any::<u8>(), 0..20),
        ) {
            let mut bytes = Vec::new();
            for chunk in &chunks {
                bytes.extend(format!("{:x}{extension}\r\n", chunk.len()).into_bytes());
                bytes.extend([chunk, &b"\r\n"[..]].concat());
            }
            bytes.extend(format!("0{extension}\r\n{}\r\n", trailers.concat()).into_bytes());
            let length = bytes.len();
            bytes.extend(rest);
            prop_assert_eq!(take(&bytes), Ok((length, true)));
        }

        #[test]
        fn a_size_that_is_taken_is_read_as_httparse_reads_it(line in "[0-9a-fA-F]{1,17}( |;[ -~]{0,4}){0,2}\r\n") {
            let mut chunks = Chunks::new();
            if chunks.take(line.as_bytes()).is_ok() {
                let read = httparse::parse_chunk_size(line.as_bytes());
                prop_assert_eq!(read, Ok(httparse::Status::Complete((line.len(), chunks.size))));
            }
        }
    }
}
