//! Counts what a thread allocates.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

thread_local! {
    static COUNT: Cell<usize> = const { Cell::new(0) };
}

/// The system's allocator, which counts: the `#[global_allocator]` of a test that asks [`so_far`].
#[derive(Debug)]
pub struct Counting;

/// How often this thread has allocated; 0, unless [`Counting`] is the allocator.
pub fn so_far() -> usize {
    COUNT.get()
}

#[expect(unsafe_code, reason = "there is no safe way to watch an allocator")]
// SAFETY: the system's, and counting allocates nothing.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        COUNT.set(COUNT.get() + 1);
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        unsafe { System.dealloc(pointer, layout) }
    }
}
