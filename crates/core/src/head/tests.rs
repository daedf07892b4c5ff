//! Promises of the reader for any bytes, and how its parts fit together.

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;

/// Feeds the bytes in pieces that end at `cuts`, until the scanner has made up its mind.
fn look_in_pieces(bytes: &[u8], cuts: &[usize]) -> Look {
    let mut cuts: Vec<_> = cuts.iter().map(|cut| cut % (bytes.len() + 1)).collect();
    cuts.sort_unstable();
    cuts.push(bytes.len());
    let mut scanner = Scanner::new();
    for cut in cuts {
        let look = scanner.look(&bytes[..cut]);
        if look != Look::More {
            return look;
        }
    }
    Look::More
}

fn answer_in_pieces(bytes: &[u8], cuts: &[usize]) -> AnswerLook {
    let mut cuts: Vec<_> = cuts.iter().map(|cut| cut % (bytes.len() + 1)).collect();
    cuts.sort_unstable();
    cuts.push(bytes.len());
    let mut scanner = AnswerScanner::new();
    for cut in cuts {
        let look = scanner.look(&bytes[..cut]);
        if look != AnswerLook::More {
            return look;
        }
    }
    AnswerLook::More
}

/// Bytes that are often nearly a head.
fn nearly_a_head() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        Just(&b"GET /_ping HTTP/1.1\r\n"[..]),
        Just(&b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"[..]),
        Just(&b"PRI * HTTP/2.0\r\n"[..]),
        Just(&b"HTTP/1.1 200 OK\r\n"[..]),
        Just(&b"HTTP/1.1 100\n"[..]),
        Just(&b"Host: docker\r\n"[..]),
        Just(&b"a:\n"[..]),
        Just(&b" fold\n"[..]),
        Just(&b": \x01\r\n"[..]),
        Just(&b"\r\n"[..]),
        Just(&b"\n"[..]),
        Just(&b"\r"[..]),
        Just(&b"x"[..]),
    ];
    vec(piece, 0..8).prop_map(|pieces| pieces.concat())
}

fn trimmed(value: &[u8]) -> Vec<u8> {
    let is_text = |byte: &u8| !b" \t".contains(byte);
    let start = value.iter().position(is_text).unwrap_or(value.len());
    let end = value.iter().rposition(is_text).map_or(start, |last| last + 1);
    value[start..end].to_vec()
}

fn header() -> impl Strategy<Value = (String, Vec<u8>, &'static str)> {
    let byte = any::<u8>().prop_map(|byte| if b"\r\n\0".contains(&byte) { b' ' } else { byte });
    let value = vec(byte, 0..40);
    ("[!#$%&'*+.^_`|~0-9A-Za-z-]{1,20}", value, prop_oneof![Just("\r\n"), Just("\n")])
}

proptest! {
    #[test]
    fn the_pieces_in_which_bytes_arrive_do_not_matter(
        bytes in nearly_a_head(),
        cuts in vec(any::<usize>(), 0..6),
    ) {
        prop_assert_eq!(look_in_pieces(&bytes, &cuts), Scanner::new().look(&bytes));
        prop_assert_eq!(answer_in_pieces(&bytes, &cuts), AnswerScanner::new().look(&bytes));
    }

    #[test]
    fn no_bytes_make_the_reader_panic(bytes in vec(any::<u8>(), 0..200)) {
        let _ = Scanner::new().look(&bytes);
        let _ = AnswerScanner::new().look(&bytes);
        drop(with_connection_close(&bytes));
        drop(with_sandbox(&bytes));
        if let Ok(head) = parse(&bytes) {
            let _ = head.headers().count();
        }
    }

    #[test]
    fn nearly_a_head_does_not_make_the_reader_panic(bytes in nearly_a_head()) {
        if let Ok(head) = parse(&bytes) {
            let _ = head.headers().count();
        }
    }

    #[test]
    fn a_head_is_told_from_what_follows_it_and_read_in_full(
        headers in vec(header(), 0..20),
        rest in vec(any::<u8>(), 0..50),
        cuts in vec(any::<usize>(), 0..6),
    ) {
        let mut bytes = b"POST /containers/create?name=a HTTP/1.1\r\n".to_vec();
        for (name, value, end) in &headers {
            bytes.extend([name.as_bytes(), b": ", value, end.as_bytes()].concat());
        }
        bytes.extend(b"\r\n");
        let len = bytes.len();
        bytes.extend(rest);

        prop_assert_eq!(look_in_pieces(&bytes, &cuts), Look::Head(len));
        let head = parse(&bytes[..len]).unwrap();
        prop_assert_eq!(head.target, b"/containers/create?name=a");
        let read: Vec<_> =
            head.headers().map(|(name, value)| (name.to_vec(), value.to_vec())).collect();
        let sent: Vec<_> = headers.into_iter().map(|(name, value, _)| {
            (name.into_bytes(), trimmed(&value))
        }).collect();
        prop_assert_eq!(read, sent);
    }
}
