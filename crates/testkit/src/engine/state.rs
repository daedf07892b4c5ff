//! What a stand-in Engine remembers.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use hyper::{HeaderMap, Method, Uri, Version};

/// A request whose head arrived.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Recorded {
    /// The method, such as `GET`.
    pub method: String,
    /// Path and query, as they were sent.
    pub path: String,
    /// `HTTP/1.0`, `HTTP/1.1` or `HTTP/2.0`.
    pub version: String,
    /// Header lines; names in lower case.
    pub headers: Vec<(String, String)>,
}

impl Recorded {
    /// The value of the first header of that name, in any case.
    pub fn header(&self, name: &str) -> Option<&str> {
        let name = name.to_ascii_lowercase();
        self.headers.iter().find(|(other, _)| *other == name).map(|(_, value)| value.as_str())
    }
}

/// Shared by the thread of the test and the tasks of the Engine.
#[derive(Debug)]
pub(super) struct State {
    /// How long after the end of input a hijacked stream speaks.
    pub(super) late: Duration,
    pub(super) http2: bool,
    pub(super) api_version: String,
    seen: Mutex<Seen>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct Seen {
    requests: Vec<Recorded>,
    open: usize,
    accepted: usize,
}

impl State {
    pub(super) fn new(late: Duration, http2: bool, api_version: String) -> Self {
        let (seen, changed) = (Mutex::default(), Condvar::new());
        Self { late, http2, api_version, seen, changed }
    }

    pub(super) fn requests(&self) -> Vec<Recorded> {
        self.seen().requests.clone()
    }

    pub(super) fn open(&self) -> usize {
        self.seen().open
    }

    pub(super) fn accepted(&self) -> usize {
        self.seen().accepted
    }

    /// False if there aren't just `n` open connections within `deadline`.
    pub(super) fn wait_open(&self, n: usize, deadline: Duration) -> bool {
        let waited = self.changed.wait_timeout_while(self.seen(), deadline, |seen| seen.open != n);
        waited.unwrap_or_else(PoisonError::into_inner).0.open == n
    }

    pub(super) fn connected(&self) {
        let mut seen = self.seen();
        seen.open += 1;
        seen.accepted += 1;
        drop(seen);
        self.changed.notify_all();
    }

    pub(super) fn disconnected(&self) {
        self.seen().open -= 1;
        self.changed.notify_all();
    }

    pub(super) fn record(&self, method: &Method, uri: &Uri, version: Version, map: &HeaderMap) {
        let headers = map
            .iter()
            .map(|(name, value)| {
                (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned())
            })
            .collect();
        self.seen().requests.push(Recorded {
            method: method.to_string(),
            path: uri.path_and_query().map_or_else(|| uri.to_string(), ToString::to_string),
            version: format!("{version:?}"),
            headers,
        });
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
