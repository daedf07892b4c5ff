//! A point a minute, for an hour.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::Serialize;
use time::OffsetDateTime;

/// How a minute was.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
pub(crate) struct Point {
    /// Its end.
    #[serde(with = "time::serde::rfc3339")]
    pub(crate) time: OffsetDateTime,
    /// Connections that were open at its end.
    pub(crate) connections: u64,
    /// Requests that ended in it; nobody counts them with open access.
    pub(crate) requests: Option<u64>,
    /// Connections and requests that were refused in it.
    pub(crate) refused: u64,
}

/// The last minutes.
#[derive(Debug, Default)]
pub(crate) struct History(Mutex<Past>);

#[derive(Debug, Default)]
struct Past {
    points: VecDeque<Point>,
    /// What was counted up to the last point's end.
    counted: Counted,
}

/// What was counted since the start.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Counted {
    pub(crate) connections: u64,
    pub(crate) requests: Option<u64>,
    pub(crate) refused: u64,
}

impl History {
    /// A minute ends.
    pub(crate) fn tick(&self, now: OffsetDateTime, counted: Counted) {
        let mut past = self.past();
        let point = past.point(now, counted);
        past.points.push_back(point);
        if past.points.len() == POINTS {
            past.points.pop_front();
        }
        past.counted = counted;
    }

    /// The minutes that are over, and the one that isn't, oldest first.
    pub(crate) fn points(&self, now: OffsetDateTime, counted: Counted) -> Vec<Point> {
        let past = self.past();
        past.points.iter().copied().chain([past.point(now, counted)]).collect()
    }

    fn past(&self) -> MutexGuard<'_, Past> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Past {
    fn point(&self, time: OffsetDateTime, counted: Counted) -> Point {
        let before = self.counted;
        let since = |now: u64, before: u64| now.saturating_sub(before);
        Point {
            time,
            connections: counted.connections,
            requests: counted.requests.map(|now| since(now, before.requests.unwrap_or_default())),
            refused: since(counted.refused, before.refused),
        }
    }
}

/// With the minute that isn't over.
const POINTS: usize = 60;

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minute: i64) -> OffsetDateTime {
        OffsetDateTime::UNIX_EPOCH + time::Duration::minutes(minute)
    }

    fn counted(total: u64) -> Counted {
        Counted { connections: 7, requests: Some(total), refused: total / 2 }
    }

    #[test]
    fn a_point_has_what_its_minute_has_added() {
        let history = History::default();
        history.tick(at(1), counted(10));
        history.tick(at(2), counted(16));
        let points = history.points(at(3), counted(17));
        let requests: Vec<_> = points.iter().filter_map(|point| point.requests).collect();
        assert_eq!(requests, [10, 6, 1]);
        let refused: Vec<_> = points.iter().map(|point| point.refused).collect();
        assert_eq!(refused, [5, 3, 0]);
    }

    #[test]
    fn an_hour_is_remembered_and_no_more() {
        let history = History::default();
        for minute in 0..1000 {
            history.tick(at(minute), counted(0));
        }
        let points = history.points(at(1000), counted(0));
        assert_eq!((points.len(), points[0].time), (60, at(941)));
    }
}
