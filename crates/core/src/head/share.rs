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

/// As room for a head grows, it skips what lies between: blocks of such sizes would leave holes in
/// the heap, while large ones come from the system and go back to it. What isn't written costs nothing.
const SMALL: usize = 64 << 10;
const LARGE: usize = 512 << 10;

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

    /// Adds to what is held, unless its room were more than is still to be had: then it stays as it
    /// was, and false comes back.
    pub fn extend(&mut self, held: &mut Vec<u8>, more: &[u8]) -> bool {
        let wanted = held.len() + more.len();
        if wanted > held.capacity() {
            let room = match wanted.max(2 * held.capacity()) {
                room @ ..=SMALL => room,
                room => room.max(LARGE),
            };
            if !self.grow_to(room) {
                return false;
            }
            held.reserve_exact(room - held.len());
        }
        held.extend_from_slice(more);
        true
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

    #[test]
    fn a_buffer_grows_only_where_its_share_has() {
        let heads = Heads::new(3 * FREE);
        let mut share = Share::of(&heads);
        let mut held = Vec::new();
        assert!(share.extend(&mut held, &[1; FREE]));
        assert!(share.extend(&mut held, &[2; 1]), "twice the room");
        assert_eq!((held.len(), held.capacity()), (FREE + 1, 2 * FREE));
        let mut other = Share::of(&heads);
        assert!(other.grow_to(3 * FREE), "what was left");
        assert!(!share.extend(&mut held, &[3; FREE]));
        assert_eq!((held.len(), held.capacity()), (FREE + 1, 2 * FREE), "as it was");
        drop(other);
        assert!(share.extend(&mut held, &[3; FREE]));
        assert_eq!(held.len(), 2 * FREE + 1);
    }
}
