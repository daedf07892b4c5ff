//! Clients that came, that are here, and what was moved for them.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU16, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use time::OffsetDateTime;

use crate::relay::Moved;
use crate::transport::Who;

/// Every connection that was accepted.
#[derive(Debug, Default)]
pub struct Connections {
    accepted: AtomicU64,
    open: AtomicU64,
    panicked: AtomicU64,
    refused: [AtomicU64; Refused::ALL.len()],
    known: Mutex<Known>,
}

/// What is told of the connections whose client is known.
#[derive(Debug, Default)]
struct Known {
    /// Who came first is first.
    here: BTreeMap<Number, Arc<Who>>,
    /// What was moved for those that are gone.
    gone: Total,
}

/// Bytes that were moved.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Total {
    /// From clients to the Engine.
    pub up: u64,
    /// From the Engine to clients.
    pub down: u64,
}

/// What goes on on one connection. Relays count in it.
#[derive(Debug)]
pub struct Traffic {
    /// Since when it is there.
    pub since: OffsetDateTime,
    /// Bytes so far.
    pub moved: Moved,
    /// What is under way, by the number that whoever judges requests gives it; in open access, what
    /// was asked for last. 0: nothing, or nobody knows.
    pub operation: AtomicU16,
}

/// Why a client isn't served.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Refused {
    /// It isn't in `--allow-from`.
    AllowFrom,
    /// A web page sent it (open access; guarded access refuses single requests).
    BrowserGuard,
    /// Its first head can't be read, or is too long.
    BadRequest,
    /// Its TLS handshake came to nothing.
    Handshake,
}

/// Which of the connections that were accepted one is.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Number(u64);

/// A connection that is open as long as this is there.
#[derive(Debug)]
#[must_use]
pub struct Open<'a>(&'a Connections, Number);

/// The same, of a client that is known.
#[derive(Debug)]
#[must_use]
struct Entry<'a>(&'a Connections, Number);

impl Refused {
    /// Every reason.
    pub const ALL: [Self; 4] =
        [Self::AllowFrom, Self::BrowserGuard, Self::BadRequest, Self::Handshake];

    /// As metrics call it.
    pub fn word(self) -> &'static str {
        match self {
            Self::AllowFrom => "allow-from",
            Self::BrowserGuard => "browser-guard",
            Self::BadRequest => "bad-request",
            Self::Handshake => "tls-handshake",
        }
    }
}

impl Connections {
    /// Counts one more.
    pub fn accept(&self) -> Number {
        Number(self.accepted.fetch_add(1, Ordering::Relaxed))
    }

    /// One that was accepted is open until what this gives is dropped.
    pub fn begin(&self, number: Number) -> Open<'_> {
        self.open.fetch_add(1, Ordering::Relaxed);
        Open(self, number)
    }

    /// Counts one of those that were accepted as refused.
    pub fn refuse(&self, why: Refused) {
        self.refused[why as usize].fetch_add(1, Ordering::Relaxed);
    }

    /// How many came, refused ones included.
    pub fn accepted(&self) -> u64 {
        self.accepted.load(Ordering::Relaxed)
    }

    /// How many are open, handshakes included.
    pub fn open(&self) -> u64 {
        self.open.load(Ordering::Relaxed)
    }

    /// How many were ended by a fault of the bridge itself.
    pub fn panicked(&self) -> u64 {
        self.panicked.load(Ordering::Relaxed)
    }

    /// How many were refused so.
    pub fn refused(&self, why: Refused) -> u64 {
        self.refused[why as usize].load(Ordering::Relaxed)
    }

    /// What was moved in all.
    pub fn moved(&self) -> Total {
        let known = self.known();
        let live = known.here.values().map(|who| who.traffic.total());
        live.fold(known.gone, Total::plus)
    }

    /// The `most` clients that have been here longest, the oldest first.
    pub fn longest(&self, most: usize) -> Vec<Arc<Who>> {
        self.known().here.values().take(most).cloned().collect()
    }

    /// Shows each client that is here.
    pub fn each(&self, mut look: impl FnMut(&Who)) {
        self.known().here.values().for_each(|who| look(who));
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<'a> Open<'a> {
    /// The client is known from here on, until what this gives is dropped.
    pub fn by(&self, who: &Arc<Who>) -> impl Drop + use<'a> {
        self.0.known().here.insert(self.1, Arc::clone(who));
        Entry(self.0, self.1)
    }
}

impl Drop for Open<'_> {
    fn drop(&mut self) {
        if thread::panicking() {
            self.0.panicked.fetch_add(1, Ordering::Relaxed);
        }
        self.0.open.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Drop for Entry<'_> {
    fn drop(&mut self) {
        let mut known = self.0.known();
        if let Some(who) = known.here.remove(&self.1) {
            // In the same moment, so that no reading sees it twice or not at all.
            known.gone = known.gone.plus(who.traffic.total());
        }
    }
}

impl Traffic {
    /// Bytes so far.
    pub fn total(&self) -> Total {
        let Moved { up, down } = &self.moved;
        Total { up: up.load(Ordering::Relaxed), down: down.load(Ordering::Relaxed) }
    }
}

impl Default for Traffic {
    /// Nothing yet, from now on.
    fn default() -> Self {
        let since = OffsetDateTime::now_utc();
        Self { since, moved: Moved::default(), operation: AtomicU16::new(0) }
    }
}

impl Total {
    fn plus(self, other: Self) -> Self {
        Self { up: self.up + other.up, down: self.down + other.down }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transport::Peer;

    fn who(up: u64, down: u64) -> Arc<Who> {
        let who = Who::new(Peer::Unix, 0, None);
        who.traffic.moved.up.store(up, Ordering::Relaxed);
        who.traffic.moved.down.store(down, Ordering::Relaxed);
        Arc::new(who)
    }

    #[test]
    fn bytes_stay_counted_when_their_connection_goes() {
        let connections = Connections::default();
        let [one, two] = [(); 2].map(|()| connections.begin(connections.accept()));
        let first = one.by(&who(1, 2));
        let _second = two.by(&who(10, 20));
        assert_eq!(connections.moved(), Total { up: 11, down: 22 });
        drop(first);
        assert_eq!(connections.moved(), Total { up: 11, down: 22 });
        assert_eq!(connections.longest(9).len(), 1);
    }

    #[test]
    fn the_longest_come_first_and_no_more_than_asked_for() {
        let connections = Connections::default();
        let open: Vec<_> = (0..9).map(|_| connections.begin(connections.accept())).collect();
        // Threads are slower and faster.
        let by = |at: usize| open[at].by(&who(at as u64, 0));
        let _all = [4, 0, 8, 2, 1, 3, 7, 6, 5].map(by);
        let longest = connections.longest(4);
        let up: Vec<_> = longest.iter().map(|who| who.traffic.total().up).collect();
        assert_eq!(up, [0, 1, 2, 3]);
    }

    #[test]
    fn a_connection_is_open_until_it_is_dropped() {
        let connections = Connections::default();
        let [one, two] = [(); 2].map(|()| connections.begin(connections.accept()));
        assert_eq!(connections.open(), 2);
        drop((one, two));
        assert_eq!((connections.open(), connections.accepted()), (0, 2));
    }
}
