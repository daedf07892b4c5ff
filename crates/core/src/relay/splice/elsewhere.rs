//! Only Linux moves bytes between sockets by itself: here all are copied.

use std::io;
use std::sync::atomic::AtomicU64;

use crate::transport::Stream;

/// There is none.
#[derive(Debug)]
pub(crate) enum Pipe {}

impl Pipe {
    pub(crate) fn take() -> Option<Self> {
        None
    }

    pub(crate) fn give_back(self) {}

    pub(crate) fn fill(&mut self, _from: &Stream, _limit: u64) -> io::Result<usize> {
        match *self {}
    }

    #[expect(clippy::unused_async, reason = "Linux waits here")]
    pub(crate) async fn drain(&mut self, _to: &Stream, _moved: &AtomicU64) -> io::Result<()> {
        match *self {}
    }
}

pub(crate) fn max_pipes(_descriptor_limit: Option<u64>) -> u64 {
    0
}
