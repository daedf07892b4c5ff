//! One deadline over all that blocks, the resolver included.

use std::io;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

/// What `work` gives, or `None` if it takes longer than `limit`: it is left behind then, and ends
/// with the process.
///
/// # Errors
/// When no thread can be had.
pub(super) fn within<T: Send + 'static>(
    limit: Duration,
    work: impl FnOnce() -> T + Send + 'static,
) -> io::Result<Option<T>> {
    let (sender, receiver) = mpsc::channel();
    thread::Builder::new().spawn(move || {
        // Nobody may wait for it any more.
        let _late: Result<(), _> = sender.send(work());
    })?;
    Ok(receiver.recv_timeout(limit).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_that_never_ends_is_left_behind() {
        let (_sender, never) = mpsc::channel::<()>();
        let result = within(Duration::from_millis(10), move || never.recv().is_ok());
        assert_eq!(result.unwrap(), None);
    }

    #[test]
    fn work_that_ends_in_time_gives_its_result() {
        assert_eq!(within(Duration::from_secs(10), || 7).unwrap(), Some(7));
    }
}
