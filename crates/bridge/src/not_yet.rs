//! Flags and variables of later versions: who writes one is told that, not that it is unknown.

/// What this version says to the flag in `word`, such as `--user` or `--user=1000`.
pub(crate) fn flag(word: &str) -> Option<String> {
    let word = word.split_once('=').map_or(word, |(flag, _)| flag);
    let word = if word == "-a" { "--access" } else { word };
    let name = word.strip_prefix("--")?;
    let (_, _, instead) = LATER.iter().find(|(flag, _, _)| *flag == name)?;
    Some(format!("`{word}` is not offered by this version yet: {instead}"))
}

/// The same for a variable that is set.
pub(crate) fn variable(name: &str) -> Option<String> {
    let (_, _, instead) = LATER.iter().find(|(_, variable, _)| *variable == name)?;
    Some(format!("the variable {name} does nothing in this version yet: {instead}"))
}

/// Flag, variable, and what to do until then. What comes leaves this list.
const LATER: [(&str, &str, &str); 7] = [
    ("access", "BRIDGE_ACCESS", OPEN),
    (
        "admin",
        "BRIDGE_ADMIN",
        "ask for `/_ping` through the bridge to see whether the Engine answers",
    ),
    ("health", "", "write `curl -f http://127.0.0.1:2375/_ping` as the health check"),
    ("learn", "BRIDGE_LEARN", "there are no roles to learn; leave it out"),
    ("log-requests", "BRIDGE_LOG_REQUESTS", "open access logs no requests; leave it out"),
    ("policy", "BRIDGE_POLICY", OPEN),
    (
        "user",
        "BRIDGE_USER",
        "start the bridge as that user, with `docker run --user` or User= of a systemd unit",
    ),
];

/// A setting that would restrict access must never be dropped in silence.
pub(crate) const OPEN: &str = "it has open access only, which is root for everyone who reaches the \
                               port; leave it out to run all the same";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flag_of_a_later_version_is_known_in_every_form() {
        for word in ["--access", "--access=read-only", "-a", "--user=root", "--health"] {
            assert!(flag(word).is_some_and(|text| text.contains("version yet")), "{word}");
        }
        for word in ["--listen", "--users", "access", "-u"] {
            assert_eq!(flag(word), None, "{word}");
        }
    }
}
