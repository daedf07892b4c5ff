//! Who may do what: what flags and variables say of it, and what a bridge makes of that.
//!
//! [`AccessSettings`] are names as they were written. [`Plan::load_access`](crate::Plan::load_access) reads the policy and
//! finds the roles; from then on it is [`Loaded`], which can be shown, and [`Loaded::open`] makes
//! the gate's parts of it.

pub(crate) mod bind_config;
mod changes;
mod learn;
pub(crate) mod listen;
mod load;
mod policy;
pub(crate) mod profile;
mod rights;

use std::path::{self, PathBuf};

use docker_api_core::variables::Variables;
use docker_api_gateway::LogRequests;

pub use self::load::{Certificates, Guarded, Loaded};
use crate::{Failure, Flags, Sources, values};

/// What is said about access.
#[derive(Clone, Debug)]
pub struct AccessSettings {
    /// `--access`.
    pub(crate) access: Named,
    /// The role of each listener, in the order of the settings.
    pub(crate) listeners: Vec<Named>,
    /// The role of a certificate that names none; `None`: the listener's.
    certificates: Option<Named>,
    policy: Option<NamedFile>,
    learn: Option<NamedFile>,
    log_requests: Option<LogRequests>,
    variables: Variables,
}

/// A role, and what gave it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Named {
    /// Its name.
    pub role: String,
    /// The flag or variable.
    pub source: String,
    /// The listener's address as it was written, where that names the role.
    pub(crate) at: Option<String>,
}

#[derive(Clone, Debug)]
struct NamedFile {
    path: PathBuf,
    source: String,
}

impl Named {
    /// Open access, of which nobody says anything.
    pub(crate) fn full() -> Self {
        Self { role: FULL.into(), source: "--access".into(), at: None }
    }
}

impl AccessSettings {
    pub(crate) fn read(
        from: &Sources<'_>,
        flags: &Flags,
        access: Named,
        listeners: Vec<Named>,
    ) -> Result<Self, Failure> {
        let log_requests = from.one(
            flags.log_requests.as_ref(),
            "log-requests",
            &["BRIDGE_LOG_REQUESTS"],
            values::log_requests,
        )?;
        Ok(Self {
            access,
            listeners,
            certificates: None,
            policy: from.file(flags.policy.as_ref(), "policy", "BRIDGE_POLICY")?,
            learn: from.file(flags.learn.as_ref(), "learn", "BRIDGE_LEARN")?,
            log_requests,
            variables: from.variables.clone(),
        })
    }

    /// Takes the role of certificates that name none (`--default-role`).
    pub fn set_certificates(&mut self, role: Option<Named>) {
        self.certificates = role;
    }

    /// There is one listener, of which nothing but `--access` says the role.
    pub fn have_one_listener(&mut self) {
        self.listeners = vec![self.access.clone()];
    }

    /// There is another listener, with the role of that one.
    pub(crate) fn add_listener_like(&mut self, index: usize) {
        self.listeners.push(self.listeners[index].clone());
    }

    /// The connection of standard input and output, at which no gate stands.
    ///
    /// # Errors
    /// When something other than open access was asked for.
    pub fn refuse_standard_input(&self) -> Result<(), Failure> {
        let role = Some(&self.access).filter(|named| named.role != FULL).map(|it| &it.source);
        let mut asked =
            role.into_iter().chain(self.policy.iter().chain(&self.learn).map(|it| &it.source));
        match asked.next() {
            None => Ok(()),
            Some(source) => Err(Failure::setting(
                source,
                "nothing is judged between standard input and output and the Engine: leave it \
                 out, or listen on an address",
            )),
        }
    }

    /// The role of a listener, where it isn't that of all.
    pub(crate) fn own_role(&self, listener: usize) -> Option<&str> {
        let named = self.listeners.get(listener)?;
        named.at.as_ref().map(|_| named.role.as_str())
    }

    /// For `--check` and the log.
    pub(crate) fn rows(&self) -> Vec<(&'static str, String)> {
        let mut rows = vec![("access", self.access.role.clone())];
        let file = |file: &NamedFile| file.path.display().to_string();
        rows.extend(self.policy.iter().map(|it| ("policy", file(it))));
        rows.extend(self.learn.iter().map(|it| ("learn", file(it))));
        let log = self.log_requests.map(|which| ("log requests", values::log_requests_word(which)));
        rows.extend(log.map(|(name, word)| (name, word.to_owned())));
        rows
    }
}

impl Sources<'_> {
    /// A role by flag or variable, whose name is well formed; whether there is one is seen later.
    ///
    /// # Errors
    /// When no role can be called so.
    pub fn role(
        &self,
        flag: Option<&String>,
        flag_name: &str,
        names: &[&str],
    ) -> Result<Option<Named>, Failure> {
        let Some((source, text)) = self.said(flag, flag_name, names) else { return Ok(None) };
        let role = values::role(text).map_err(|why| Failure::setting(&source, why))?;
        Ok(Some(Named { role, source, at: None }))
    }

    fn file(
        &self,
        flag: Option<&String>,
        flag_name: &str,
        name: &str,
    ) -> Result<Option<NamedFile>, Failure> {
        let Some((source, text)) = self.said(flag, flag_name, &[name]) else { return Ok(None) };
        match path::absolute(text) {
            Ok(path) => Ok(Some(NamedFile { path, source })),
            Err(why) => Err(Failure::setting(&source, format!("`{text}` is not a path: {why}"))),
        }
    }
}

/// The role that allows everything.
const FULL: &str = "full";
