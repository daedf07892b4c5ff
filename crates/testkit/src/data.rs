//! Bytes that can't be mistaken for others, and their digests.

use std::fmt::Write as _;

use sha2::{Digest as _, Sha256};

/// An endless supply of bytes that look random, the same each time.
#[derive(Clone, Debug)]
pub struct Pattern {
    state: u64,
    word: [u8; 8],
    used: usize,
}

impl Pattern {
    /// The one that `GET /bulk` of the stand-in Engine sends.
    pub fn new() -> Self {
        Self { state: 0x9e37_79b9_7f4a_7c15, word: [0; 8], used: 8 }
    }

    /// Fills `buffer` with the next bytes.
    pub fn fill(&mut self, buffer: &mut [u8]) {
        for byte in buffer {
            if self.used == self.word.len() {
                // xorshift64: quick, and no two stretches are alike.
                self.state ^= self.state << 13;
                self.state ^= self.state >> 7;
                self.state ^= self.state << 17;
                self.word = self.state.to_le_bytes();
                self.used = 0;
            }
            *byte = self.word[self.used];
            self.used += 1;
        }
    }
}

impl Default for Pattern {
    fn default() -> Self {
        Self::new()
    }
}

/// The first `length` bytes of [`Pattern`].
pub fn pattern(length: usize) -> Vec<u8> {
    let mut bytes = vec![0; length];
    Pattern::new().fill(&mut bytes);
    bytes
}

/// SHA-256, in lower-case hexadecimal digits.
pub fn digest(bytes: &[u8]) -> String {
    let mut digest = RunningDigest::default();
    digest.update(bytes);
    digest.finish()
}

/// The same of bytes that come in pieces.
#[derive(Clone, Debug, Default)]
pub struct RunningDigest(Sha256);

impl RunningDigest {
    /// Adds the next bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// The digest of all of them.
    pub fn finish(self) -> String {
        self.0.finalize().iter().fold(String::new(), |mut text, byte| {
            // Writing to a string can't fail.
            let _ignored = write!(text, "{byte:02x}");
            text
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pattern_is_the_same_however_it_is_cut() {
        let mut pieces = Pattern::new();
        let (mut first, mut second) = ([0; 13], [0; 100]);
        pieces.fill(&mut first);
        pieces.fill(&mut second);
        assert_eq!([first.as_slice(), &second].concat(), pattern(113));
    }

    #[test]
    fn digests_are_those_of_sha256sum() {
        assert_eq!(
            digest(b"hello\n"),
            "5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03"
        );
    }
}
