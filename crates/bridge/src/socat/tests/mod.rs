use super::{Front, Listen, Recognised, Socat, recognise};

mod address_errors;
mod addresses;
mod errors;
mod flags;
mod option_errors;
mod options;
mod value_errors;

/// Recognises a line of words; `{L}` and `{U}` are the addresses that nearly everybody writes.
fn line(text: &str) -> Result<Option<Recognised>, String> {
    let text = text.replace("{L}", "TCP-LISTEN:2375,fork");
    let text = text.replace("{U}", "UNIX-CONNECT:/var/run/docker.sock");
    words(&text.split_whitespace().collect::<Vec<_>>())
}

fn words(words: &[&str]) -> Result<Option<Recognised>, String> {
    let words: Vec<_> = words.iter().copied().map(str::to_owned).collect();
    let switches = ["check", "health", "help", "no-browser-guard", "version"];
    recognise(&words, |flag| !switches.contains(&flag)).map_err(|error| error.to_string())
}

fn socat(text: &str) -> Socat {
    line(text).unwrap().unwrap_or_else(|| panic!("`{text}` was left to clap")).socat
}

fn listen(text: &str) -> Listen {
    match socat(text).front {
        Front::Listen(listen) => *listen,
        Front::Stdio => panic!("`{text}` is standard input and output"),
    }
}

fn warnings(text: &str) -> Vec<String> {
    socat(text).warnings
}

/// Each pair: a command line, and the whole error that it gets.
fn assert_errors(cases: &[(&str, &str)]) {
    for (text, message) in cases {
        assert_eq!(line(text).unwrap_err(), *message, "{text}");
        assert!(!message.contains('\n') && !message.contains("  "), "{message:?} is one line");
    }
}
