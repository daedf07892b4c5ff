//! Where a setting comes from: its flag, else the first of its variables that is set.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use docker_api_core::variables::Variables;

use crate::Failure;

/// Reads settings, and names where a bad one stands.
#[derive(Debug)]
pub struct Sources<'a> {
    /// The environment.
    pub variables: &'a Variables,
}

impl Sources<'_> {
    /// What is said of a setting, and where: by its flag, else by the first of `names` that is set.
    pub fn said<'a>(
        &'a self,
        flag: Option<&'a String>,
        flag_name: &str,
        names: &[&str],
    ) -> Option<(String, &'a str)> {
        match flag {
            Some(text) => Some((format!("--{flag_name}"), text)),
            None => self.variables.get(names).map(|(name, text)| (name.to_owned(), text)),
        }
    }

    /// A setting that stands once; `None` if nobody says anything.
    pub fn one<T>(
        &self,
        flag: Option<&String>,
        flag_name: &str,
        names: &[&str],
        parse: impl Fn(&str) -> Result<T, String>,
    ) -> Result<Option<T>, Failure> {
        let Some((source, text)) = self.said(flag, flag_name, names) else { return Ok(None) };
        parse(text).map(Some).map_err(|why| Failure::setting(&source, why))
    }

    /// A setting that may stand several times.
    pub fn list<T: FromStr<Err: fmt::Display>>(
        &self,
        flags: &[String],
        flag_name: &str,
        names: &[&str],
    ) -> Result<Vec<T>, Failure> {
        self.many(flags, flag_name, names, |text| text.parse().map_err(|e: T::Err| e.to_string()))
    }

    /// The same, read by `parse`.
    pub fn many<T>(
        &self,
        flags: &[String],
        flag_name: &str,
        names: &[&str],
        parse: impl Fn(&str) -> Result<T, String>,
    ) -> Result<Vec<T>, Failure> {
        let read =
            |source: &str, text: &str| parse(text).map_err(|why| Failure::setting(source, why));
        if !flags.is_empty() {
            let source = format!("--{flag_name}");
            return flags.iter().map(|text| read(&source, text)).collect();
        }
        match self.variables.list(names) {
            Some((name, items)) => {
                let all = items.map(|text| read(name, text)).collect::<Result<Vec<_>, _>>()?;
                if all.is_empty() {
                    // Of those who may connect, an empty list would be everyone.
                    return Err(Failure::setting(name, NOTHING));
                }
                Ok(all)
            }
            None => Ok(Vec::new()),
        }
    }

    /// A duration, such as `10s`.
    pub fn duration(
        &self,
        flag: Option<&String>,
        flag_name: &str,
        name: &str,
    ) -> Result<Option<Duration>, Failure> {
        self.one(flag, flag_name, &[name], duration)
    }

    /// A duration that isn't 0.
    pub fn duration_above_zero(
        &self,
        flag: Option<&String>,
        flag_name: &str,
        name: &str,
    ) -> Result<Option<Duration>, Failure> {
        self.one(flag, flag_name, &[name], |text| match duration(text)? {
            Duration::ZERO => Err("0 leaves no time at all (write 10s, 500ms or 2m)".into()),
            some => Ok(some),
        })
    }

    /// A switch: on by its flag, else as its variable says, else off.
    pub fn switch(&self, flag: bool, name: &str) -> Result<bool, Failure> {
        let variable = || self.variables.switch(&[name]).map_err(|e| Failure::variable(&e));
        Ok(flag || variable()?.unwrap_or(false))
    }
}

const NOTHING: &str =
    "there are commas and nothing between them (leave it empty, or write an item)";

fn duration(text: &str) -> Result<Duration, String> {
    humantime::parse_duration(text)
        .map_err(|_| format!("`{text}` is not a duration (write 10s, 500ms or 2m)"))
}
