//! How long something took, in buckets.

use std::array;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Durations by bucket.
#[derive(Debug, Default)]
pub struct Histogram {
    /// One more than there are bounds: the last has what is longer than all of them.
    buckets: [AtomicU64; BOUNDS.len() + 1],
    nanoseconds: AtomicU64,
}

/// What a [`Histogram`] held at one moment.
#[derive(Clone, Debug, PartialEq)]
pub struct Seconds {
    /// How many durations each bucket has, not those of the buckets below it.
    pub buckets: [u64; BOUNDS.len() + 1],
    /// All durations together, in seconds.
    pub sum: f64,
}

impl Histogram {
    /// Adds one duration.
    pub fn observe(&self, duration: Duration) {
        let seconds = duration.as_secs_f64();
        let bucket = BOUNDS.partition_point(|bound| *bound < seconds);
        self.buckets[bucket].fetch_add(1, Ordering::Relaxed);
        // 584 years fit.
        let nanoseconds = u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX);
        self.nanoseconds.fetch_add(nanoseconds, Ordering::Relaxed);
    }

    /// What it holds now.
    pub fn read(&self) -> Seconds {
        let buckets = array::from_fn(|at| self.buckets[at].load(Ordering::Relaxed));
        let sum = Duration::from_nanos(self.nanoseconds.load(Ordering::Relaxed)).as_secs_f64();
        Seconds { buckets, sum }
    }
}

impl Seconds {
    /// How many durations there are.
    pub fn count(&self) -> u64 {
        self.buckets.iter().sum()
    }
}

/// Upper bounds of the buckets in seconds, each part of its bucket: from a local dial to an image
/// that is pulled.
pub const BOUNDS: [f64; 12] =
    [0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.25, 1.0, 2.5, 10.0, 30.0, 120.0];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_is_in_the_first_bucket_that_holds_it() {
        let histogram = Histogram::default();
        for milliseconds in [0, 1, 2, 121_000] {
            histogram.observe(Duration::from_millis(milliseconds));
        }
        let seconds = histogram.read();
        assert_eq!(seconds.buckets[..3], [2, 1, 0]);
        assert_eq!(seconds.buckets[BOUNDS.len()], 1);
        assert_eq!(seconds.count(), 4);
        assert!((seconds.sum - 121.003).abs() < 1e-9, "{}", seconds.sum);
    }
}
