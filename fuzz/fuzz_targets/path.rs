//! What a role says of a path doesn't depend on how its bytes are spelt, and nothing that is allowed can
//! be read in two ways.
#![no_main]

use std::sync::LazyLock;

use docker_api_access::{Policy, Request, Verdict};
use libfuzzer_sys::fuzz_target;

static POLICY: LazyLock<Policy> = LazyLock::new(Policy::built_in);
const METHODS: [&[u8]; 6] = [b"GET", b"HEAD", b"POST", b"PUT", b"DELETE", b"OPTIONS"];

fuzz_target!(|input: (u8, &[u8])| {
    let (method, target) = input;
    let method = METHODS[usize::from(method) % METHODS.len()];
    for name in ["read-only", "monitor"] {
        let role = POLICY.role(name).expect("a built-in role");
        let judge = |target: &[u8]| role.judge(&Request { method, target, grpc: false });
        let judgement = judge(target);
        let (path, query) = match target.iter().position(|&byte| byte == b'?') {
            Some(at) => target.split_at(at),
            None => (target, [].as_slice()),
        };
        if judgement.verdict != Verdict::Allow || path == b"*" {
            continue;
        }
        let decoded = decode(path).expect("what is allowed can be decoded");
        let text = str::from_utf8(&decoded).expect("what is allowed is text");
        assert!(!text.contains("//") && !text.chars().any(char::is_control), "{text:?}");
        assert!(!text.split('/').any(|segment| matches!(segment, "." | "..")), "{text:?}");

        let spelt: String = decoded[1..].iter().map(|byte| format!("%{byte:02x}")).collect();
        let spelt = [b"/", spelt.as_bytes(), query].concat();
        let again = judge(&spelt);
        assert_eq!((again.verdict, again.operation), (Verdict::Allow, judgement.operation));
    }
});

fn decode(path: &[u8]) -> Option<Vec<u8>> {
    let (mut rest, mut decoded) = (path, Vec::new());
    while let [first, tail @ ..] = rest {
        rest = tail;
        if *first != b'%' {
            decoded.push(*first);
            continue;
        }
        let (digits, tail) = rest.split_at_checked(2)?;
        decoded.push(u8::from_str_radix(str::from_utf8(digits).ok()?, 16).ok()?);
        rest = tail;
    }
    Some(decoded)
}
