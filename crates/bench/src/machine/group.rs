//! Control groups that count processor time. Making one usually takes root.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;
use std::{fs, process};

use anyhow::Context as _;

/// A group of this run. Dropping it removes it, which works once its processes have ended.
#[derive(Debug)]
pub(crate) struct Group {
    folder: PathBuf,
    version: Version,
}

#[derive(Clone, Copy, Debug)]
enum Version {
    One,
    Two,
}

impl Group {
    /// Makes one. None where that isn't allowed, or there are none.
    pub(crate) fn create(name: &str) -> Option<Self> {
        let roots = [
            ("/sys/fs/cgroup/cpuacct/cpuacct.usage", Version::One),
            ("/sys/fs/cgroup/cpu,cpuacct/cpuacct.usage", Version::One),
            ("/sys/fs/cgroup/cgroup.controllers", Version::Two),
        ];
        let (sign, version) = roots.into_iter().find(|(sign, _)| Path::new(sign).exists())?;
        let folder = Path::new(sign).with_file_name(format!("bench-{}-{name}", process::id()));
        fs::create_dir(&folder).ok()?;
        Some(Self { folder, version })
    }

    /// The same command, but run in this group from its first instruction on.
    pub(crate) fn wrap(&self, command: &Command) -> Command {
        let mut wrapped = Command::new("/bin/sh");
        wrapped.args(["-c", r#"echo $$ >"$0" && exec "$@""#]);
        wrapped.arg(self.folder.join("cgroup.procs"));
        wrapped.arg(command.get_program()).args(command.get_args()).env_clear();
        wrapped.envs(
            command.get_envs().filter_map(|(name, value)| Some::<(&OsStr, &OsStr)>((name, value?))),
        );
        if let Some(folder) = command.get_current_dir() {
            wrapped.current_dir(folder);
        }
        wrapped
    }

    /// What was used so far.
    pub(crate) fn cpu(&self) -> anyhow::Result<Duration> {
        let (file, parse): (_, fn(&str) -> Option<Duration>) = match self.version {
            Version::One => ("cpuacct.usage", nanoseconds),
            Version::Two => ("cpu.stat", usage),
        };
        let path = self.folder.join(file);
        let text = fs::read_to_string(&path)
            .with_context(|| format!("cannot read `{}`", path.display()))?;
        parse(&text).with_context(|| format!("`{}` isn't as it should be", path.display()))
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        drop(fs::remove_dir(&self.folder));
    }
}

/// `cpuacct.usage` of version 1.
fn nanoseconds(text: &str) -> Option<Duration> {
    text.trim().parse().ok().map(Duration::from_nanos)
}

/// `cpu.stat` of version 2.
fn usage(text: &str) -> Option<Duration> {
    let value = text.lines().find_map(|line| line.strip_prefix("usage_usec "))?;
    value.trim().parse().ok().map(Duration::from_micros)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_versions_are_read() {
        assert_eq!(nanoseconds("1500000000\n"), Some(Duration::from_millis(1500)));
        assert_eq!(
            usage("usage_usec 2500000\nuser_usec 1\nsystem_usec 2\n"),
            Some(Duration::from_millis(2500))
        );
        assert_eq!(usage("nr_periods 0\n"), None);
    }
}
