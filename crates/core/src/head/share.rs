//! How much memory the heads of all connections may hold together.

use std::ops::Deref;
use std::sync::atomic::{AtomicUsize, Ordering};

/// All heads of a gate that are held at a time, in bytes, but for the first 4 KiB of each.
pub const MAX_HEADS: usize = 64 << 20;

/// Longer than nearly all heads are: whoever sends long ones keeps out nobody else.
const FREE: usize = 4096;

/// Bytes that are left for heads.
#[derive(Debug)]
pub struct Heads(AtomicUsize);

/// What one connection, or one request, has of them; it is given back when dropped.
#[derive(Debug)]
#[must_use]
pub struct Share<H: Deref<Target = Heads>> {
    heads: H,
    bytes: usize,
}

impl Heads {
    /// So many bytes for all of them.
    pub fn new(bytes: usize) -> Self {
        Self(AtomicUsize::new(bytes))
    }
}

impl<H: Deref<Target = Heads>> Share<H> {
    /// A share of nothing yet.
    pub fn of(heads: H) -> Self {
        Self { heads, bytes: 0 }
    }

    /// Whether so many bytes, those it has included, were still to be had.
    pub fn grow_to(&mut self, bytes: usize) -> bool {
        let more = bytes.saturating_sub(FREE).saturating_sub(self.bytes);
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
    pub fn give_back(&mut self) {
        self.heads.0.fetch_add(self.bytes, Ordering::Relaxed);
        self.bytes = 0;
    }
}

impl<H: Deref<Target = Heads>> Drop for Share<H> {
    fn drop(&mut self) {
        self.give_back();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_held_is_shared_and_comes_back() {
        let heads = Heads::new(100);
        let (mut one, mut two) = (Share::of(&heads), Share::of(&heads));
        assert!(one.grow_to(FREE + 40));
        assert!(one.grow_to(FREE + 60));
        assert!(one.grow_to(10), "less than it has");
        assert!(!two.grow_to(FREE + 41));
        assert!(two.grow_to(FREE + 40));
        assert!(Share::of(&heads).grow_to(FREE), "a short one is always held");
        drop(one);
        assert!(two.grow_to(FREE + 100));
        assert!(!two.grow_to(FREE + 101));
        drop(two);
        assert!(Share::of(&heads).grow_to(FREE + 100));
    }
}
