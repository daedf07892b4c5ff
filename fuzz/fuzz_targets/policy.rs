//! A policy file gives roles or one line with its place; whatever it holds, denial wins.
#![no_main]

use docker_api_access::{Policy, Request, Verdict};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let policy = match Policy::parse("policy.toml", text) {
        Ok(policy) => policy,
        Err(error) => {
            let error = error.to_string();
            assert!(error.starts_with("policy.toml:") && !error.contains('\n'), "{error:?}");
            return;
        }
    };
    let built_in = Policy::built_in();
    for name in ["full", "read-only", "monitor"] {
        let judged = |policy: &Policy, target| {
            let role = policy.role(name).expect("built-in roles stay");
            role.judge(&Request { method: b"POST", target, grpc: false }).verdict
        };
        for target in [b"/containers/create".as_slice(), b"/v1.40/exec/x/start", b"/_ping"] {
            assert_eq!(judged(&policy, target), judged(&built_in, target), "{name}");
        }
    }
    // Nobody but who has or extends `full` is let through where no operation is known.
    for role in policy.roles().filter(|role| role.name() != "full" && !text.contains("full")) {
        let strange = Request { method: b"POST", target: b"/no/such/operation", grpc: false };
        if role.judge(&strange).verdict == Verdict::Allow {
            assert!(text.contains("allow-paths"), "{text}");
        }
    }
});
