//! What somebody may have meant.

/// The candidate that a misspelt word is close to.
pub(crate) fn near<S: AsRef<str>>(
    word: &str,
    candidates: impl IntoIterator<Item = S>,
) -> Option<S> {
    let word = word.to_ascii_lowercase();
    let slips = |known: &str| strsim::damerau_levenshtein(&word, &known.to_ascii_lowercase());
    let candidates = candidates.into_iter().map(|known| (slips(known.as_ref()), known));
    let close =
        candidates.filter(|(slips, known)| *slips <= (known.as_ref().len() / 4).clamp(1, 3));
    close.min_by_key(|(slips, _)| *slips).map(|(_, near)| near)
}

/// `: did you mean X?`, or nothing.
pub(crate) fn hint<S: AsRef<str>>(word: &str, candidates: impl IntoIterator<Item = S>) -> String {
    let near = near(word, candidates);
    near.map_or_else(String::new, |near| format!(": did you mean {}?", near.as_ref()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_is_near_whatever_its_case_and_another_word_is_not() {
        let known = ["ContainerList", "ContainerLogs", "Session"];
        assert_eq!(near("ContainerLst", known), Some("ContainerList"));
        assert_eq!(near("containerlist", known), Some("ContainerList"));
        assert_eq!(near("Sesion", known), Some("Session"));
        assert_eq!(near("Teapot", known), None);
        assert_eq!(near("", known), None);
    }
}
