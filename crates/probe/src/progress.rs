//! How far it is, for people who wait at a terminal.

use std::io::{self, IsTerminal as _, Write as _};
use std::time::{Duration, Instant};

/// A line on standard error that is written over.
pub(crate) struct Progress {
    shown: Option<Shown>,
}

struct Shown {
    all: usize,
    done: usize,
    next: Instant,
    dirty: bool,
}

impl Progress {
    /// Nothing is shown for few targets, or where nobody looks.
    pub(crate) fn new(targets: usize, quiet: bool) -> Self {
        let wanted = targets >= MANY && !quiet && io::stderr().is_terminal();
        let now = Instant::now();
        Self { shown: wanted.then_some(Shown { all: 0, done: 0, next: now, dirty: false }) }
    }

    pub(crate) fn begin(&mut self, all: usize) {
        if let Some(shown) = &mut self.shown {
            (shown.all, shown.done) = (all, 0);
        }
    }

    /// One more is done.
    pub(crate) fn step(&mut self) {
        let Some(shown) = &mut self.shown else { return };
        shown.done += 1;
        let now = Instant::now();
        if now >= shown.next {
            shown.next = now + PAUSE;
            shown.dirty = true;
            let line = format!("\r{} of {} asked", shown.done, shown.all);
            let _closed: io::Result<()> = io::stderr().write_all(line.as_bytes());
        }
    }

    /// Takes the line away.
    pub(crate) fn clear(&mut self) {
        if let Some(shown) = &mut self.shown
            && std::mem::take(&mut shown.dirty)
        {
            let _closed: io::Result<()> = io::stderr().write_all(b"\r\x1b[K");
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.clear();
    }
}

const MANY: usize = 20;
const PAUSE: Duration = Duration::from_millis(100);
