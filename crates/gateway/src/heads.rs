//! Spare buffers for heads.

use std::cell::RefCell;
use std::time::Duration;

/// A head has so long to come whole: dockerd's own limit (`ReadHeaderTimeout`).
pub(crate) const HEAD_TIMEOUT: Duration = Duration::from_secs(5 * 60);

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
    fn a_spare_buffer_is_empty_and_a_great_one_is_not_kept() {
        give_back(b"secret".to_vec());
        let lent = lend();
        assert!(lent.is_empty() && lent.capacity() > 0);
        give_back(Vec::with_capacity(SPARE_SIZE + 1));
        assert_eq!(lend().capacity(), 0);
    }
}
