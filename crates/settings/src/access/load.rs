//! From names to roles, and from roles to a gate.

use std::sync::Arc;

use docker_api_access::{Policy, Profile};
use docker_api_core::gate::MakeGate;
use docker_api_core::relay::Socket;
use docker_api_core::run::{PolicyFile, Record};
use docker_api_gateway::{Access, Gateway, LogRequests, RequestLine, Roles, Sink};

use super::learn::{open_learner, refuse_roles};
use super::policy::{PolicyReader, Used};
use super::{AccessSettings, FULL, Named};
use crate::Failure;

/// Who clients can show themselves to be.
#[derive(Clone, Copy, Debug)]
pub enum Certificates<'a> {
    /// Nobody: a connection has its listener's role.
    Unknown,
    /// Shown by all; of those that are known already, names and roles.
    Shown(&'a [(String, String)]),
}

/// Access with its policy read and its roles found.
#[derive(Debug)]
pub struct Loaded {
    pub(super) settings: AccessSettings,
    pub(super) policy: Policy,
    /// Certificates of which one names this role.
    pub(super) clients: Vec<(String, String)>,
    reader: PolicyReader,
    open: bool,
}

/// What stands between clients and the Engine.
#[derive(Debug)]
pub struct Guarded {
    /// Whose role is which.
    pub access: Arc<Access>,
    /// Who is told of requests. More may be added before the gates are made.
    pub sinks: Vec<Arc<dyn Sink>>,
    /// To be reloaded.
    pub policy: Option<PolicyFile>,
    /// To be written.
    pub record: Option<Record>,
    open: bool,
}

impl AccessSettings {
    /// Reads the policy and finds every role that has a name here. What the variables of a profile
    /// don't do, and the like, is added to `warnings`.
    ///
    /// # Errors
    /// When the policy can't be read, or a role isn't there.
    pub(crate) fn load(
        &self,
        certificates: Certificates<'_>,
        warnings: &mut Vec<String>,
    ) -> Result<Loaded, Failure> {
        refuse_roles(self)?;
        let file = self.policy.as_ref();
        let reader = PolicyReader::new(file.map(|it| it.path.clone()), self.variables.clone());
        let policy = reader.read().map_err(|why| {
            Failure::setting(file.map_or("--policy", |it| it.source.as_str()), why)
        })?;
        let names = self.listeners.iter().chain(&self.certificates);
        for named in names.chain([&self.access]) {
            if policy.role(&named.role).is_none() {
                return Err(self.unknown(named, &policy));
            }
        }
        let clients = match certificates {
            Certificates::Shown(clients) => clients.to_vec(),
            Certificates::Unknown => Vec::new(),
        };
        let in_force = |role: &str| {
            let mut names = self.listeners.iter().chain(&self.certificates);
            names.any(|named| named.role == role)
                || policy.clients().any(|(_, name)| name == role)
                || clients.iter().any(|(_, name)| name == role)
        };
        let variable = |name: &str| self.variables.raw(name).map(str::to_owned);
        let profiles = Profile::ALL.into_iter().filter(|profile| in_force(profile.name()));
        warnings.extend(profiles.flat_map(|profile| profile.warnings(&variable)));
        let lost = clients.iter().filter(|(client, role)| {
            policy.role(role).is_none() && policy.client(client).is_none()
        });
        warnings.extend(lost.map(|(client, role)| {
            format!(
                "client {client} may do nothing: its certificate names the role {role}, which \
                 isn't known here{}",
                meant(&policy, role)
            )
        }));
        let judged = self.policy.is_some() || self.learn.is_some();
        let shown = matches!(certificates, Certificates::Shown(_));
        let open = !judged && !shown && self.listeners.iter().all(|named| named.role == FULL);
        if open && self.log_requests.is_some() {
            warnings.push("--log-requests does nothing: open access logs no requests".into());
        }
        if !shown && policy.clients().next().is_some() {
            warnings.push(
                "[clients] of the policy does nothing: without TLS nobody shows a certificate"
                    .into(),
            );
        }
        Ok(Loaded { policy, settings: self.clone(), clients, reader, open })
    }

    fn unknown(&self, Named { role, source, at }: &Named, policy: &Policy) -> Failure {
        let begin = match at {
            Some(at) => format!("`{at}` names the role `{role}`, which isn't known"),
            None => format!("the role `{role}` isn't known"),
        };
        let near = meant(policy, role);
        let hint = if near.is_empty() {
            let known: Vec<_> = policy.roles().map(|role| role.name()).collect();
            let file = if self.policy.is_some() { "" } else { "; --policy FILE adds your own" };
            format!(" (there are {}{file})", known.join(", "))
        } else {
            near
        };
        Failure::setting(source, format!("{begin}{hint}"))
    }
}

impl Loaded {
    /// Opens what is written to while it runs.
    ///
    /// # Errors
    /// When the file of `--learn` can't be written.
    pub fn open(self) -> Result<Guarded, Failure> {
        let Self { settings, policy, reader, open, .. } = self;
        let learner = settings.learn.as_ref().map(open_learner).transpose()?;
        let role = |named: &Named| named.role.clone();
        let roles = Roles {
            listeners: settings.listeners.iter().map(role).collect(),
            certificates: settings.certificates.as_ref().map(role),
            judge_full: settings.policy.is_some(),
        };
        let access = Arc::new(match learner {
            None => Access::new(policy.clone(), roles),
            Some(_) => Access::of_learner(),
        });
        let log = settings.log_requests.unwrap_or_default();
        let log = (log != LogRequests::None).then(|| RequestLine::new(log));
        let mut sinks: Vec<Arc<dyn Sink>> = Vec::new();
        sinks.extend(log.map(|log| Arc::new(log) as _));
        let record = learner.map(|(learner, path)| {
            let learner = Arc::new(learner);
            sinks.push(Arc::clone(&learner) as _);
            let write = move || match learner.write() {
                Ok(()) => Ok(format!("what was learned is in {}", path.display())),
                Err(why) => {
                    Err(format!("cannot write what was learned: {}: {why}", path.display()))
                }
            };
            Record { write: Arc::new(write) }
        });
        let used = Used::of(&settings);
        let policy = settings.policy.map(|file| PolicyFile {
            reload: reader.reload(policy, used, Arc::clone(&access)),
            path: file.path,
        });
        Ok(Guarded { access, sinks, policy, record, open })
    }
}

impl Guarded {
    /// Whether no request is judged at all.
    pub fn is_open(&self) -> bool {
        self.open
    }

    /// The gate for clients on one kind of socket; the open one where no role restricts anybody.
    pub fn gate<S: Socket + 'static>(&self) -> MakeGate<S> {
        if self.open {
            return MakeGate::default();
        }
        let (access, sinks) = (Arc::clone(&self.access), self.sinks.clone());
        MakeGate::new(move |parts| Arc::new(Gateway::new(parts, access, sinks)))
    }
}

/// `: did you mean X?`, or nothing.
fn meant(policy: &Policy, role: &str) -> String {
    policy.near(role).map_or_else(String::new, |near| format!(": did you mean {near}?"))
}
