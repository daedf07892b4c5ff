//! What is said about the machine beside its figures.

use std::fs;
use std::thread;

use serde::Serialize;

/// A machine.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Machine {
    /// The processor's name.
    pub(crate) processor: String,
    /// Processors that this run may use.
    pub(crate) processors: usize,
    /// Memory, GiB.
    pub(crate) memory: u64,
    /// The kernel's name and release.
    pub(crate) kernel: String,
    /// The distribution.
    pub(crate) system: String,
}

impl Machine {
    /// This one.
    pub(crate) fn this() -> Self {
        let read = |path| fs::read_to_string(path).unwrap_or_default();
        let uname = rustix::system::uname();
        let memory = value(&read("/proc/meminfo"), "MemTotal", ':')
            .and_then(|text| text.trim_end_matches("kB").trim().parse::<u64>().ok());
        Self {
            processor: value(&read("/proc/cpuinfo"), "model name", ':')
                .unwrap_or_else(|| uname.machine().to_string_lossy().into_owned()),
            processors: thread::available_parallelism().map_or(1, usize::from),
            memory: memory.unwrap_or(0).div_ceil(1 << 20),
            kernel: format!(
                "{} {}",
                uname.sysname().to_string_lossy(),
                uname.release().to_string_lossy()
            ),
            system: value(&read("/etc/os-release"), "PRETTY_NAME", '=')
                .unwrap_or_else(|| "an unknown system".to_owned()),
        }
    }
}

fn value(text: &str, key: &str, separator: char) -> Option<String> {
    let (_, value) = text
        .lines()
        .filter_map(|line| line.split_once(separator))
        .find(|(name, _)| name.trim() == key)?;
    Some(value.trim().trim_matches('"').to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_found_by_name() {
        let text = "model\t\t: 36\nmodel name\t: AMD EPYC\n";
        assert_eq!(value(text, "model name", ':').as_deref(), Some("AMD EPYC"));
        let text = "NAME=x\nPRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\n";
        assert_eq!(
            value(text, "PRETTY_NAME", '=').as_deref(),
            Some("Debian GNU/Linux 12 (bookworm)")
        );
    }
}
