//! Medians, percentiles and ratios.

/// The median, the mean of the middle two where there are two. None of nothing.
pub(crate) fn median(values: &[f64]) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    let upper = *sorted.get(middle)?;
    if sorted.len() % 2 == 1 { Some(upper) } else { Some(f64::midpoint(sorted[middle - 1], upper)) }
}

/// The smallest value that `percent` of all are not above (nearest rank). None of nothing.
pub(crate) fn percentile(values: &mut [u64], percent: usize) -> Option<u64> {
    let rank = (values.len() * percent).div_ceil(100).max(1);
    if values.len() < rank {
        return None;
    }
    Some(*values.select_nth_unstable(rank - 1).1)
}

/// A value of each round.
pub(crate) type ByRound = [(u32, f64)];

/// The median of `above / below`, taken round by round: what slows a whole round down is in both.
///
/// None where no round has both, or a zero below.
pub(crate) fn paired_ratio(above: &ByRound, below: &ByRound) -> Option<f64> {
    let ratios: Vec<f64> = above
        .iter()
        .filter_map(|(round, value)| {
            let (_, other) = below.iter().find(|(other, _)| other == round)?;
            (*other > 0.0).then(|| value / other)
        })
        .collect();
    median(&ratios)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_the_middle_or_the_mean_of_the_middle_two() {
        assert_eq!(median(&[]), None);
        assert_eq!(median(&[3.0]), Some(3.0));
        assert_eq!(median(&[9.0, 1.0, 2.0]), Some(2.0));
        assert_eq!(median(&[4.0, 1.0, 2.0, 100.0]), Some(3.0));
    }

    #[test]
    fn a_percentile_is_one_of_the_values() {
        let mut values: Vec<u64> = (1..=100).rev().collect();
        assert_eq!(percentile(&mut values, 50), Some(50));
        assert_eq!(percentile(&mut values, 99), Some(99));
        assert_eq!(percentile(&mut values, 100), Some(100));
        assert_eq!(percentile(&mut [7], 1), Some(7));
        assert_eq!(percentile(&mut [], 50), None);
    }

    #[test]
    fn a_ratio_is_paired_by_round() {
        let ours = [(1, 10.0), (2, 100.0), (3, 30.0)];
        let peers = [(1, 5.0), (2, 50.0), (4, 1.0)];
        assert_eq!(paired_ratio(&ours, &peers), Some(2.0));
    }

    #[test]
    fn rounds_that_only_one_has_make_no_ratio() {
        assert_eq!(paired_ratio(&[(1, 10.0)], &[(2, 5.0)]), None);
        assert_eq!(paired_ratio(&[(1, 10.0)], &[(1, 0.0)]), None);
    }
}
