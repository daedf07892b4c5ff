//! The policy in force: read at start, and again on SIGHUP.

use std::fs;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use docker_api_access::{Policy, Profile};
use docker_api_core::variables::Variables;
use docker_api_gateway::Access;

use super::changes::changes;
use super::{AccessSettings, Named};

/// Reads the policy, with the profiles beside its roles.
#[derive(Clone, Debug)]
pub(super) struct PolicyReader {
    /// None: the roles that need no file.
    path: Option<PathBuf>,
    variables: Variables,
}

/// The roles that a running bridge can't be without.
#[derive(Debug)]
pub(super) struct Used(Vec<Named>);

impl Used {
    pub(super) fn of(settings: &AccessSettings) -> Self {
        Self(settings.listeners.iter().chain(&settings.certificates).cloned().collect())
    }
}

impl PolicyReader {
    pub(super) fn new(path: Option<PathBuf>, variables: Variables) -> Self {
        Self { path, variables }
    }

    /// # Errors
    /// One line: where it is wrong.
    pub(super) fn read(&self) -> Result<Policy, String> {
        let policy = match &self.path {
            None => Policy::built_in(),
            Some(path) => {
                let name = path.display().to_string();
                let text = fs::read_to_string(path)
                    .map_err(|why| format!("`{name}` can't be read: {why}"))?;
                Policy::parse(&name, &text).map_err(|error| error.to_string())?
            }
        };
        let variable = |name: &str| self.variables.raw(name).map(str::to_owned);
        let add = |policy: Policy, profile| policy.with_profile(profile, &variable);
        Ok(Profile::ALL.into_iter().fold(policy, add))
    }

    /// Reads it once more, puts it into force, and says what has changed since the policy
    /// `at_start`. A policy without a role that is `used` is no good.
    pub(super) fn reload(
        self,
        at_start: Policy,
        used: Used,
        access: Arc<Access>,
    ) -> Arc<dyn Fn() -> Result<Vec<String>, String> + Send + Sync> {
        let in_force = Mutex::new(at_start);
        Arc::new(move || {
            let new = self.read()?;
            let gone = used.0.iter().find(|named| new.role(&named.role).is_none());
            if let Some(Named { role, source, .. }) = gone {
                let file = self.path.as_ref().map(|path| path.display().to_string());
                let file = file.unwrap_or_default();
                return Err(format!("`{file}` lacks the role `{role}`, which {source} names"));
            }
            let mut in_force = in_force.lock().unwrap_or_else(PoisonError::into_inner);
            let changes = changes(&in_force, &new);
            access.replace(new.clone());
            *in_force = new;
            drop(in_force);
            Ok(changes)
        })
    }
}
