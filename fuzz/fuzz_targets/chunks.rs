//! A chunked body that we take ends where Go sees its end, however it is cut into pieces.
#![no_main]

use docker_api_core::relay::Chunks;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (u8, &[u8])| {
    let (piece, bytes) = input;
    let whole = end(bytes, bytes.len().max(1));
    assert_eq!(end(bytes, usize::from(piece).max(1)), whole, "cut into pieces of {piece}");
    if let Some(end) = whole {
        assert_eq!(lenient(bytes), Some(end));
    }
});

/// Where it ends, if all of it is there.
fn end(bytes: &[u8], piece: usize) -> Option<usize> {
    let (mut chunks, mut taken) = (Chunks::new(), 0);
    for piece in bytes.chunks(piece) {
        taken += chunks.take(piece).ok()?;
        if chunks.is_over() {
            return Some(taken);
        }
    }
    None
}

/// As Go's `chunkedReader` and `readTrailer` do it: a bare line feed ends a line, an empty size is 0, and
/// the first empty line ends the trailers.
fn lenient(bytes: &[u8]) -> Option<usize> {
    let mut at = 0;
    let line = |at: &mut usize| {
        let length = bytes[*at..].iter().position(|&byte| byte == b'\n')?;
        let line = &bytes[*at..*at + length];
        *at += length + 1;
        Some(line.strip_suffix(b"\r").unwrap_or(line))
    };
    loop {
        let size = line(&mut at)?;
        let size = size.split(|&byte| byte == b';').next()?.trim_ascii();
        let size = size.iter().try_fold(0_u64, |size, &digit| {
            Some(size.checked_mul(16)? | u64::from(char::from(digit).to_digit(16)?))
        })?;
        if size == 0 {
            while !line(&mut at)?.is_empty() {}
            return Some(at);
        }
        at = at.checked_add(usize::try_from(size).ok()?)?.checked_add(2)?;
        if bytes.get(at - 2..at)? != b"\r\n" {
            return None;
        }
    }
}
