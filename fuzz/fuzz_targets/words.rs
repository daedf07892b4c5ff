//! socat's words are read or refused, never misread: what may connect is never wider than what was said.
#![no_main]
#![allow(dead_code, reason = "the program has readers for all of it")]

use libfuzzer_sys::fuzz_target;

#[path = "../../crates/bridge/src/socat/mod.rs"]
mod socat;

fuzz_target!(|text: &str| {
    let words: Vec<String> = text.split('\n').map(str::to_owned).collect();
    let Ok(Some(recognised)) = socat::recognise(&words, |flag| flag == "log-level") else { return };
    let socat::Front::Listen(listen) = &recognised.socat.front else { return };
    if listen.range.is_none() {
        // Other words may hold it, such as the path of a socket.
        let said = words.iter().any(|word| {
            let word = word.to_ascii_lowercase();
            word.starts_with("tcp") && word.split(',').any(|option| option.starts_with("range="))
                && !word.contains(['"', '\'', '\\', '(', '[', '{'])
        });
        assert!(!said || is_upstreams(&words), "{words:?} lets everyone in");
    }
});

/// Whether the range stands at an address that is dialled.
fn is_upstreams(words: &[String]) -> bool {
    words.iter().any(|word| {
        let word = word.to_ascii_lowercase();
        word.contains("range=") && !word.contains("listen") && !word.starts_with("tcp-l")
    })
}
