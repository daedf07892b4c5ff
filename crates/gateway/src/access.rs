//! Whose role is which, as long as a reload says nothing else.

use std::sync::Arc;

use arc_swap::ArcSwap;
use docker_api_access::{Policy, Role};
use docker_api_core::transport::Who;

/// The policy in force and who has which role by it.
#[derive(Debug)]
pub struct Access {
    policy: ArcSwap<Policy>,
    roles: Roles,
    /// Everybody has the role `full`, whatever their certificates say.
    learns: bool,
}

/// Which role a client has that nothing else gives one.
#[derive(Clone, Debug)]
pub struct Roles {
    /// By listener, in the order of the settings.
    pub listeners: Vec<String>,
    /// Of a certificate that names none, if it isn't the listener's.
    pub certificates: Option<String>,
    /// Whether `full` is judged too: a reload may change who has it.
    pub judge_full: bool,
}

impl Access {
    /// Roles by a policy.
    pub fn new(policy: Policy, roles: Roles) -> Self {
        Self { policy: ArcSwap::from_pointee(policy), roles, learns: false }
    }

    /// The role `full` for everybody, whatever their certificates say, and judged: somebody learns
    /// what is asked for.
    pub fn of_learner() -> Self {
        let roles = Roles { listeners: Vec::new(), certificates: None, judge_full: true };
        Self { learns: true, ..Self::new(Policy::built_in(), roles) }
    }

    /// Puts another policy into force: for the next request, on open connections too.
    pub fn replace(&self, policy: Policy) {
        self.policy.store(Arc::new(policy));
    }

    /// The client's role as of now; the name alone, where no role is called so.
    ///
    /// The policy's `[clients]` go before the role that the certificate names, that before the
    /// default for certificates, that before the listener's.
    ///
    /// # Errors
    /// The name that no role has.
    pub fn role(&self, who: &Who) -> Result<Arc<Role>, String> {
        let policy = self.policy.load();
        if self.learns {
            return policy.role("full").cloned().ok_or_else(|| "full".to_owned());
        }
        let identity = who.identity.as_deref();
        let name = identity
            .and_then(|identity| {
                let named = policy.client(&identity.name).or(identity.role.as_deref());
                named.or(self.roles.certificates.as_deref())
            })
            .unwrap_or_else(|| self.roles.listeners.get(who.listener).map_or("", String::as_str));
        policy.role(name).cloned().ok_or_else(|| name.to_owned())
    }

    /// Whether a client's requests need not be judged: its role is `full`, and no reload can
    /// change that.
    pub fn is_open(&self, who: &Who) -> bool {
        !self.roles.judge_full && self.role(who).is_ok_and(|role| role.is_full())
    }
}
