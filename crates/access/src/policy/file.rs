//! The policy file.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use thiserror::Error;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::{BUILT_IN, Policy};
use crate::near::hint;
use crate::path_rule::PathRule;
use crate::rights::Definition;
use crate::selector::Selector;
use crate::{Profile, Role};

/// What is wrong with a policy file, and where.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
#[error("{file}:{line}: {what}")]
pub struct PolicyError {
    file: String,
    line: usize,
    what: String,
}

impl Policy {
    /// The roles of a policy file beside the built-in ones. `file` is its name, for messages.
    ///
    /// `[clients]` may name the profiles too, which [`Policy::with_profile`] brings in.
    ///
    /// # Errors
    /// The first thing in it that can't be, in one line.
    pub fn parse(file: &str, text: &str) -> Result<Self, PolicyError> {
        let parsed = parse(text).map_err(|Wrong { at, what }| {
            let line = 1 + text.bytes().take(at).filter(|byte| *byte == b'\n').count();
            PolicyError { file: file.to_owned(), line, what: one_line(&what) }
        })?;
        Ok(parsed)
    }
}

/// What is wrong, and at which byte.
struct Wrong {
    at: usize,
    what: String,
}

impl Wrong {
    fn new(span: &Range<usize>, what: impl Into<String>) -> Self {
        Self { at: span.start, what: what.into() }
    }
}

/// A role as it stands in the file.
#[derive(Default)]
struct Written<'t> {
    extends: Vec<(Range<usize>, &'t str)>,
    allow: Vec<Selector>,
    paths: Vec<PathRule>,
    deny: Vec<Selector>,
}

fn parse(text: &str) -> Result<Policy, Wrong> {
    let syntax = |error: toml::de::Error| {
        Wrong::new(&error.span().unwrap_or(0..0), format!("not TOML: {}", error.message()))
    };
    let document = DeTable::parse(text).map_err(syntax)?;
    let mut written = BTreeMap::new();
    let mut clients = Vec::new();
    for (span, key, value) in entries(document.get_ref()) {
        match key {
            "roles" => {
                for (span, name, value) in entries(table(key, value)?) {
                    written.insert(name, role(&span, name, value)?);
                }
            }
            "clients" => {
                for (_, name, value) in entries(table(key, value)?) {
                    clients.push((name, string("a client", "\"monitor\"", value)?));
                }
            }
            _ => return Err(unknown(span, "key", key, ["roles", "clients"])),
        }
    }
    let mut policy = Policy::built_in();
    for name in written.keys() {
        resolve(name, &written, &mut Vec::new(), &mut policy.roles)?;
    }
    for (name, (span, role)) in clients {
        if !policy.roles.contains_key(role) && Profile::by_name(role).is_none() {
            return Err(unknown(span, "role", role, known(&written)));
        }
        policy.clients.insert(name.to_owned(), role.to_owned());
    }
    Ok(policy)
}

fn role<'t>(
    span: &Range<usize>,
    name: &str,
    value: &'t Spanned<DeValue<'_>>,
) -> Result<Written<'t>, Wrong> {
    if name.is_empty() || name.contains(char::is_control) {
        return Err(Wrong::new(span, format!("{name:?} is no name for a role")));
    }
    if BUILT_IN.contains(&name) || Profile::by_name(name).is_some() {
        let what = format!("the role {name} is built in and can't be defined: choose another name");
        return Err(Wrong::new(span, what));
    }
    let mut role = Written::default();
    for (span, key, value) in entries(table(name, value)?) {
        match key {
            "extends" => role.extends = strings(key, "[\"monitor\"]", value)?,
            "allow" => role.allow = parsed(key, "[\"ContainerList\"]", value, Selector::parse)?,
            "allow-paths" => {
                role.paths = parsed(key, "[\"GET /libpod/info\"]", value, PathRule::parse)?;
            }
            "deny" => role.deny = parsed(key, "[\"ContainerDelete\"]", value, Selector::parse)?,
            _ => {
                let keys = ["extends", "allow", "allow-paths", "deny"];
                return Err(unknown(span, "key", key, keys));
            }
        }
    }
    Ok(role)
}

