//! Flags of later versions: who writes one is told that, not that it is unknown.

/// What this version says to the flag in `word`, such as `--serve` or `--serve=ADDRESS`.
pub(crate) fn flag(word: &str) -> Option<String> {
    let word = word.split_once('=').map_or(word, |(flag, _)| flag);
    let name = word.strip_prefix("--")?;
    LATER.contains(&name).then(|| format!("`{word}` is not offered by this version yet: {INSTEAD}"))
}

/// The same for a variable that is set.
pub(crate) fn variable(name: &str) -> Option<String> {
    let flag = name.strip_prefix("PROBE_")?.to_ascii_lowercase().replace('_', "-");
    LATER
        .contains(&flag.as_str())
        .then(|| format!("it is not offered by this version yet: {INSTEAD}"))
}

/// What comes leaves this list.
const LATER: [&str; 3] = ["allow-host", "allow-target", "serve"];

const INSTEAD: &str =
    "leave it out, and run `probe --format prometheus --output FILE` from a timer";
