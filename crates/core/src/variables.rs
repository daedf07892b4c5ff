//! Environment variables: a flag beats its variable, and an empty one counts as unset.

use std::collections::BTreeMap;

/// The environment, as it was at start.
#[derive(Clone, Debug)]
pub struct Variables {
    all: BTreeMap<String, String>,
    prefix: &'static str,
}

/// Why a variable can't be what it says.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum VariableError {
    /// A `BRIDGE_…` name that isn't known but is close to one that is.
    #[error("{name}: no such variable; did you mean {known}?")]
    Misspelt {
        /// As it was written.
        name: String,
        /// What it is close to.
        known: String,
    },
    /// A switch with a value that is neither yes nor no.
    #[error(
        "{name}: `{value}` is not a switch (write 1 or 0, true or false, yes or no, on or off)"
    )]
    NotASwitch {
        /// The variable.
        name: String,
        /// Its value.
        value: String,
    },
    /// The value isn't text.
    #[error("{0}: its value isn't valid UTF-8")]
    NotText(String),
}

impl Variables {
    /// The environment of this process.
    ///
    /// # Errors
    /// When one of the `ours` isn't text; other programs' variables are nobody's business here.
    pub fn from_process(ours: impl Fn(&str) -> bool) -> Result<Self, VariableError> {
        let mut all = BTreeMap::new();
        for (name, value) in std::env::vars_os() {
            let Ok(name) = name.into_string() else { continue };
            match value.into_string() {
                Ok(value) => {
                    all.insert(name, value);
                }
                Err(_) if ours(&name) => return Err(VariableError::NotText(name)),
                Err(_) => {}
            }
        }
        Ok(Self { all, ..Self::default() })
    }

    /// The same for a program whose own names begin with `prefix`, such as `BRIDGE_TLS_`: each
    /// `BRIDGE_…` that is asked for is looked for by that prefix first.
    #[must_use]
    pub fn with_prefix(self, prefix: &'static str) -> Self {
        Self { prefix, ..self }
    }

    /// The first of `names` that is set, and which it was. An empty one counts as unset.
    pub fn get(&self, names: &[&str]) -> Option<(&str, &str)> {
        names.iter().flat_map(|name| [self.own(name), Some((*name).to_owned())]).flatten().find_map(
            |name| {
                let (name, value) = self.all.get_key_value(&name)?;
                let value = value.trim();
                (!value.is_empty()).then_some((name.as_str(), value))
            },
        )
    }

    /// A variable of that very name as it stands there, an empty one and white space included.
    pub fn raw(&self, name: &str) -> Option<&str> {
        self.all.get(name).map(String::as_str)
    }

    /// Whether a variable is there, and nothing in it.
    pub fn is_empty(&self, name: &str) -> bool {
        self.all.get(name).is_some_and(|value| value.trim().is_empty())
    }