/// Puts a role among the resolved ones, those that it extends first.
fn resolve<'t>(
    name: &'t str,
    written: &BTreeMap<&'t str, Written<'t>>,
    open: &mut Vec<&'t str>,
    roles: &mut BTreeMap<String, Arc<Role>>,
) -> Result<(), Wrong> {
    let Some(role) = written.get(name).filter(|_| !roles.contains_key(name)) else {
        return Ok(());
    };
    open.push(name);
    for (span, extended) in &role.extends {
        if let Some(start) = open.iter().position(|name| name == extended) {
            let cycle = open[start..].join(" extends ");
            let what = format!("roles extend each other: {cycle} extends {extended}");
            return Err(Wrong::new(span, what));
        }
        if Profile::by_name(extended).is_some() {
            let what = format!("the profile {extended} can't be extended: extend a role");
            return Err(Wrong::new(span, what));
        }
        if !roles.contains_key(*extended) && !written.contains_key(extended) {
            return Err(unknown(span.clone(), "role", extended, known(written)));
        }
        resolve(extended, written, open, roles)?;
    }
    open.pop();
    let extends = role.extends.iter().filter_map(|(_, name)| roles.get(*name));
    let definition = Definition {
        extends: extends.map(Arc::as_ref).collect(),
        allow: role.allow.clone(),
        paths: role.paths.clone(),
        deny: role.deny.clone(),
    };
    let role = Role::listed(name, definition);
    roles.insert(name.to_owned(), Arc::new(role));
    Ok(())
}

fn known<'t>(written: &BTreeMap<&'t str, Written<'_>>) -> impl Iterator<Item = &'t str> {
    written.keys().copied().chain(BUILT_IN)
}

fn unknown<S: AsRef<str>>(
    span: Range<usize>,
    kind: &str,
    name: &str,
    known: impl IntoIterator<Item = S>,
) -> Wrong {
    Wrong::new(&span, format!("unknown {kind} {name:?}{}", hint(name, known)))
}

type Entry<'t, 'i> = (Range<usize>, &'t str, &'t Spanned<DeValue<'i>>);

/// A table's keys and values as they stand there: of two errors the first is told.
fn entries<'t, 'i>(table: &'t DeTable<'i>) -> Vec<Entry<'t, 'i>> {
    let entry = |(key, value): (&'t Spanned<_>, _)| {
        (key.span(), AsRef::<str>::as_ref(key.get_ref()), value)
    };
    let mut entries: Vec<Entry<'t, 'i>> = table.iter().map(entry).collect();
    entries.sort_unstable_by_key(|(span, ..)| span.start);
    entries
}

fn table<'t, 'i>(key: &str, value: &'t Spanned<DeValue<'i>>) -> Result<&'t DeTable<'i>, Wrong> {
    let wrong = || Wrong::new(&value.span(), format!("{key} wants a table"));
    value.get_ref().as_table().ok_or_else(wrong)
}

fn string<'t>(
    key: &str,
    example: &str,
    value: &'t Spanned<DeValue<'_>>,
) -> Result<(Range<usize>, &'t str), Wrong> {
    let wrong = || Wrong::new(&value.span(), format!("{key} wants a string, such as {example}"));
    Ok((value.span(), value.get_ref().as_str().ok_or_else(wrong)?))
}

fn strings<'t>(
    key: &str,
    example: &str,
    value: &'t Spanned<DeValue<'_>>,
) -> Result<Vec<(Range<usize>, &'t str)>, Wrong> {
    let wrong = |span| Wrong::new(&span, format!("{key} wants strings, such as {example}"));
    let array = value.get_ref().as_array().ok_or_else(|| wrong(value.span()))?;
    let string = |value: &'t Spanned<DeValue<'_>>| {
        let text = value.get_ref().as_str().ok_or_else(|| wrong(value.span()))?;
        Ok((value.span(), text))
    };
    array.iter().map(string).collect()
}

fn parsed<T>(
    key: &str,
    example: &str,
    value: &Spanned<DeValue<'_>>,
    parse: impl Fn(&str) -> Result<T, String>,
) -> Result<Vec<T>, Wrong> {
    let texts = strings(key, example, value)?.into_iter();
    texts.map(|(span, text)| parse(text).map_err(|what| Wrong::new(&span, what))).collect()
}

fn one_line(text: &str) -> String {
    text.replace('\n', " ")
}

#[cfg(test)]
mod tests;
