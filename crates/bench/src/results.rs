//! What was measured, and how it is looked up.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::stats;

/// What a figure counts.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Metric {
    /// Requests or connections a second; for large bodies gigabytes (10⁹ bytes) a second.
    Rate,
    /// Half of all took no longer, in microseconds.
    P50,
    /// 99 of 100 took no longer, in microseconds.
    P99,
    /// Processor seconds of the proxy: for 100,000 requests, or a gigabyte; for connections
    /// milliseconds for each.
    Cpu,
    /// Resident memory of a fresh program, MiB.
    Base,
    /// Growth for each idle connection, KiB; pages that processes share are counted once.
    PerConnection,
    /// Resident memory when the connections are closed again, MiB.
    AfterClose,
    /// From its start to a connection that it accepts, milliseconds.
    Accepting,
    /// From its start to the first byte of an answer, milliseconds.
    FirstByte,
}

impl Metric {
    /// Whether more is better.
    pub(crate) fn wants_more(self) -> bool {
        self == Self::Rate
    }

    /// Its name in a sentence.
    pub(crate) fn short(self) -> &'static str {
        match self {
            Self::Rate => "rate",
            Self::P50 => "p50",
            Self::P99 => "p99",
            Self::Cpu => "CPU",
            Self::Base => "memory at first",
            Self::PerConnection => "memory for each connection",
            Self::AfterClose => "memory after closing",
            Self::Accepting => "accepting after",
            Self::FirstByte => "first byte after",
        }
    }

    /// Its unit, which for some depends on the test.
    pub(crate) fn unit(self, case: &str) -> &'static str {
        let is_bulk = ["down", "up"].iter().any(|prefix| case.starts_with(prefix));
        let is_connect = case.starts_with("connect");
        match self {
            Self::Rate if is_bulk => "GB/s",
            Self::Rate if is_connect => "connections/s",
            Self::Rate => "requests/s",
            Self::P50 | Self::P99 => "µs",
            Self::Cpu if is_bulk => "s/GB",
            Self::Cpu if is_connect => "ms each",
            Self::Cpu => "s/100k",
            Self::Base | Self::AfterClose => "MiB",
            Self::PerConnection => "KiB",
            Self::Accepting | Self::FirstByte => "ms",
        }
    }
}

/// The figures of one run.
pub(crate) type Figures = BTreeMap<Metric, f64>;

/// One run of one test on one target.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Sample {
    /// From 1 on. Runs of a round are compared with each other.
    pub(crate) round: u32,
    /// The test's name.
    pub(crate) case: String,
    /// The target's name.
    pub(crate) target: String,
    /// What came out.
    pub(crate) figures: Figures,
    /// Cores that others kept busy meanwhile.
    pub(crate) foreign: f64,
    /// Whether that was little, or doesn't matter. Only such runs count.
    pub(crate) quiet: bool,
}

/// A test that a target doesn't pass.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Failure {
    /// The test's name.
    pub(crate) case: String,
    /// The target's name.
    pub(crate) target: String,
    /// In one line.
    pub(crate) why: String,
}

/// All runs.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Results {
    /// In the order in which they were made.
    pub(crate) samples: Vec<Sample>,
    /// One for each test and target at most.
    pub(crate) failures: Vec<Failure>,
}

impl Results {
    /// The figure of each quiet round.
    pub(crate) fn by_round(&self, case: &str, target: &str, metric: Metric) -> Vec<(u32, f64)> {
        self.of(case, target)
            .filter(|sample| sample.quiet)
            .filter_map(|sample| Some((sample.round, *sample.figures.get(&metric)?)))
            .collect()
    }

    /// The median of the quiet rounds.
    pub(crate) fn median(&self, case: &str, target: &str, metric: Metric) -> Option<f64> {
        let values: Vec<f64> =
            self.by_round(case, target, metric).into_iter().map(|(_, value)| value).collect();
        stats::median(&values)
    }

    /// The paired ratio of two targets.
    pub(crate) fn ratio(
        &self,
        case: &str,
        metric: Metric,
        above: &str,
        below: &str,
    ) -> Option<f64> {
        stats::paired_ratio(
            &self.by_round(case, above, metric),
            &self.by_round(case, below, metric),
        )
    }

    /// Whether the figure was taken, but never in a quiet run.
    pub(crate) fn is_noisy(&self, case: &str, target: &str, metric: Metric) -> bool {
        let mut samples =
            self.of(case, target).filter(|sample| sample.figures.contains_key(&metric)).peekable();
        samples.peek().is_some() && samples.all(|sample| !sample.quiet)
    }

    /// Why a target has no figures for a test.
    pub(crate) fn failure(&self, case: &str, target: &str) -> Option<&Failure> {
        self.failures.iter().find(|failure| failure.case == case && failure.target == target)
    }

    /// Which of these targets have any figure.
    pub(crate) fn measured(&self, target: &str) -> bool {
        self.samples.iter().any(|sample| sample.target == target)
    }

    fn of(&self, case: &str, target: &str) -> impl Iterator<Item = &Sample> {
        self.samples.iter().filter(move |sample| sample.case == case && sample.target == target)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A run with one figure.
    pub(crate) fn sample(
        round: u32,
        case: &str,
        target: &str,
        (metric, value): (Metric, f64),
    ) -> Sample {
        Sample {
            round,
            case: case.to_owned(),
            target: target.to_owned(),
            figures: Figures::from([(metric, value)]),
            foreign: 0.0,
            quiet: true,
        }
    }

    #[test]
    fn runs_that_shared_the_machine_are_not_averaged_in() {
        let rate = |round, value| sample(round, "down-1", "socat", (Metric::Rate, value));
        let noisy = Sample { quiet: false, foreign: 1.0, ..rate(3, 1000.0) };
        let results =
            Results { samples: vec![rate(1, 2.0), rate(2, 4.0), noisy], ..<_>::default() };
        assert_eq!(results.median("down-1", "socat", Metric::Rate), Some(3.0));
        assert!(!results.is_noisy("down-1", "socat", Metric::Rate));
    }

    #[test]
    fn a_target_whose_runs_were_all_disturbed_has_no_figure() {
        let noisy = Sample { quiet: false, ..sample(1, "start", "open", (Metric::Accepting, 2.0)) };
        let results = Results { samples: vec![noisy], ..<_>::default() };
        assert_eq!(results.median("start", "open", Metric::Accepting), None);
        assert!(results.is_noisy("start", "open", Metric::Accepting));
        assert!(!results.is_noisy("start", "socat", Metric::Accepting));
    }
}
