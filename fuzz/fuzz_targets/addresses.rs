//! An address that is taken says, when it is shown, what is taken as the same again.
#![no_main]

use docker_api_core::address::{ListenAddress, UpstreamAddress};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    match ListenAddress::parse(text, 2376) {
        Ok(address) => {
            let shown = address.to_string();
            assert_eq!(ListenAddress::parse(&shown, 1).as_ref(), Ok(&address), "{shown}");
        }
        Err(error) => one_line(text, &error.to_string()),
    }
    match text.parse::<UpstreamAddress>() {
        Ok(address) => assert_eq!(address.to_string().parse().as_ref(), Ok(&address)),
        Err(error) => one_line(text, &error.to_string()),
    }
});

/// The text itself is part of it, and may be of any kind.
fn one_line(text: &str, error: &str) {
    let rest = error.replace(text, "");
    assert!(text.contains('\n') || !rest.contains('\n'), "{error:?}");
}
