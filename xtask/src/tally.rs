//! Counts tests from what the runners print.

use std::collections::BTreeMap;
use std::fmt;

/// How many tests passed, failed, and were skipped.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct Tally {
    pub(crate) passed: usize,
    pub(crate) failed: usize,
    pub(crate) skipped: usize,
}

impl Tally {
    /// Reads nextest's summary, such as `Summary [ 1.2s] 34 tests run: 33 passed (1 slow), 1 timed
    /// out, 2 skipped`. `None` for any other line of its output.
    ///
    /// What a filter left out it counts as skipped, see [`Tally::without_skipped`].
    pub(crate) fn of_nextest(line: &str) -> Option<Self> {
        let line = without_escapes(line);
        let summary = line.trim_start().strip_prefix("Summary [")?;
        let (_run, counts) = summary.split_once(" run: ")?;
        Some(Self::sum(&without_parentheses(counts), ','))
    }

    /// Reads libtest's summary, such as `test result: ok. 3 passed; 0 failed; 1 ignored; …`.
    /// `None` for any other line of its output.
    ///
    /// nextest repeats this line, indented, for each test that failed.
    pub(crate) fn of_libtest(line: &str) -> Option<Self> {
        let line = without_escapes(line);
        let (_verdict, counts) = line.strip_prefix("test result: ")?.split_once(". ")?;
        Some(Self::sum(counts, ';'))
    }

    /// The same without skipped tests.
    pub(crate) fn without_skipped(self) -> Self {
        Self { skipped: 0, ..self }
    }

    /// Counts tests as skipped that passed because they gave up for want of something.
    pub(crate) fn with_skips(self, skips: &Skips) -> Self {
        let gave_up = skips.0.len().min(self.passed);
        Self { passed: self.passed - gave_up, failed: self.failed, skipped: self.skipped + gave_up }
    }

    /// Adds up counts such as `3 passed`. One by an unknown name counts failures: nextest has
    /// several, such as `timed out`.
    fn sum(counts: &str, separator: char) -> Self {
        let mut tally = Self::default();
        for count in counts.split(separator) {
            let Some((number, word)) = count.trim().split_once(' ') else { continue };
            let Ok(number) = number.parse::<usize>() else { continue };
            match word.trim() {
                "passed" => tally.passed += number,
                "skipped" | "ignored" => tally.skipped += number,
                "filtered out" | "measured" => {}
                _ => tally.failed += number,
            }
        }
        tally
    }
}

impl std::ops::AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.skipped += other.skipped;
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} passed, {} failed, {} skipped", self.passed, self.failed, self.skipped)
    }
}

/// The tests that gave up, and why: each once, however often it said so.
#[derive(Debug, Default, Eq, PartialEq)]
pub(crate) struct Skips(BTreeMap<String, String>);

impl Skips {
    /// Reads the lines `SKIPPED TEST: WHY` that tests leave behind; others are ignored.
    pub(crate) fn read(lines: &str) -> Self {
        let skip = |line: &str| {
            let (test, why) = line.strip_prefix("SKIPPED ")?.split_once(": ")?;
            Some((test.trim().to_owned(), why.trim().to_owned()))
        };
        Self(lines.lines().filter_map(skip).collect())
    }
}

impl fmt::Display for Skips {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|(test, why)| writeln!(f, "skipped {test}: {why}"))
    }
}

/// nextest adds details to a count, such as `33 passed (1 slow, 2 leaky)`.
fn without_parentheses(text: &str) -> String {
    let mut depth = 0_u32;
    let keep = |&c: &char| {
        let outside = depth == 0 && c != '(';
        match c {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        outside
    };
    text.chars().filter(keep).collect()
}

/// Colours are sequences that begin with ESC [ and end with a letter.
fn without_escapes(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        if c == '\u{1b}' {
            chars.by_ref().find(char::is_ascii_alphabetic);
        } else {
            plain.push(c);
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tally(passed: usize, failed: usize, skipped: usize) -> Tally {
        Tally { passed, failed, skipped }
    }

    #[test]
    fn nextest_summaries_are_counted() {
        for (line, expected) in [
            ("     Summary [   1.234s] 34 tests run: 34 passed, 0 skipped", tally(34, 0, 0)),
            ("     Summary [   0.010s] 1 test run: 1 passed, 3 skipped", tally(1, 0, 3)),
            (
                "     Summary [  61.000s] 9 tests run: 5 passed (1 slow, 2 leaky), 2 failed, \
                 1 exec failed, 1 timed out, 4 skipped",
                tally(5, 4, 4),
            ),
            (
                "     Summary [   0.1s] 3/10 tests run: 2 passed, 1 failed, 0 skipped",
                tally(2, 1, 0),
            ),
            ("     Summary [   0.1s] 0 tests run: 0 passed, 0 skipped", tally(0, 0, 0)),
            (
                "\u{1b}[32;1m     Summary\u{1b}[0m [   0.010s] \u{1b}[1m2\u{1b}[0m tests run: \
                 \u{1b}[1m2\u{1b}[0m \u{1b}[32;1mpassed\u{1b}[0m, \u{1b}[1m0\u{1b}[0m skipped",
                tally(2, 0, 0),
            ),
        ] {
            assert_eq!(Tally::of_nextest(line), Some(expected), "{line}");
        }
    }

    #[test]
    fn libtest_summaries_are_counted() {
        for (line, expected) in [
            (
                "test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; 7 filtered out; \
                 finished in 0.05s",
                tally(3, 0, 1),
            ),
            (
                "test result: FAILED. 3 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out; \
                 finished in 0.05s",
                tally(3, 2, 0),
            ),
            (
                "test result: \u{1b}[32mok\u{1b}[m. 1 passed; 0 failed; 0 ignored; 0 measured; 0 \
                 filtered out; finished in 0.00s",
                tally(1, 0, 0),
            ),
        ] {
            assert_eq!(Tally::of_libtest(line), Some(expected), "{line}");
        }
    }

    #[test]
    fn other_lines_are_not_counted() {
        for line in ["", "running 3 tests", "test a ... ok", "3 passed", "Summary: 3 passed"] {
            assert_eq!(Tally::of_nextest(line), None, "{line}");
            assert_eq!(Tally::of_libtest(line), None, "{line}");
        }
    }

    #[test]
    fn a_failure_that_nextest_shows_is_counted_once() {
        let shown = "    test result: FAILED. 0 passed; 1 failed; 0 ignored; 0 measured";
        assert_eq!(Tally::of_nextest(shown), None);
    }

    #[test]
    fn a_test_that_gave_up_did_not_pass() {
        let skips = Skips::read(
            "SKIPPED docker_run::half_close: no dockerd: run as root\n\
             torn line\n\
             SKIPPED docker_run::half_close: no dockerd: run as root\n\
             SKIPPED browser: no chromium\n",
        );
        assert_eq!(tally(5, 1, 1).with_skips(&skips), tally(3, 1, 3));
        assert_eq!(
            skips.to_string(),
            "skipped browser: no chromium\n\
             skipped docker_run::half_close: no dockerd: run as root\n"
        );
    }

    #[test]
    fn the_summary_is_plain() {
        assert_eq!(tally(1, 2, 3).to_string(), "1 passed, 2 failed, 3 skipped");
    }
}
