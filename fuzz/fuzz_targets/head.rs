//! A head that we take has the end, the first line and the framing that a reader sees who ends lines at
//! any line feed, trims what it can, and takes the last of what is told twice.
#![no_main]

use docker_api_core::relay::Framing;
use docker_api_gateway::http1::{Request, Scanner};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (u8, &[u8])| {
    let (first, bytes) = input;
    let whole = Scanner::default().look(bytes);
    let mut scanner = Scanner::default();
    let begun = scanner.look(&bytes[..bytes.len().min(first.into())]);
    if matches!(begun, Ok(None)) {
        assert_eq!(scanner.look(bytes), whole, "cut behind {first} bytes");
    } else {
        assert_eq!(begun, whole, "decided by {first} bytes");
    }

    let Ok(Some(end)) = whole else { return };
    let Ok(request) = Request::read(&bytes[..end], None, false) else { return };
    let (lines, lenient_end) = lenient(bytes).expect("whoever is more lenient sees an end too");
    assert_eq!(lenient_end, end);
    let words: Vec<&[u8]> = lines[0].split(|&byte| byte == b' ').collect();
    assert_eq!(words.len(), 3);
    assert_eq!((words[0], words[1]), (request.method, request.target));
    assert!(request.path == b"*" || request.path.starts_with(b"/"));

    let values = |name: &str| -> Vec<Vec<u8>> {
        let of = |line: &&[u8]| {
            let colon = line.iter().position(|&byte| byte == b':')?;
            let own = line[..colon].trim_ascii();
            own.eq_ignore_ascii_case(name.as_bytes())
                .then(|| line[colon + 1..].trim_ascii().to_ascii_lowercase())
        };
        lines[1..].iter().filter_map(of).collect()
    };
    assert!(values("host").len() <= 1);
    match (values("transfer-encoding").pop(), values("content-length").pop()) {
        (None, None) => assert!(is_empty(&request.body)),
        (Some(coding), None) => {
            assert_eq!(coding, b"chunked");
            assert!(matches!(request.body, Framing::Chunked(_)));
        }
        (None, Some(length)) => {
            let length: u64 = String::from_utf8(length).unwrap().parse().unwrap();
            assert!(matches!(request.body, Framing::Exactly(n) if n == length));
        }
        (Some(_), Some(_)) => panic!("a length beside a coding"),
    }
});

fn is_empty(body: &Framing) -> bool {
    matches!(body, Framing::Exactly(0))
}

/// The lines up to the first empty one, and where that ends.
fn lenient(bytes: &[u8]) -> Option<(Vec<&[u8]>, usize)> {
    let (mut lines, mut at) = (Vec::new(), 0);
    loop {
        let length = bytes[at..].iter().position(|&byte| byte == b'\n')?;
        let line = &bytes[at..at + length];
        at += length + 1;
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if line.is_empty() && !lines.is_empty() {
            return Some((lines, at));
        }
        lines.push(line);
    }
}
