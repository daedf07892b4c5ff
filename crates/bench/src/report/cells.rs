//! One cell of a table.

use super::number;
use crate::results::{Metric, Results};

/// A figure, in words where there is none; with its ratio to the same figure of `base`, if given.
pub(super) fn cell(
    results: &Results,
    case: &str,
    target: &str,
    metric: Metric,
    base: Option<&str>,
) -> String {
    let Some(value) = results.median(case, target, metric) else {
        return match () {
            () if results.failure(case, target).is_some() => "fails".to_owned(),
            () if results.is_noisy(case, target, metric) => "disturbed".to_owned(),
            () => "–".to_owned(),
        };
    };
    match base.and_then(|base| results.ratio(case, metric, target, base)) {
        Some(ratio) => format!("{} ({} ×)", number(value), number(ratio)),
        None => number(value),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::results::tests::sample;
    use crate::results::{Failure, Sample};

    #[test]
    fn a_cell_says_why_it_has_no_figure() {
        let rate = |target, value| sample(1, "down-1", target, (Metric::Rate, value));
        let results = Results {
            samples: vec![
                rate("open", 6.0),
                rate("socat", 2.0),
                Sample { quiet: false, ..rate("nginx-http", 1.0) },
            ],
            failures: vec![Failure {
                case: "down-1".to_owned(),
                target: "haproxy-http".to_owned(),
                why: "it answers 200".to_owned(),
            }],
        };
        let cell = |target| cell(&results, "down-1", target, Metric::Rate, Some("socat"));
        assert_eq!(cell("open"), "6.00 (3.00 ×)");
        assert_eq!(cell("nginx-http"), "disturbed");
        assert_eq!(cell("haproxy-http"), "fails");
        assert_eq!(cell("stunnel"), "–");
    }
}
