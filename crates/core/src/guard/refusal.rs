//! Why the guard refuses, in words for people.

use std::fmt;

/// Which rule refused a request, and the value that it refused.
///
/// Displayed, it is the message for the client: it says which rule it was and names the flag that
/// lifts that rule.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum Refusal {
    /// Rule 1: the right `Origin`, but beside a browser's signs.
    #[error(
        "browser guard, rule 1: a web page at `{0}` may not talk to the Engine \
         (--allow-origin lifts this)"
    )]
    BrowserOrigin(Shown),
    /// Rule 2: a page asked, says `Sec-Fetch-Site`.
    #[error(
        "browser guard, rule 2: a web page may not talk to the Engine, and `Sec-Fetch-Site: {0}` \
         says that one asked (--allow-origin lifts this)"
    )]
    FetchSite(Shown),
    /// Rule 1: the `Origin` is not the request's own `Host`.
    #[error(
        "browser guard, rule 1: the Origin `{0}` is not the Host of this request \
         (--allow-origin lifts this)"
    )]
    ForeignOrigin(Shown),
    /// Rule 3: no `Host` at all.
    #[error(
        "browser guard, rule 3: a web browser's request must have a Host \
         (an IP address, localhost, or a name given with --allow-host)"
    )]
    NoHost,
    /// Rule 3: more than one `Host`.
    #[error(
        "browser guard, rule 3: a web browser's request must have one Host, not several \
         (an IP address, localhost, or a name given with --allow-host)"
    )]
    SeveralHosts,
    /// Rule 3: a `Host` that somebody else could own.
    #[error(
        "browser guard, rule 3: a web browser may not use the Host `{0}` here \
         (--allow-host lifts this)"
    )]
    UnknownHost(Shown),
}

impl Refusal {
    /// The number of the rule, from 1 to 3.
    #[must_use]
    pub fn rule(&self) -> u8 {
        match self {
            Self::BrowserOrigin(_) | Self::ForeignOrigin(_) => 1,
            Self::FetchSite(_) => 2,
            Self::NoHost | Self::SeveralHosts | Self::UnknownHost(_) => 3,
        }
    }
}

/// A header's value made fit for messages and logs: printable ASCII, the rest escaped as Rust
/// does, and cut after 100 bytes of it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Shown(String);

impl Shown {
    /// Makes `value` fit.
    #[must_use]
    pub fn new(value: &[u8]) -> Self {
        let head = &value[..value.len().min(Self::MOST)];
        let rest = if head.len() < value.len() { "..." } else { "" };
        Self(format!("{}{rest}", head.escape_ascii()))
    }

    /// Bytes of a value that are shown.
    const MOST: usize = 100;
}

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_names_its_rule_and_the_flag_that_lifts_it() {
        let value = || Shown::new(b"value");
        for (refusal, rule, flag) in [
            (Refusal::ForeignOrigin(value()), 1, "--allow-origin"),
            (Refusal::BrowserOrigin(value()), 1, "--allow-origin"),
            (Refusal::FetchSite(value()), 2, "--allow-origin"),
            (Refusal::UnknownHost(value()), 3, "--allow-host"),
            (Refusal::NoHost, 3, "--allow-host"),
            (Refusal::SeveralHosts, 3, "--allow-host"),
        ] {
            let said = refusal.to_string();
            assert_eq!(refusal.rule(), rule);
            assert!(said.contains(&format!("rule {rule}")), "{said}");
            assert!(said.contains(flag), "{said}");
            let has_value = !matches!(refusal, Refusal::NoHost | Refusal::SeveralHosts);
            assert_eq!(said.contains("value"), has_value, "{said}");
        }
    }

    #[test]
    fn a_value_is_shown_without_control_bytes_and_not_at_length() {
        assert_eq!(Shown::new(b"a\r\n\x1b[2J\xff").to_string(), r"a\r\n\x1b[2J\xff");
        let long = Shown::new(&[b'a'; 5000]).to_string();
        assert_eq!(long, "a".repeat(100) + "...");
    }
}
