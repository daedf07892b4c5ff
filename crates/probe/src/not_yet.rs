//! Flags of later versions: who writes one is told that, not that it is unknown.

use docker_api_core::variables::Variables;

/// What this version says to the flag in `word`, such as `--serve` or `--serve=ADDRESS`.
pub(crate) fn flag(word: &str) -> Option<String> {
    let word = word.split_once('=').map_or(word, |(flag, _)| flag);
    let name = word.strip_prefix("--")?;
    LATER.contains(&name).then(|| format!("`{word}` is not offered by this version yet: {INSTEAD}"))
}

/// The first variable of a later version that is set, and what there is to say of it.
pub(crate) fn variable(variables: &Variables) -> Option<(&str, String)> {
    let names = ["PROBE_ALLOW_HOST", "PROBE_ALLOW_TARGET", "PROBE_SERVE"];
    let (name, _) = variables.get(&names)?;
    Some((name, format!("it is not offered by this version yet: {INSTEAD}")))
}

/// What comes leaves this list.
const LATER: [&str; 3] = ["allow-host", "allow-target", "serve"];

const INSTEAD: &str =
    "leave it out, and run `probe --format prometheus --output FILE` from a timer";
