//! What a program prints, line by line, as it comes.

use std::io::{BufRead as _, BufReader, Read};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// The lines of both outputs, in the order in which they were read.
#[derive(Clone, Debug, Default)]
pub(super) struct Lines(Arc<(Mutex<Inner>, Condvar)>);

#[derive(Debug, Default)]
struct Inner {
    lines: Vec<String>,
    open: usize,
}

impl Lines {
    /// Reads `output` to its end on a thread of its own.
    pub(super) fn collect(&self, output: impl Read + Send + 'static) {
        self.inner().open += 1;
        let lines = self.clone();
        thread::spawn(move || {
            let mut reader = BufReader::new(output);
            let mut line = Vec::new();
            while reader.read_until(b'\n', &mut line).is_ok_and(|n| n > 0) {
                let text = String::from_utf8_lossy(&line).trim_end_matches('\n').to_owned();
                lines.inner().lines.push(text);
                lines.0.1.notify_all();
                line.clear();
            }
            lines.inner().open -= 1;
            lines.0.1.notify_all();
        });
    }

    pub(super) fn text(&self) -> String {
        self.inner().lines.iter().flat_map(|line| [line, "\n"]).collect()
    }

    /// The first line for which `wanted` holds. `None`: none came in time.
    pub(super) fn wait_for(
        &self,
        deadline: Duration,
        mut wanted: impl FnMut(&str) -> bool,
    ) -> Option<String> {
        let end = Instant::now() + deadline;
        let mut seen = 0;
        let mut inner = self.inner();
        loop {
            if let Some(line) = inner.lines[seen..].iter().find(|line| wanted(line)) {
                return Some(line.clone());
            }
            seen = inner.lines.len();
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() || (inner.open == 0 && seen == inner.lines.len()) {
                return None;
            }
            let woken = self.0.1.wait_timeout(inner, left);
            inner = woken.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Waits until both outputs are closed; a grandchild may hold them, hence the deadline.
    pub(super) fn wait_for_end(&self, deadline: Duration) {
        let woken = self.0.1.wait_timeout_while(self.inner(), deadline, |inner| inner.open > 0);
        drop(woken.unwrap_or_else(PoisonError::into_inner));
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.0.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
