//! A process and those below it, from /proc.

use std::collections::BTreeSet;
use std::fs;
use std::time::Duration;

use anyhow::Context as _;

/// A process.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Process {
    /// Its id.
    pub(crate) id: u32,
    /// Its processor time, in ticks of the kernel.
    own: u64,
    /// That of its children for which it waited, and theirs.
    children: u64,
    parent: u32,
    /// When it started, in ticks: an id may be given anew.
    started: u64,
}

/// This process, if it lives, and all below it.
pub(crate) fn below(root: u32) -> anyhow::Result<Vec<Process>> {
    let mut processes = Vec::new();
    for entry in fs::read_dir("/proc").context("cannot read /proc")?.flatten() {
        let Some(id) = entry.file_name().to_str().and_then(|name| name.parse().ok()) else {
            continue;
        };
        // It may have ended since.
        if let Ok(stat) = fs::read_to_string(entry.path().join("stat")) {
            processes.extend(Process::parse(id, &stat));
        }
    }
    Ok(tree(root, &processes))
}

/// Ticks as a time.
pub(crate) fn duration(ticks: u64) -> Duration {
    let a_second = rustix::param::clock_ticks_per_second().max(1);
    Duration::from_millis(ticks * 1000 / a_second)
}

impl Process {
    /// Reads `/proc/ID/stat`. A name may hold anything, spaces and brackets too.
    fn parse(id: u32, stat: &str) -> Option<Self> {
        let (_, fields) = stat.rsplit_once(')')?;
        let fields: Vec<&str> = fields.split_ascii_whitespace().collect();
        // proc(5) counts from 1, and the two before the bracket's end are gone.
        let field = |number: usize| fields.get(number - 3)?.parse::<u64>().ok();
        Some(Self {
            id,
            own: field(14)? + field(15)?,
            children: field(16)? + field(17)?,
            parent: u32::try_from(field(4)?).ok()?,
            started: field(22)?,
        })
    }

    /// Its processor time, with that of children for which it waited.
    ///
    /// A tick is long for one of many processes that each do little, and where the kernel says it
    /// finer for threads that live, that is taken.
    pub(crate) fn cpu(&self) -> Duration {
        duration(self.own).max(self.threads()) + duration(self.children)
    }

    fn threads(&self) -> Duration {
        let Ok(threads) = fs::read_dir(format!("/proc/{}/task", self.id)) else {
            return Duration::ZERO;
        };
        threads
            .flatten()
            .filter_map(|thread| fs::read_to_string(thread.path().join("schedstat")).ok())
            .filter_map(|text| text.split(' ').next()?.parse().ok())
            .map(Duration::from_nanos)
            .sum()
    }

    /// Whether this very process runs still: it isn't a zombie either.
    pub(crate) fn is_alive(&self) -> bool {
        let Ok(stat) = fs::read_to_string(format!("/proc/{}/stat", self.id)) else { return false };
        let is_zombie = stat.rsplit_once(") ").is_some_and(|(_, rest)| rest.starts_with('Z'));
        let now = Self::parse(self.id, &stat);
        !is_zombie && now.is_some_and(|now| now.started == self.started)
    }
}

fn tree(root: u32, processes: &[Process]) -> Vec<Process> {
    let mut known = BTreeSet::from([root]);
    loop {
        let before = known.len();
        for process in processes {
            if known.contains(&process.parent) {
                known.insert(process.id);
            }
        }
        if known.len() == before {
            break;
        }
    }
    processes.iter().copied().filter(|process| known.contains(&process.id)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_brackets_and_spaces_is_no_trouble() {
        let stat = "7 (a) b) S 3 7 7 0 -1 4194560 200 0 0 0 11 5 2 1 20 0 1 0 100 1 1";
        assert_eq!(
            Process::parse(7, stat),
            Some(Process { id: 7, own: 16, children: 3, parent: 3, started: 100 })
        );
    }

    #[test]
    fn grandchildren_belong_to_the_tree_and_strangers_do_not() {
        let process = |id, parent| Process { id, own: 0, children: 0, parent, started: 0 };
        // A child may have a smaller id than its parent.
        let all = [process(2, 9), process(9, 5), process(5, 1), process(6, 1)];
        let ids: Vec<_> = tree(5, &all).iter().map(|process| process.id).collect();
        assert_eq!(ids, [2, 9, 5]);
    }

    #[test]
    fn this_process_is_found() {
        let own = std::process::id();
        let found = below(own).unwrap().into_iter().find(|process| process.id == own).unwrap();
        assert!(found.is_alive());
        assert!(!Process { started: found.started + 1, ..found }.is_alive(), "a newcomer");
    }
}
