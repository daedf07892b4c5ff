//! Waiting for what no event announces.

use std::thread;
use std::time::{Duration, Instant};

/// Asks `is_so` again and again until it holds. Panics, naming `what`, if it doesn't in time.
pub fn eventually(deadline: Duration, what: &str, is_so: impl FnMut() -> bool) {
    assert!(holds_within(deadline, is_so), "not within {deadline:?}: {what}");
}

/// Asks `is_so` again and again. False if it didn't hold within `deadline`.
pub fn holds_within(deadline: Duration, mut is_so: impl FnMut() -> bool) -> bool {
    let end = Instant::now() + deadline;
    loop {
        if is_so() {
            return true;
        }
        if Instant::now() >= end {
            return false;
        }
        thread::sleep(PAUSE);
    }
}

/// Asserts that `is_so` holds now and goes on to hold for the whole of `period`.
///
/// For promises that nothing happens: keep the period short.
pub fn holds_throughout(period: Duration, what: &str, mut is_so: impl FnMut() -> bool) {
    let begin = Instant::now();
    loop {
        assert!(is_so(), "no longer so after {:?}: {what}", begin.elapsed());
        if begin.elapsed() >= period {
            return;
        }
        thread::sleep(PAUSE);
    }
}

/// Does nothing for a while, where the passing of time is what is tested.
pub fn pause(period: Duration) {
    thread::sleep(period);
}

const PAUSE: Duration = Duration::from_millis(10);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[should_panic(expected = "not within 20ms: the moon is blue")]
    fn what_never_comes_is_named() {
        eventually(Duration::from_millis(20), "the moon is blue", || false);
    }

    #[test]
    fn it_asks_until_it_is_so() {
        let mut asked = 0;
        eventually(Duration::from_secs(10), "asked three times", || {
            asked += 1;
            asked == 3
        });
    }
}
