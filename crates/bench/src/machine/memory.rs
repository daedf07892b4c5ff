//! Memory of a process tree.

use std::fs;

use anyhow::Context as _;

use super::tree;

/// Memory of a program and all that it started, in KiB.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct Memory {
    /// Resident: pages that processes share count for each.
    pub(crate) resident: u64,
    /// Proportional: pages that processes share count once in all.
    pub(crate) proportional: u64,
}

/// Reads it, `smaps_rollup` of each process.
pub(crate) fn of(root: u32) -> anyhow::Result<Memory> {
    let mut sum = Memory::default();
    for process in tree::below(root)? {
        let path = format!("/proc/{}/smaps_rollup", process.id);
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            // It ended since the tree was read. The root doesn't.
            Err(_) if process.id != root && !process.is_alive() => continue,
            Err(error) => return Err(error).with_context(|| format!("cannot read `{path}`")),
        };
        let one = Memory::parse(&text).with_context(|| format!("`{path}` holds no memory"))?;
        sum.resident += one.resident;
        sum.proportional += one.proportional;
    }
    Ok(sum)
}

impl Memory {
    fn parse(text: &str) -> Option<Self> {
        let field = |name: &str| {
            let line = text.lines().find_map(|line| line.strip_prefix(name))?;
            line.trim().strip_suffix("kB")?.trim_end().parse().ok()
        };
        Some(Self { resident: field("Rss:")?, proportional: field("Pss:")? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rollup_is_read() {
        let text = "55d0-7ffd ---p 00000000 00:00 0 [rollup]\n\
                    Rss:                3508 kB\nPss:                1702 kB\nPss_Dirty: 9 kB\n";
        assert_eq!(Memory::parse(text), Some(Memory { resident: 3508, proportional: 1702 }));
        assert_eq!(Memory::parse(""), None);
    }
}
