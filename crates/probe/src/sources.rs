//! Where a setting comes from: its flag, else its variable.

use std::time::Duration;

use docker_api_core::variables::Variables;

use crate::failure::Failure;

/// Reads settings, and names where a bad one stands.
pub(crate) struct Sources<'a> {
    pub(crate) variables: &'a Variables,
}

impl Sources<'_> {
    /// A setting; `None` if nobody says anything. `flag` is its name, such as `--min-api`.
    pub(crate) fn one<T>(
        &self,
        typed: Option<&String>,
        flag: &'static str,
        variable: &'static str,
        parse: impl Fn(&str) -> Result<T, String>,
    ) -> Result<Option<T>, Failure> {
        let (source, text) = match (typed, self.variables.get(&[variable])) {
            (Some(text), _) => (flag, text.as_str()),
            (None, Some((name, text))) => (name, text),
            (None, None) => return Ok(None),
        };
        parse(text).map(Some).map_err(|why| Failure::setting(source, why))
    }

    /// A setting that is any text.
    pub(crate) fn text(&self, typed: Option<&String>, variable: &'static str) -> Option<String> {
        let set = || self.variables.get(&[variable]).map(|(_, text)| text.to_owned());
        typed.cloned().or_else(set)
    }

    /// A switch.
    pub(crate) fn switch(&self, typed: bool, variable: &'static str) -> Result<bool, Failure> {
        let set = self.variables.switch(&[variable]);
        let set = set.map_err(|error| Failure::variable(&error))?;
        Ok(typed || set.unwrap_or(false))
    }

    /// A duration that isn't 0, such as `10s`.
    pub(crate) fn duration(
        &self,
        typed: Option<&String>,
        flag: &'static str,
        variable: &'static str,
    ) -> Result<Option<Duration>, Failure> {
        self.one(typed, flag, variable, |text| match humantime::parse_duration(text) {
            Ok(Duration::ZERO) => Err("0 leaves no time at all (write 10s, 500ms or 2m)".into()),
            Ok(duration) => Ok(duration),
            Err(_) => Err(format!("`{text}` is not a duration (write 10s, 500ms or 2m)")),
        })
    }
}
