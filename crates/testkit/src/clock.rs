//! Programs that see another time than the machine: faketime, which a dynamically linked program
//! loads before the C library.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use tempfile::TempDir;

use crate::{Program, skip};

/// The clock of the programs that get its [`variables`](Self::variables). Timers go on by the
/// machine's.
#[derive(Debug)]
pub struct Clock {
    library: String,
    folder: TempDir,
}

impl Clock {
    /// One that shows the machine's time. `None`: there is no faketime, and the test is skipped.
    #[must_use = "without faketime the test must return"]
    pub fn or_skip() -> Option<Self> {
        let faketime = skip::require_tool("faketime")?;
        // Where the library is, only the program knows; `-m` is for threads.
        let output = Program::new(faketime).args(["-m", "now", "printenv", "LD_PRELOAD"]).run();
        let library = String::from_utf8(output.stdout).expect("a path is text").trim().to_owned();
        let folder = tempfile::tempdir().expect("a folder for a clock");
        let clock = Self { library, folder };
        clock.ahead(Duration::ZERO);
        Some(clock)
    }

    /// From now on it is so far ahead of the machine's, for programs that run already too.
    pub fn ahead(&self, shift: Duration) {
        self.set("+", shift);
    }

    /// From now on it is so far behind the machine's.
    pub fn behind(&self, shift: Duration) {
        self.set("-", shift);
    }

    /// What a program's environment must hold.
    pub fn variables(&self) -> [(&'static str, String); 4] {
        [
            ("LD_PRELOAD", self.library.clone()),
            ("FAKETIME_TIMESTAMP_FILE", self.file().display().to_string()),
            ("FAKETIME_NO_CACHE", "1".to_owned()),
            ("FAKETIME_DONT_FAKE_MONOTONIC", "1".to_owned()),
        ]
    }

    fn set(&self, sign: &str, shift: Duration) {
        // Renamed, for a program may read it at any moment.
        let new = self.folder.path().join("new");
        fs::write(&new, format!("{sign}{}\n", shift.as_secs())).expect("a file for a clock");
        fs::rename(new, self.file()).expect("a file for a clock");
    }

    fn file(&self) -> PathBuf {
        self.folder.path().join("clock")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_sees_its_time() {
        let Some(clock) = Clock::or_skip() else { return };
        let seconds = || {
            let program = clock.variables().into_iter();
            let program = program
                .fold(Program::new("date"), |program, (name, value)| program.env(name, value));
            let output = program.arg("+%s").run();
            String::from_utf8(output.stdout).unwrap().trim().parse::<i64>().unwrap()
        };
        let now = seconds();
        clock.ahead(Duration::from_secs(86_400));
        assert!((86_400..86_460).contains(&(seconds() - now)));
        clock.behind(Duration::from_secs(86_400));
        assert!((-86_400..-86_340).contains(&(seconds() - now)));
    }
}
