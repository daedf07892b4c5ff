//! Roles that read the variables of the socket proxies that they stand in for.

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
}
