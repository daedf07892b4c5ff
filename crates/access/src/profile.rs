//! Roles that read the variables of the socket proxies that they stand in for.

mod judge;
mod switches;
mod warnings;

use std::sync::Arc;

pub(crate) use self::judge::is_post;
pub(crate) use self::switches::Switches;

use crate::{Policy, Role};

/// A socket proxy whose variables are read.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Profile {
    /// `lscr.io/linuxserver/socket-proxy`.
    Linuxserver,
    /// `tecnativa/docker-socket-proxy`.
    Tecnativa,
}

impl Profile {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Linuxserver, Self::Tecnativa];

    /// The profile of that name.
    pub fn by_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|profile| profile.name() == name)
    }

    /// Its name, as of a role.
    pub fn name(self) -> &'static str {
        match self {
            Self::Linuxserver => "linuxserver",
            Self::Tecnativa => "tecnativa",
        }
    }

    /// A line for each variable that doesn't do what whoever set it will think. Names that may be
    /// slips are tried by the thousand, so ask for a profile that is in force alone.
    pub fn warnings(self, variable: &dyn Fn(&str) -> Option<String>) -> Vec<String> {
        warnings::all(&Switches::read(self, variable), variable)
    }
}

impl Policy {
    /// Adds a profile as a role of its name. `variable` gives a variable's value: an empty one is
    /// set, and off.
    #[must_use]
    pub fn with_profile(
        mut self,
        profile: Profile,
        variable: &dyn Fn(&str) -> Option<String>,
    ) -> Self {
        let role = Arc::new(Role::profile(profile.name(), Switches::read(profile, variable)));
        self.roles.insert(profile.name().to_owned(), role);
        self
    }
}

#[cfg(test)]
mod tests;
