//! Patterns of paths, by whole segments.

/// A part of a pattern.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Part<S> {
    /// This segment.
    Literal(S),
    /// One segment, not empty.
    One,
    /// One segment or more. The last may be empty: the router's `.*` behind a trailing slash.
    Many,
}

/// Whether the whole path matches. `same` compares a segment of the path with a literal.
///
/// As with `*` in file names only the last `Many` ever needs to take more, so the time is bounded
/// by the product of the lengths.
pub(crate) fn matches<'p, S: AsRef<str>>(
    pattern: &[Part<S>],
    path: impl Iterator<Item = &'p str> + Clone,
    same: impl Fn(&'p str, &str) -> bool,
) -> bool {
    let mut at = 0;
    let mut rest = path;
    let mut longer = None;
    loop {
        let mut behind = rest.clone();
        let fits = match (pattern.get(at), behind.next()) {
            (None, None) => return true,
            (Some(Part::Many), Some(_)) => {
                longer = Some((at + 1, behind.clone()));
                true
            }
            (Some(Part::One), Some(segment)) => !segment.is_empty(),
            (Some(Part::Literal(literal)), Some(segment)) => same(segment, literal.as_ref()),
            _ => false,
        };
        if fits {
            at += 1;
            rest = behind;
            continue;
        }
        let Some((after, more)) = &mut longer else { return false };
        if more.next().is_none() {
            return false;
        }
        at = *after;
        rest = more.clone();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fits(pattern: &str, path: &str) -> bool {
        let part = |segment: &str| match segment {
            "*" => Part::One,
            "**" => Part::Many,
            literal => Part::Literal(literal.to_owned()),
        };
        let pattern: Vec<_> = pattern.split('/').map(part).collect();
        matches(&pattern, path.split('/'), |segment, literal| segment == literal)
    }

    #[test]
    fn stars_stand_for_one_segment_and_for_more() {
        for (pattern, path, expected) in [
            ("a/*/c", "a/b/c", true),
            ("a/*/c", "a/b/b/c", false),
            ("a/*", "a/", false),
            ("a/*", "a", false),
            ("a/**/c", "a/b/c", true),
            ("a/**/c", "a/b/c/d/c", true),
            ("a/**/c", "a/c", false),
            ("a/**/c", "a/c/c", true),
            ("a/**/c", "a/b/c/d", false),
            ("a/**", "a/b/c", true),
            ("a/**", "a/", true),
            ("a/**", "a", false),
            ("**/b/**/d", "a/b/c/b/d", true),
            ("**/b/**/d", "a/b/d", false),
            ("**/*", "a", false),
            ("**/*", "a/b", true),
            ("a", "A", false),
        ] {
            assert_eq!(fits(pattern, path), expected, "{pattern} on {path}");
        }
    }

    #[test]
    fn long_paths_against_many_stars_end_soon() {
        assert!(!fits(&"**/a/".repeat(20), &("a/".repeat(20_000) + "b")));
    }
}
