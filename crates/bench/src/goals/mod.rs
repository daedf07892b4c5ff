//! What the bridges are to reach, and whether they did.

mod table;

use serde::Serialize;

pub(crate) use self::table::GOALS;
use crate::results::{Metric, Results};

/// One goal: all of its conditions.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Goal {
    /// Its number.
    pub(crate) number: u8,
    /// What it is about.
    pub(crate) about: &'static str,
    /// What must hold.
    pub(crate) conditions: &'static [Condition],
}

/// One thing that is to hold.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Condition {
    /// The test.
    case: &'static str,
    /// What is compared.
    metric: Metric,
    /// Whose figure it is.
    ours: Ours,
    /// The figure, over what it is compared with, is to be at least this where more is better, and
    /// at most this elsewhere.
    bound: f64,
    /// With what.
    against: Against,
    /// Whether it would be nice rather than a must.
    stretch: bool,
}

/// Which of ours.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Ours {
    /// Without TLS: guarded, or open where nothing guards yet.
    Plain,
    /// With TLS.
    Tls,
    /// With TLS and the keys of Docker's own guide.
    Rsa,
}

/// What a figure is compared with.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Against {
    /// The bound itself.
    Nothing,
    /// The same figure of another target.
    Target(&'static str),
    /// The same figure of ours without TLS.
    Plain,
    /// Another figure of the same test.
    Own(Metric),
}

/// What became of a condition.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Judged {
    /// The condition in words.
    pub(crate) condition: String,
    /// Whether it would be nice rather than a must.
    pub(crate) stretch: bool,
    /// Which of ours it was.
    pub(crate) ours: &'static str,
    /// The figure, or the ratio; none where something wasn't measured.
    pub(crate) value: Option<f64>,
    /// Whether it is reached, if it was measured.
    pub(crate) reached: Option<bool>,
    /// The peer that is furthest ahead of ours, if one is, and by how much.
    pub(crate) leader: Option<Leader>,
}

/// A peer that is ahead.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Leader {
    /// Its name.
    pub(crate) target: &'static str,
    /// How many times better its figure is: above 1.
    pub(crate) times: f64,
}

impl Condition {
    /// Whether it holds.
    pub(crate) fn judge(&self, results: &Results) -> Judged {
        let ours = self.ours.target(results);
        let value = match self.against {
            Against::Nothing => results.median(self.case, ours, self.metric),
            Against::Target(other) => results.ratio(self.case, self.metric, ours, other),
            Against::Plain => {
                results.ratio(self.case, self.metric, ours, Ours::Plain.target(results))
            }
            Against::Own(other) => results
                .median(self.case, ours, self.metric)
                .zip(results.median(self.case, ours, other))
                .map(|(figure, other)| figure / other),
        };
        let holds = |value| {
            if self.metric.wants_more() { value >= self.bound } else { value <= self.bound }
        };
        Judged {
            condition: self.to_string(),
            stretch: self.stretch,
            ours,
            value,
            reached: value.map(holds),
            leader: leader(results, self.case, self.metric, ours),
        }
    }
}

/// The peer that is furthest ahead of one of ours in a figure; only of those with TLS, where ours
/// has it, or without.
pub(crate) fn leader(results: &Results, case: &str, metric: Metric, ours: &str) -> Option<Leader> {
    let all = crate::target::ALL;
    let tls = all.iter().find(|target| target.name == ours)?.tls;
    all.iter()
        .filter(|target| target.is_peer() && target.tls == tls)
        .filter_map(|peer| {
            let ratio = results.ratio(case, metric, ours, peer.name)?;
            let times = if metric.wants_more() { 1.0 / ratio } else { ratio };
            (times > 1.0).then_some(Leader { target: peer.name, times })
        })
        .max_by(|one, other| one.times.total_cmp(&other.times))
}

