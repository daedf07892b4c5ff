//! Flags and variables of later versions: who writes one is told that, not that it is unknown.

use docker_api_core::variables::Variables;

/// What this version says to the flag in `word`, such as `--admin` or `--admin=:9376`.
pub(crate) fn flag(word: &str) -> Option<String> {
    let word = word.split_once('=').map_or(word, |(flag, _)| flag);
    let name = word.strip_prefix("--")?;
    let (_, _, instead) = LATER.into_iter().find(|(flag, _, _)| *flag == name)?;
    Some(format!("`{word}` is not offered by this version yet: {instead}"))
}

/// A line for each variable that is set and does no harm by doing nothing.
pub(crate) fn warnings(variables: &Variables) -> Vec<String> {
    LATER
        .into_iter()
        .filter_map(|(_, variable, instead)| {
            let (name, _) = variables.get(&[variable])?;
            Some(format!("the variable {name} does nothing in this version yet: {instead}"))
        })
        .collect()
}

/// Flag, variable, and what to do until then. What comes leaves this list.
const LATER: [(&str, &str, &str); 1] = [(
    "admin",
    "BRIDGE_ADMIN",
    "ask for `/_ping` through the bridge to see whether the Engine answers",
)];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flag_of_a_later_version_is_known_in_every_form() {
        for word in ["--admin", "--admin=x"] {
            assert!(flag(word).is_some_and(|text| text.contains("version yet")), "{word}");
        }
        for word in ["--listen", "--access", "--admins", "--health", "admin", "-u"] {
            assert_eq!(flag(word), None, "{word}");
        }
    }
}
