//! Variables that don't do what whoever set them will think.

use super::Profile;
use super::switches::{Switch, Switches, digits, is_on};
use crate::near::near;

type Variable<'v> = &'v dyn Fn(&str) -> Option<String>;

/// Names that users set and no profile reads, and what to write instead.
const IDLE: [(&str, &str); 9] = [
    ("DELETE", "POST=1 unlocks every method"),
    ("PUT", "POST=1 unlocks every method"),
    ("PATCH", "POST=1 unlocks every method"),
    ("OPTIONS", "POST=1 unlocks every method"),
    ("GET", "GET and HEAD are unlocked by a section, such as CONTAINERS=1"),
    ("HEAD", "GET and HEAD are unlocked by a section, such as CONTAINERS=1"),
    ("NOPOST", "without POST=1 only GET and HEAD pass"),
    ("ALLOW_POWER", "write ALLOW_START=1 and ALLOW_RESTARTS=1"),
    ("ALLOW_KILL", "ALLOW_RESTARTS=1 allows stop, restart and kill"),
];

/// Sections that hold nothing to GET.
const WRITE_ONLY: [&str; 5] = ["AUTH", "BUILD", "COMMIT", "GRPC", "SESSION"];

/// A warning for each.
pub(super) fn all(switches: &Switches, variable: Variable<'_>) -> Vec<String> {
    let words = switches.all().filter_map(|switch| word(switch, variable));
    let idle = IDLE.iter().filter(|(name, _)| is_meant(variable, name));
    let idle = idle.map(|(name, instead)| format!("the variable {name} does nothing: {instead}"));
    let powerless = switches.all().filter(|it| it.on).filter_map(|it| powerless(switches, it));
    let mut warnings: Vec<_> = words.chain(idle).chain(powerless).collect();
    warnings.extend(foreign(switches, variable));
    warnings.extend(misspelt(switches, variable));
    warnings
}

/// `true`, which denies.
fn word(Switch { name, .. }: &Switch, variable: Variable<'_>) -> Option<String> {
    let value = variable(name)?;
    let meant_off =
        ["", "false", "no", "off", "n", "f"].contains(&value.to_ascii_lowercase().trim());
    let is_word = digits(&value).is_none() && !meant_off;
    is_word.then(|| {
        // The value isn't shown: AUTH may be set to something else altogether.
        format!("the variable {name} is off: it takes a number; to switch it on write {name}=1")
    })
}

/// A variable that is on in vain.
fn powerless(switches: &Switches, Switch { name, .. }: &Switch) -> Option<String> {
    let is_action = switches.actions.iter().any(|action| action.switch.name == *name);
    let wants_post =
        WRITE_ONLY.contains(&name.as_str()) || is_action && switches.profile == Profile::Tecnativa;
    if wants_post && !switches.post.on {
        return Some(format!("the variable {name} does nothing without POST=1"));
    }
    let is_gate = switches.gates.iter().any(|(_, gate)| gate.name == *name);
    let holders = ["CONTAINERS", "LIBPOD_CONTAINERS", "LIBPOD_PODS"];
    let held = switches.all().any(|it| it.on && holders.contains(&it.name.as_str()));
    let idle = is_gate && !held;
    idle.then(|| format!("the variable {name} does nothing without CONTAINERS=1"))
}

/// What the other profile alone reads.
fn foreign(switches: &Switches, variable: Variable<'_>) -> Vec<String> {
    let name = switches.profile.name();
    let others = Profile::ALL.map(|profile| Switches::read(profile, variable));
    let foreign =
        others.iter().filter(|other| other.profile != switches.profile).flat_map(|other| {
            let only = |switch: &&Switch| switches.all().all(|known| known.name != switch.name);
            let meant = other.all().filter(only).filter(|switch| is_meant(variable, &switch.name));
            let other = other.profile.name();
            meant.map(move |Switch { name: variable, .. }| {
                format!("the variable {variable} does nothing in {name}: only {other} reads it")
            })
        });
    foreign.collect()
}

/// Names close to a known one. An environment can only be asked, so the slips are tried: a letter
/// less, two letters swapped, an S more, lower case.
fn misspelt(switches: &Switches, variable: Variable<'_>) -> Vec<String> {
    let other = Profile::ALL.map(|profile| Switches::read(profile, &|_| None));
    let known: Vec<&str> =
        other.iter().flat_map(Switches::all).map(|it| it.name.as_str()).collect();
    let idle = |name: &str| IDLE.iter().any(|(idle, _)| *idle == name);
    let own: Vec<&str> = switches.all().map(|switch| switch.name.as_str()).collect();
    let mut slips: Vec<String> = own.iter().flat_map(|name| slips(name)).collect();
    slips.sort_unstable();
    slips.dedup();
    slips.retain(|slip| !known.contains(&slip.as_str()) && !idle(slip) && is_meant(variable, slip));
    let warning = |slip: String| {
        let near = near(&slip, own.iter().copied())?;
        Some(format!("the variable {slip} does nothing: did you mean {near}?"))
    };
    slips.into_iter().filter_map(warning).collect()
}

fn slips(name: &str) -> Vec<String> {
    let mut slips = vec![format!("{name}S"), name.to_ascii_lowercase()];
    slips.extend(name.strip_suffix('S').map(str::to_owned));
    // Of short names too much is a letter's slip away: LOG isn't a misspelt LOGS to everybody.
    for at in (1..name.len()).filter(|_| name.len() > 4) {
        let (head, tail) = name.split_at(at);
        let (mut without, mut swapped) = (head.to_owned(), head.to_owned());
        without.extend(tail.chars().skip(1));
        let last = swapped.pop();
        swapped.extend(tail.chars().take(1).chain(last).chain(tail.chars().skip(1)));
        slips.extend([without, swapped]);
    }
    slips
}

/// Whether a variable is set as one sets a switch on: with a number, or with a word for yes.
fn is_meant(variable: Variable<'_>, name: &str) -> bool {
    let words = ["true", "yes", "on", "y"];
    let meant =
        |value: String| is_on(&value) || words.contains(&value.to_ascii_lowercase().as_str());
    variable(name).is_some_and(meant)
}
