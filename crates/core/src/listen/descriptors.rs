//! The descriptor limit, and how many connections it carries.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::relay::max_pipes;

/// Raises the soft limit of open files to the hard one and returns it; programs that run
/// `select(2)` need the low one, a bridge doesn't. `None`: without a limit.
pub fn raise_descriptor_limit() -> Option<u64> {
    let limit = getrlimit(Resource::Nofile);
    if limit.current != limit.maximum {
        let raised = Rlimit { current: limit.maximum, maximum: limit.maximum };
        if setrlimit(Resource::Nofile, raised).is_ok() {
            return limit.maximum;
        }
    }
    limit.current
}

/// How many connections fit below a descriptor limit: each takes two, the client's and the
/// Engine's, and some are kept back for the bridge itself and for the pipes of uploads.
pub fn default_max_connections(descriptor_limit: Option<u64>) -> usize {
    let reserved = RESERVED + 2 * max_pipes(descriptor_limit);
    let connections = descriptor_limit.unwrap_or(u64::MAX).saturating_sub(reserved) / 2;
    usize::try_from(connections).unwrap_or(usize::MAX).clamp(1, MOST)
}

/// Listeners, the runtime's own, standard streams, name look-ups.
const RESERVED: u64 = 32;

/// What `tokio::sync::Semaphore` can count, and far more than a machine can serve.
const MOST: usize = 1 << 24;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_descriptors_a_connection_and_some_kept_back() {
        assert_eq!(default_max_connections(Some(1024)), 488);
        assert_eq!(default_max_connections(Some(8)), 1);
        assert_eq!(default_max_connections(None), MOST);
    }
}
