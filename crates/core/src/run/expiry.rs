//! Tells of certificates that are about to end: 30, 7 and 1 days before.

use std::collections::HashMap;

use time::{Duration, OffsetDateTime};

/// What was told already.
#[derive(Debug, Default)]
pub(super) struct Expiry(HashMap<String, i64>);

impl Expiry {
    /// A line for each certificate that has come nearer to its end than it was when last told.
    pub(super) fn due(
        &mut self,
        certificates: &[(String, OffsetDateTime)],
        now: OffsetDateTime,
    ) -> Vec<String> {
        let mut lines = Vec::new();
        for (name, not_after) in certificates {
            let left = *not_after - now;
            let mark = MARKS.into_iter().find(|&days| left <= Duration::days(days));
            // Made anew, it has a long life again, and its next end is told again.
            let told = match mark {
                Some(mark) => self.0.insert(name.clone(), mark),
                None => self.0.remove(name),
            };
            if mark.is_none() || told == mark || left.is_negative() {
                continue;
            }
            // Looks come a little later than the mark.
            let days = (left + Duration::days(1) - Duration::NANOSECOND).whole_days();
            let left = if days == 1 { "1 day".to_owned() } else { format!("{days} days") };
            lines.push(format!("{name} expires in {left}, on {}", not_after.date()));
        }
        lines
    }
}

/// Days before the end, the nearest first.
const MARKS: [i64; 3] = [1, 7, 30];

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    const END: OffsetDateTime = datetime!(2030-06-30 12:00 UTC);

    fn told(expiry: &mut Expiry, days_before: i64) -> Vec<String> {
        expiry.due(&[("grafana".into(), END)], END - Duration::days(days_before))
    }

    #[test]
    fn each_mark_is_told_once() {
        let mut expiry = Expiry::default();
        assert!(told(&mut expiry, 31).is_empty());
        assert_eq!(told(&mut expiry, 30), ["grafana expires in 30 days, on 2030-06-30"]);
        assert!(told(&mut expiry, 29).is_empty());
        assert_eq!(told(&mut expiry, 7).len(), 1);
        assert_eq!(told(&mut expiry, 1), ["grafana expires in 1 day, on 2030-06-30"]);
        assert!(told(&mut expiry, 0).is_empty());
        assert!(told(&mut expiry, -1).is_empty());
    }

    #[test]
    fn days_that_have_begun_count_in_full() {
        let late = END - Duration::days(1) + Duration::seconds(4);
        let told = Expiry::default().due(&[("grafana".into(), END)], late);
        assert_eq!(told, ["grafana expires in 1 day, on 2030-06-30"]);
    }

    #[test]
    fn who_starts_late_hears_of_the_nearest_mark_alone() {
        assert_eq!(told(&mut Expiry::default(), 5).len(), 1);
    }

    #[test]
    fn a_certificate_made_anew_is_told_of_again() {
        let mut expiry = Expiry::default();
        assert_eq!(told(&mut expiry, 7).len(), 1);
        assert!(told(&mut expiry, 90).is_empty());
        assert_eq!(told(&mut expiry, 7).len(), 1);
    }
}
