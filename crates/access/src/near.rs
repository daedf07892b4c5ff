//! What somebody may have meant.

/// The candidate that a misspelt word is close to.
pub(crate) fn near<'a>(
    word: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    let folded = word.to_ascii_lowercase();
    let distance = |known: &str| strsim::damerau_levenshtein(&folded, &known.to_ascii_lowercase());
    let close = candidates.into_iter().map(|known| (distance(known), known));
    close
        .filter(|(slips, known)| *slips <= (known.len() / 4).clamp(1, 3))
        .min()
        .map(|(_, near)| near)
}

/// `: did you mean X?`, or nothing.
pub(crate) fn hint<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> String {
    near(word, candidates).map_or_else(String::new, |near| format!(": did you mean {near}?"))
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
