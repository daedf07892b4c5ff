//! One deadline over all that blocks, the resolver included.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use std::{io, thread};

/// What `work` gives, or `None` if it takes longer than `limit`: it is left behind then, and ends
/// with the process.
///
/// # Errors
/// When no thread can be had.
pub(super) fn within<T: Send + 'static>(
    limit: Duration,
    work: impl FnOnce() -> T + Send + 'static,
) -> io::Result<Option<T>> {
    let end = Instant::now() + limit;
    let (caller, place) = (thread::current(), Arc::new(Mutex::new(None)));
    let result = Arc::clone(&place);
    thread::Builder::new().spawn(move || {
        let done = work();
        *lock(&place) = Some(done);
        caller.unpark();
    })?;
    loop {
        let left = end.saturating_duration_since(Instant::now());
        let done = lock(&result).take();
        if done.is_some() || left.is_zero() {
            return Ok(done);
        }
        thread::park_timeout(left);
    }
}

/// Nothing panics with the lock held.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

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
