//! Flags and variables of later versions: who writes one is told that, not that it is unknown.

use docker_api_core::variables::Variables;

use crate::{Failure, Program};

/// What this version says to the flag in `word`, such as `--access` or `--access=full`.
pub(crate) fn flag(program: &Program, word: &str) -> Option<String> {
    let word = word.split_once('=').map_or(word, |(flag, _)| flag);
    let word = if word == "-a" { "--access" } else { word };
    let name = word.strip_prefix("--")?;
    let (_, _, instead) = later(program).into_iter().find(|(flag, _, _)| *flag == name)?;
    Some(format!("`{word}` is not offered by this version yet: {instead}"))
}

/// A setting that would restrict access must never be dropped in silence.
pub(crate) fn refuse_guarded_access(
    program: &Program,
    variables: &Variables,
) -> Result<(), Failure> {
    let access = variables.get(&["BRIDGE_ACCESS"]).filter(|(_, role)| *role != "full");
    match access.or_else(|| variables.get(&["BRIDGE_POLICY"])) {
        Some((name, _)) => Err(Failure::setting(name, no_roles(program))),
        None => Ok(()),
    }
}

/// Why a role other than `full` is refused.
pub fn no_roles(program: &Program) -> String {
    format!("not in this version: {}", program.open_access)
}

/// A line for each variable that is set and does no harm by doing nothing.
pub(crate) fn warnings(program: &Program, variables: &Variables) -> Vec<String> {
    let harmless = ["BRIDGE_LEARN", "BRIDGE_LOG_REQUESTS"];
    let later = later(program).into_iter().filter(|(_, variable, _)| harmless.contains(variable));
    later
        .filter_map(|(_, variable, instead)| {
            let (name, _) = variables.get(&[variable])?;
            Some(format!("the variable {name} does nothing in this version yet: {instead}"))
        })
        .collect()
}

/// Flag, variable, and what to do until then. What comes leaves this list.
fn later(program: &Program) -> [(&'static str, &'static str, &'static str); 4] {
    [
        ("access", "BRIDGE_ACCESS", program.open_access),
        ("learn", "BRIDGE_LEARN", "there are no roles to learn; leave it out"),
        ("log-requests", "BRIDGE_LOG_REQUESTS", "open access logs no requests; leave it out"),
        ("policy", "BRIDGE_POLICY", program.open_access),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::program;

    #[test]
    fn a_flag_of_a_later_version_is_known_in_every_form() {
        for word in ["--access", "--access=read-only", "-a", "--learn=x"] {
            assert!(
                flag(&program::tests::BRIDGE, word)
                    .is_some_and(|text| text.contains("version yet")),
                "{word}"
            );
        }
        for word in ["--listen", "--admin", "--accesses", "--health", "access", "-u"] {
            assert_eq!(flag(&program::tests::BRIDGE, word), None, "{word}");
        }
    }
}
