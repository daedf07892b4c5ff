//! Memory for heads: how much all connections hold together, and spare buffers.

use std::cell::RefCell;
use std::ops::Deref;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// All heads of a process that are held at a time, in bytes.
pub(crate) const MAX_HEADS: usize = 64 << 20;

/// A head has so long to come whole: dockerd's own limit (`ReadHeaderTimeout`).
pub(crate) const HEAD_TIMEOUT: Duration = Duration::from_secs(5 * 60);

/// Bytes that are left for heads.
#[derive(Debug)]
pub(crate) struct Heads(AtomicUsize);

/// What one connection, or one request, has of them; it is given back when dropped.
#[derive(Debug)]
pub(crate) struct Share<H: Deref<Target = Heads>> {
    heads: H,
    bytes: usize,
}

impl Heads {
    pub(crate) fn new(bytes: usize) -> Self {
        Self(AtomicUsize::new(bytes))
    }
}

impl<H: Deref<Target = Heads>> Share<H> {
    /// A share of nothing yet.
    pub(crate) fn of(heads: H) -> Self {
        Self { heads, bytes: 0 }
    }

    /// Whether so many bytes, those it has included, were still to be had.
    pub(crate) fn grow_to(&mut self, bytes: usize) -> bool {
        let more = bytes.saturating_sub(self.bytes);
        let left = &self.heads.0;
        let had = left
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(more))
            .is_ok();
        if had {
            self.bytes += more;
        }
        had
    }

    /// Gives all of it back.
    pub(crate) fn give_back(&mut self) {
        self.heads.0.fetch_add(self.bytes, Ordering::Relaxed);
        self.bytes = 0;
    }
}

impl<H: Deref<Target = Heads>> Drop for Share<H> {
    fn drop(&mut self) {
        self.give_back();
    }
}

/// An empty buffer of this thread's spare ones.
pub(crate) fn lend() -> Vec<u8> {
    SPARE.with_borrow_mut(Vec::pop).unwrap_or_default()
}

/// Keeps a buffer for the next who needs one.
pub(crate) fn give_back(mut buffer: Vec<u8>) {
    if (1..=SPARE_SIZE).contains(&buffer.capacity()) {
        buffer.clear();
        SPARE.with_borrow_mut(|spare| {
            if spare.len() < SPARES {
                spare.push(buffer);
            }
        });
    }
}

/// As many as a thread has under way at a time.
const SPARES: usize = 64;

/// Heads of clients are shorter; longer ones are rare enough to be allocated.
const SPARE_SIZE: usize = 4096;

thread_local! {
    static SPARE: RefCell<Vec<Vec<u8>>> = const { RefCell::new(Vec::new()) };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_held_is_shared_and_comes_back() {
        let heads = Heads::new(100);
        let (mut one, mut two) = (Share::of(&heads), Share::of(&heads));
        assert!(one.grow_to(40));
        assert!(one.grow_to(60));
        assert!(one.grow_to(10), "less than it has");
        assert!(!two.grow_to(41));
        assert!(two.grow_to(40));
        drop(one);
        assert!(two.grow_to(100));
        assert!(!two.grow_to(101));
        drop(two);
        assert!(Share::of(&heads).grow_to(100));
    }

    #[test]
    fn a_spare_buffer_is_empty_and_a_great_one_is_not_kept() {
        give_back(b"secret".to_vec());
        let lent = lend();
        assert!(lent.is_empty() && lent.capacity() > 0);
        give_back(Vec::with_capacity(SPARE_SIZE + 1));
        assert_eq!(lend().capacity(), 0);
    }
}
