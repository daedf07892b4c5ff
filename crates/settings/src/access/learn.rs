//! `--learn`: everything is allowed, so nothing beside it may restrict anybody.

use std::fs::File;
use std::path::PathBuf;

use docker_api_gateway::Learner;

use super::{AccessSettings, FULL, NamedFile};
use crate::Failure;

/// # Errors
/// When a role or a policy stands beside it.
pub(super) fn refuse_roles(settings: &AccessSettings) -> Result<(), Failure> {
    if settings.learn.is_none() {
        return Ok(());
    }
    let names = settings.listeners.iter().chain(&settings.certificates).chain([&settings.access]);
    let role = names.into_iter().find(|named| named.role != FULL);
    let role = role.map(|named| (&named.source, format!("the role `{}`", named.role)));
    let policy = settings.policy.as_ref().map(|file| (&file.source, "a policy".to_owned()));
    match role.or(policy) {
        None => Ok(()),
        Some((source, what)) => Err(Failure::setting(
            source,
            format!("--learn allows everything, and {what} doesn't: leave one of them out"),
        )),
    }
}

/// Opens the file, made if it isn't there. It is written as a whole, later.
pub(super) fn open_learner(file: &NamedFile) -> Result<(Learner, PathBuf), Failure> {
    let NamedFile { path, source } = file;
    match File::options().write(true).create(true).truncate(false).open(path) {
        Ok(open) => Ok((Learner::new(open), path.clone())),
        Err(why) => {
            Err(Failure::setting(source, format!("`{}` can't be written: {why}", path.display())))
        }
    }
}
