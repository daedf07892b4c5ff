//! What an Engine, or whatever is in front of it, can be found as.

use std::fmt;

/// The answer in one word.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum State {
    /// 403, or a socket that this user may not open.
    Denied,
    /// The name has no address.
    Dns,
    /// Something accepts, such as a bridge, but no Engine answers behind it.
    EngineDown,
    /// The Engine answers, and meets all conditions.
    Healthy,
    /// Something answers, but not as an Engine does.
    NotDocker,
    /// Nobody listens there, or a unix socket isn't there.
    Refused,
    /// A unix socket that its Engine has left behind: the file is mounted here, and there is a
    /// new one elsewhere.
    StaleSocket,
    /// No answer in time.
    Timeout,
    /// The two sides don't agree on TLS.
    Tls,
    /// The Engine answers, but doesn't meet a condition.
    Unmet,
    /// A kind of address that can't be asked, such as `ssh://`.
    Unsupported,
}

impl State {
    /// Every state.
    pub const ALL: [Self; 11] = [
        Self::Healthy,
        Self::EngineDown,
        Self::StaleSocket,
        Self::Refused,
        Self::Timeout,
        Self::Dns,
        Self::Tls,
        Self::Denied,
        Self::NotDocker,
        Self::Unmet,
        Self::Unsupported,
    ];

    /// As reports have it, such as `engine-down`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Denied => "denied",
            Self::Dns => "dns",
            Self::EngineDown => "engine-down",
            Self::Healthy => "healthy",
            Self::NotDocker => "not-docker",
            Self::Refused => "refused",
            Self::StaleSocket => "stale-socket",
            Self::Timeout => "timeout",
            Self::Tls => "tls",
            Self::Unmet => "unmet",
            Self::Unsupported => "unsupported",
        }
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}
