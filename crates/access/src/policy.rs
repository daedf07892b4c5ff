//! Roles by name, and whose they are.

mod file;

use std::collections::BTreeMap;
use std::sync::Arc;

pub use self::file::PolicyError;

use crate::near::near;
use crate::rights::Definition;
use crate::selector::Selector;
use crate::{Class, Operation, Profile, Role};

/// Roles by name, built-in ones included, and the certificates' names that have one.
#[derive(Clone, Debug)]
pub struct Policy {
    pub(crate) roles: BTreeMap<String, Arc<Role>>,
    clients: BTreeMap<String, String>,
}

/// The roles that need no file.
pub(crate) const BUILT_IN: [&str; 3] = ["full", "read-only", "monitor"];

/// What watches containers and changes nothing.
const MONITOR: [Operation; 14] = [
    Operation::SystemPing,
    Operation::SystemPingHead,
    Operation::SystemVersion,
    Operation::SystemInfo,
    Operation::SystemEvents,
    Operation::SystemDataUsage,
    Operation::ContainerList,
    Operation::ContainerInspect,
    Operation::ContainerStats,
    Operation::ContainerTop,
    Operation::ImageList,
    Operation::ImageInspect,
    Operation::NetworkList,
    Operation::VolumeList,
];

impl Policy {
    /// The roles that need no file: `full`, `read-only`, `monitor`.
    pub fn built_in() -> Self {
        let allow = |allow| Definition { allow, ..Definition::default() };
        let read = vec![Selector::Class(Class::Read)];
        let monitor = MONITOR.map(Selector::Operation).to_vec();
        let roles = [
            Role::full(),
            Role::listed("read-only", allow(read)),
            Role::listed("monitor", allow(monitor)),
        ];
        let roles = roles.map(|role| (role.name().to_owned(), Arc::new(role)));
        Self { roles: roles.into(), clients: BTreeMap::new() }
    }

    /// The role of that name.
    pub fn role(&self, name: &str) -> Option<&Arc<Role>> {
        self.roles.get(name)
    }

    /// The name of a role or a profile that a misspelt one is close to.
    pub fn near(&self, name: &str) -> Option<&str> {
        let profiles = Profile::ALL.map(Profile::name);
        near(name, self.roles.keys().map(String::as_str).chain(profiles))
    }

    /// The roles, by name.
    pub fn roles(&self) -> impl Iterator<Item = &Arc<Role>> {
        self.roles.values()
    }

    /// The role's name of the certificate with that common name, where `[clients]` has one.
    pub fn client(&self, common_name: &str) -> Option<&str> {
        self.clients.get(common_name).map(String::as_str)
    }

    /// Certificates' common names and their roles' names.
    pub fn clients(&self) -> impl Iterator<Item = (&str, &str)> {
        self.clients.iter().map(|(name, role)| (name.as_str(), role.as_str()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Request, Verdict};

    fn allowed(role: &str) -> Vec<Operation> {
        let policy = Policy::built_in();
        let rights = policy.role(role).unwrap().rights();
        rights.filter(|(_, allowed, _)| *allowed).map(|(operation, ..)| operation).collect()
    }

    #[test]
    fn built_in_roles_allow_what_their_names_say() {
        let mut monitor = MONITOR.to_vec();
        monitor.sort();
        assert_eq!(allowed("monitor"), monitor);
        let read = Operation::all().filter(|operation| operation.class() == Class::Read);
        assert_eq!(allowed("read-only"), read.collect::<Vec<_>>());
        assert_eq!(allowed("full").len(), Operation::all().len());
    }

    #[test]
    fn full_lets_everything_pass_as_it_is_and_still_names_the_operation() {
        let policy = Policy::built_in();
        let role = policy.role("full").unwrap();
        let inspect = Some(Operation::ContainerInspect);
        for (method, target, operation) in [
            ("GET", "/v1.12/containers/a/json", inspect),
            ("GET", "/v1..2/containers/a/json", inspect),
            ("GET", "/containers/../containers/a/json", None),
            ("POST", "//teapot", None),
            ("BREW", "teapot", None),
        ] {
            let (method, target) = (method.as_bytes(), target.as_bytes());
            let judgement = role.judge(&Request { method, target, grpc: false });
            assert_eq!((judgement.verdict, judgement.operation), (Verdict::Allow, operation));
        }
    }

    #[test]
    fn others_refuse_old_versions_and_still_name_the_operation() {
        let policy = Policy::built_in();
        let role = policy.role("monitor").unwrap();
        let target = b"/v1.23/containers/a/json";
        let judgement = role.judge(&Request { method: b"GET", target, grpc: false });
        let Verdict::Bad(why) = judgement.verdict else { panic!("{judgement:?}") };
        assert!(why.starts_with("client version 1.23 is too old."), "{why}");
        assert_eq!(judgement.operation, Some(Operation::ContainerInspect));
    }
}