    /// A list: its items are parted by commas or white space.
    pub fn list<'a>(
        &'a self,
        names: &[&str],
    ) -> Option<(&'a str, impl Iterator<Item = &'a str> + use<'a>)> {
        let (name, value) = self.get(names)?;
        let items = value.split(|c: char| c == ',' || c.is_whitespace());
        Some((name, items.filter(|item| !item.is_empty())))
    }

    /// A switch.
    ///
    /// # Errors
    /// When the value is neither yes nor no.
    pub fn switch(&self, names: &[&str]) -> Result<Option<bool>, VariableError> {
        let Some((name, value)) = self.get(names) else {
            return Ok(None);
        };
        match value.to_ascii_lowercase().as_str() {
            "1" | "true" | "yes" | "on" => Ok(Some(true)),
            "0" | "false" | "no" | "off" => Ok(Some(false)),
            _ => Err(VariableError::NotASwitch { name: name.into(), value: value.into() }),
        }
    }

    /// Looks over the variables of a bridge that nobody asks for: a `BRIDGE_…` name close to one
    /// of `known` is an error, other unknown ones and those that do nothing give a warning each.
    ///
    /// # Errors
    /// The first misspelt name.
    pub fn review(&self, known: &[&str]) -> Result<Vec<String>, VariableError> {
        let own: Vec<String> = known.iter().filter_map(|name| self.own(name)).collect();
        let known: Vec<&str> =
            known.iter().copied().chain(own.iter().map(String::as_str)).collect();
        let mut warnings = self.unknown(SHARED, &known)?;
        let idle = WITHOUT_EFFECT.iter().filter(|(name, _)| self.all.contains_key(*name));
        warnings.extend(idle.map(|(name, why)| format!("the variable {name} does nothing: {why}")));
        Ok(warnings)
    }

    /// A warning for each name that begins with `family` and isn't `known`.
    ///
    /// # Errors
    /// The first that is close to a known one: it is misspelt.
    pub fn unknown(&self, family: &str, known: &[&str]) -> Result<Vec<String>, VariableError> {
        let of_family = |name: &&String| name.starts_with(family) && !is_of_kubernetes(name);
        let unknown = |name: &&String| !known.contains(&name.as_str());
        let names = self.all.keys().filter(of_family).filter(unknown);
        let warning = |name: &String| match self.nearest(name, family, known) {
            Some(known) => {
                Err(VariableError::Misspelt { name: name.clone(), known: known.to_owned() })
            }
            None => Ok(format!("the variable {name} is not known and does nothing")),
        };
        names.map(warning).collect()
    }

    /// A shared name as this program alone spells it; `None` where that is no other one.
    fn own(&self, name: &str) -> Option<String> {
        let rest = name.strip_prefix(SHARED).filter(|_| !name.starts_with(self.prefix))?;
        Some(format!("{}{rest}", self.prefix))
    }

    fn nearest<'a>(&self, name: &str, family: &str, known: &[&'a str]) -> Option<&'a str> {
        let distance = |other: &str| strsim::damerau_levenshtein(name, other);
        // What they all begin with is no likeness: in BRIDGE_LOG, three letters are the name.
        let letters = |known: &str| {
            let rest = known.strip_prefix(self.prefix).or_else(|| known.strip_prefix(family));
            rest.unwrap_or(known).len()
        };
        let slips = |known: &str| match letters(known) {
            0..=4 => 1,
            5..=9 => 2,
            _ => 3,
        };
        let close = known.iter().copied().filter(|known| distance(known) <= slips(known));
        close.min_by_key(|known| distance(known))
    }
}

impl Default for Variables {
    fn default() -> Self {
        Self { all: BTreeMap::new(), prefix: SHARED }
    }
}

impl<K: Into<String>, V: Into<String>> FromIterator<(K, V)> for Variables {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(pairs: I) -> Self {
        let all = pairs.into_iter().map(|(name, value)| (name.into(), value.into())).collect();
        Self { all, ..Self::default() }
    }
}

/// Kubernetes sets these in every pod beside a service called `bridge`
/// (`BRIDGE_PORT=tcp://10.0.0.1:80`, `BRIDGE_SERVICE_HOST`, …).
fn is_of_kubernetes(name: &str) -> bool {
    name.contains("_SERVICE_") || name.contains("_PORT_") || name.ends_with("_PORT")
}

/// What the names that all bridges read begin with.
const SHARED: &str = "BRIDGE_";

/// Variables of other images that people carry over.
const WITHOUT_EFFECT: [(&str, &str); 5] = [
    ("DOCKER_GID", "the group of the upstream socket is found out by looking at it"),
    ("PGID", "the group of the upstream socket is found out by looking at it"),
    ("PUID", "the bridge becomes user 65532 by itself; --user names another"),
    ("TZ", "log lines are in UTC"),
    ("UMASK", "no file is written but unix sockets, whose mode is --socket-mode"),
];

#[cfg(test)]
mod tests {
    use super::*;

    const KNOWN: [&str; 3] = ["BRIDGE_LISTEN", "BRIDGE_UPSTREAM", "BRIDGE_MAX_CONNECTIONS"];

    fn variables<const N: usize>(pairs: [(&str, &str); N]) -> Variables {
        pairs.into_iter().collect()
    }

    #[test]
    fn an_empty_variable_counts_as_unset() {
        let set = variables([("BRIDGE_LISTEN", " "), ("SOCKET_PATH", "/x")]);
        assert_eq!(set.get(&["BRIDGE_LISTEN", "SOCKET_PATH"]), Some(("SOCKET_PATH", "/x")));
        assert!(set.is_empty("BRIDGE_LISTEN") && !set.is_empty("SOCKET_PATH"));
        assert!(!set.is_empty("DOCKER_HOST"));
        assert_eq!((set.raw("BRIDGE_LISTEN"), set.raw("DOCKER_HOST")), (Some(" "), None));
    }

