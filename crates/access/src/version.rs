//! The API version that a path asks for.

/// What the Engine's own oldest is: before 1.24 a start could carry a new host configuration.
const OLDEST: (u32, u32) = (1, 24);

/// Checks the number of a version prefix.
///
/// # Errors
/// The answer to a client: in the Engine's words where the version is too old.
pub(crate) fn check(version: &str) -> Result<(), String> {
    let malformed = || format!("malformed API version {version}: want one such as 1.41");
    let mut numbers = version.split('.').map(number);
    let mut next = || numbers.next().flatten().ok_or_else(malformed);
    let version_asked = (next()?, next()?);
    if numbers.any(|number| number.is_none()) {
        return Err(malformed());
    }
    if version_asked < OLDEST {
        return Err(format!(
            "client version {version} is too old. Minimum supported API version is {}.{}, please \
             upgrade your client to a newer version",
            OLDEST.0, OLDEST.1
        ));
    }
    Ok(())
}

/// A number without leading zeros, and of so few digits that no reader overflows.
fn number(digits: &str) -> Option<u32> {
    let canonical = digits == "0" || !digits.starts_with('0');
    (canonical && digits.len() <= 9).then(|| digits.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_begin_with_1_24() {
        for version in ["1.24", "1.24.0", "1.41", "1.100", "2.0", "4.9.3", "1.24.0.1"] {
            assert_eq!(check(version), Ok(()), "{version}");
        }
        for version in ["1.23", "1.0", "0.99", "1.3", "1.23.99"] {
            let expected = format!(
                "client version {version} is too old. Minimum supported API version is 1.24, \
                 please upgrade your client to a newer version"
            );
            assert_eq!(check(version), Err(expected));
        }
    }

    #[test]
    fn malformed_versions_are_refused_whatever_the_engine_makes_of_them() {
        for version in
            ["1", "41", "1..41", ".1.41", "1.41.", ".", "1.041", "01.41", "1.9999999999", "1.41.00"]
        {
            let expected = format!("malformed API version {version}: want one such as 1.41");
            assert_eq!(check(version), Err(expected));
        }
    }
}