impl Ours {
    fn target(self, results: &Results) -> &'static str {
        match self {
            Self::Plain if results.measured("guarded") => "guarded",
            Self::Plain => "open",
            Self::Tls => "tls",
            Self::Rsa => "tls-rsa",
        }
    }
}

impl std::fmt::Display for Condition {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let sign = if self.metric.wants_more() { '≥' } else { '≤' };
        let key = if self.ours == Ours::Rsa { " (RSA-4096)" } else { "" };
        let bound = crate::report::number(self.bound);
        write!(f, "{}{key} {} {sign} {bound}", self.case, self.metric.short())?;
        match self.against {
            Against::Nothing => write!(f, " {}", self.metric.unit(self.case)),
            Against::Target(other) => write!(f, " × {other}"),
            Against::Plain => write!(f, " × our own without TLS"),
            Against::Own(other) => write!(f, " × {}", other.short()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::case::Case;
    use crate::results::Sample;
    use crate::results::tests::sample;

    const FASTER: Condition = Condition {
        case: "down-1",
        metric: Metric::Rate,
        ours: Ours::Plain,
        bound: 2.5,
        against: Against::Target("socat"),
        stretch: false,
    };

    fn rates(figures: &[(&str, f64)]) -> Results {
        let samples: Vec<Sample> = figures
            .iter()
            .map(|(target, rate)| sample(1, "down-1", target, (Metric::Rate, *rate)))
            .collect();
        Results { samples, ..<_>::default() }
    }

    #[test]
    fn a_ratio_is_compared_in_the_direction_that_is_better() {
        let reached = FASTER.judge(&rates(&[("open", 6.0), ("socat", 2.0)]));
        assert_eq!(reached.reached, Some(true));
        assert_eq!(reached.condition, "down-1 rate ≥ 2.50 × socat");
        let missed = FASTER.judge(&rates(&[("open", 4.0), ("socat", 2.0)]));
        assert_eq!(missed.reached, Some(false));
        let cheaper = Condition { metric: Metric::Cpu, bound: 0.4, ..FASTER };
        let cpu = |target, value| sample(1, "down-1", target, (Metric::Cpu, value));
        let results =
            Results { samples: vec![cpu("open", 0.1), cpu("socat", 0.3)], ..<_>::default() };
        assert_eq!(cheaper.judge(&results).reached, Some(true));
    }

    #[test]
    fn what_was_not_measured_is_neither_reached_nor_missed() {
        assert_eq!(FASTER.judge(&rates(&[("open", 6.0)])).reached, None);
    }

    #[test]
    fn guarded_access_is_judged_where_it_was_measured() {
        let judged = FASTER.judge(&rates(&[("open", 6.0), ("guarded", 4.0), ("socat", 2.0)]));
        assert_eq!((judged.ours, judged.reached), ("guarded", Some(false)));
    }

    #[test]
    fn the_peer_that_is_furthest_ahead_is_named() {
        let results =
            rates(&[("open", 6.0), ("socat", 2.0), ("socat-256k", 7.0), ("nginx-stream", 9.0)]);
        let leader = FASTER.judge(&results).leader.unwrap();
        assert_eq!(leader.target, "nginx-stream");
        assert!((leader.times - 1.5).abs() < 1e-9);
    }

    #[test]
    fn all_goals_are_about_tests_and_targets_that_exist() {
        let cases: Vec<String> = Case::ALL.into_iter().map(Case::name).collect();
        let numbers: Vec<u8> = GOALS.iter().map(|goal| goal.number).collect();
        assert_eq!(numbers, (1..=18).collect::<Vec<u8>>());
        for condition in GOALS.iter().flat_map(|goal| goal.conditions) {
            assert!(cases.iter().any(|case| case == condition.case), "{condition}");
            if let Against::Target(name) = condition.against {
                let known = crate::target::ALL.iter().any(|target| target.name == name);
                assert!(known, "{condition}");
            }
        }
    }
}