    #[test]
    fn a_programs_own_name_goes_before_the_shared_one_and_is_the_one_that_is_told() {
        let get = |pairs: &[(&str, &str)]| {
            let set = pairs.iter().copied().collect::<Variables>().with_prefix("BRIDGE_TLS_");
            let found = set.get(&["BRIDGE_UPSTREAM", "SOCKET_PATH"]);
            found.map(|(name, value)| format!("{name}={value}"))
        };
        let all = [("BRIDGE_TLS_UPSTREAM", "/a"), ("BRIDGE_UPSTREAM", "/b"), ("SOCKET_PATH", "/c")];
        assert_eq!(get(&all).as_deref(), Some("BRIDGE_TLS_UPSTREAM=/a"));
        assert_eq!(get(&all[1..]).as_deref(), Some("BRIDGE_UPSTREAM=/b"));
        assert_eq!(get(&all[2..]).as_deref(), Some("SOCKET_PATH=/c"));
        let empty = [("BRIDGE_TLS_UPSTREAM", ""), ("BRIDGE_UPSTREAM", "/b")];
        assert_eq!(get(&empty).as_deref(), Some("BRIDGE_UPSTREAM=/b"));
        // Other programs' own names are nobody's.
        assert_eq!(variables([all[0]]).get(&["BRIDGE_UPSTREAM"]), None);
    }

    #[test]
    fn a_name_that_has_the_programs_prefix_already_gets_no_second_one() {
        let set = variables([("BRIDGE_TLS_TLS_SAN", "x")]).with_prefix("BRIDGE_TLS_");
        assert_eq!(set.get(&["BRIDGE_TLS_SAN"]), None);
    }

    #[test]
    fn both_spellings_are_known_to_a_program_with_names_of_its_own() {
        let review = |name: &str| {
            let set = variables([(name, "x")]).with_prefix("BRIDGE_TLS_");
            set.review(&["BRIDGE_LOG", "BRIDGE_LISTEN", "BRIDGE_TLS_SAN"])
        };
        for name in ["BRIDGE_LISTEN", "BRIDGE_TLS_LISTEN", "BRIDGE_TLS_LOG", "BRIDGE_TLS_SAN"] {
            assert_eq!(review(name), Ok(Vec::new()), "{name}");
        }
        for (name, right) in [
            ("BRIDGE_TLS_LISTN", "BRIDGE_TLS_LISTEN"),
            ("BRIDGE_LISTN", "BRIDGE_LISTEN"),
            ("BRIDGE_TLS_SANS", "BRIDGE_TLS_SAN"),
        ] {
            let error = review(name).unwrap_err().to_string();
            assert!(error.ends_with(&format!("did you mean {right}?")), "{error}");
        }
        for name in ["BRIDGE_TLS_CAT", "BRIDGE_TLS_TLS_SAN", "BRIDGE_SAN"] {
            assert_eq!(review(name).map(|warnings| warnings.len()), Ok(1), "{name}");
        }
    }

    #[test]
    fn lists_take_commas_and_white_space() {
        let set = variables([("BRIDGE_LISTEN", "a,b  c,\nd")]);
        let (_, items) = set.list(&["BRIDGE_LISTEN"]).unwrap();
        assert_eq!(items.collect::<Vec<_>>(), ["a", "b", "c", "d"]);
    }

    #[test]
    fn switches_take_the_words_of_the_contract() {
        for (value, on) in [("1", true), ("YES", true), ("on", true), ("0", false), ("Off", false)]
        {
            assert_eq!(variables([("X", value)]).switch(&["X"]), Ok(Some(on)));
        }
        assert!(variables([("X", "2")]).switch(&["X"]).is_err());
        assert_eq!(variables([]).switch(&["X"]), Ok(None));
    }

    #[test]
    fn a_misspelt_name_is_an_error_that_names_the_right_one() {
        for name in ["BRIDGE_LISTN", "BRIDGE_LISTENS", "BRIDGE_MAXCONNECTIONS", "BRIDGE_UPSTEAM"] {
            let error = variables([(name, "x")]).review(&KNOWN).unwrap_err();
            assert!(matches!(error, VariableError::Misspelt { .. }), "{error}");
        }
    }

    #[test]
    fn other_names_warn_and_kubernetes_is_left_alone() {
        let set = variables([
            ("BRIDGE_FOO", "x"),
            ("BRIDGE_PORT", "tcp://10.0.0.1:2375"),
            ("BRIDGE_PORT_2375_TCP", "tcp://10.0.0.1:2375"),
            ("BRIDGE_SERVICE_HOST", "10.0.0.1"),
            ("BRIDGE_LISTEN", "x"),
            ("PUID", "1000"),
        ]);
        let warnings = set.review(&KNOWN).unwrap();
        assert_eq!(warnings.len(), 2, "{warnings:?}");
        assert!(warnings[0].contains("BRIDGE_FOO"));
        assert!(warnings[1].contains("PUID"));
    }
}
