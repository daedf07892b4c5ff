//! Learning: everything that is allowed goes into a policy.

use std::fs::File;
use std::io::{self, Seek as _, Write as _};
use std::sync::{Mutex, PoisonError};

use docker_api_access::{Learned, Verdict};

use crate::{Asked, Sink};

/// Learns a policy, and writes it where it was told to.
#[derive(Debug)]
pub struct Learner {
    learned: Mutex<Learned>,
    /// Stays open: after start, the user may not open it again.
    file: Mutex<File>,
}

impl Learner {
    /// Writes to `file`, which is open for writing.
    pub fn new(file: File) -> Self {
        Self { learned: Mutex::default(), file: Mutex::new(file) }
    }

    /// Writes what was learned so far in place of what is in the file.
    ///
    /// # Errors
    /// When it can't be written.
    pub fn write(&self) -> io::Result<()> {
        // A poisoned lock means that a panic was told of; what was learned is as good as before.
        let policy = self.learned.lock().unwrap_or_else(PoisonError::into_inner).to_string();
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        file.set_len(0)?;
        file.rewind()?;
        file.write_all(policy.as_bytes())?;
        file.sync_all()
    }
}

impl Sink for Learner {
    fn asked(&self, asked: &Asked<'_>) {
        let Asked { method, target, judgement, .. } = asked;
        if judgement.verdict == Verdict::Allow {
            let mut learned = self.learned.lock().unwrap_or_else(PoisonError::into_inner);
            learned.record(method, target, judgement.operation);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use docker_api_access::{Operation, Policy, Request};
    use docker_api_core::transport::{Peer, Who};

    use super::*;

    fn ask(learner: &Learner, role: &str, method: &[u8], target: &[u8]) {
        let policy = Policy::built_in();
        let request = Request { method, target, grpc: false };
        let judgement = policy.role(role).unwrap().judge(&request);
        let who = Who::new(Peer::Unix, 0, None);
        learner.asked(&Asked { who: &who, role, method, target, judgement: &judgement });
    }

    fn allowed(policy: &Policy) -> Vec<Operation> {
        let learned = policy.role("learned").unwrap();
        learned.rights().filter(|(_, allowed, _)| *allowed).map(|(it, ..)| it).collect()
    }

    #[test]
    fn each_writing_takes_the_place_of_the_last_one() {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all("# an older and much longer file\n".repeat(1000).as_bytes()).unwrap();
        let learner = Learner::new(file.try_clone().unwrap());
        let mut read = || {
            let mut text = String::new();
            file.rewind().unwrap();
            file.read_to_string(&mut text).unwrap();
            Policy::parse("learned.toml", &text).unwrap()
        };
        ask(&learner, "full", b"GET", b"/v1.41/containers/json?all=1");
        ask(&learner, "monitor", b"POST", b"/containers/create");
        learner.write().unwrap();
        assert_eq!(allowed(&read()), [Operation::ContainerList]);
        ask(&learner, "full", b"GET", b"/version");
        learner.write().unwrap();
        assert_eq!(allowed(&read()), [Operation::ContainerList, Operation::SystemVersion]);
    }
}
