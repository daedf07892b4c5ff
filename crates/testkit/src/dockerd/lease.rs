//! A share in the dockerd of all tests.

use std::fs::{self, File};
use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use rustix::fs::{FlockOperation, flock};

use super::{Dockerd, Release, home};
use crate::{binary, wait};

/// A share in the dockerd of all tests: it runs at least until this is dropped.
///
/// Others use it too: name what you make after your test, and remove it.
#[derive(Debug)]
pub struct Lease {
    dockerd: Dockerd,
    /// Locked; the lock ends with the process, however it ends.
    _lock: File,
}

impl Deref for Lease {
    type Target = Dockerd;

    fn deref(&self) -> &Dockerd {
        &self.dockerd
    }
}

/// Takes a lease; starts the supervisor if no dockerd runs.
pub(super) fn take(release: Release) -> Lease {
    let shared = home::shared(release);
    // One at a time: who comes second finds what the first has started. The lock is blocking, yet
    // whoever holds it does something that has a deadline.
    let starting = open(&shared, START_LOCK);
    flock(&starting, FlockOperation::LockExclusive).expect("cannot lock");
    let lock = open(&shared, LEASE_LOCK);
    flock(&lock, FlockOperation::LockShared).expect("cannot lock");
    let dockerd = running(&shared).unwrap_or_else(|| start(&shared, release));
    drop(starting);
    Lease { dockerd, _lock: lock }
}

/// The one that runs, if it answers.
fn running(shared: &Path) -> Option<Dockerd> {
    let text = fs::read_to_string(shared.join(READY)).ok()?;
    let (folder, namespace) = text.trim().split_once('\n')?;
    let folder = PathBuf::from(folder);
    let socket = home::socket(&folder);
    let dockerd = Dockerd { folder, namespace: namespace.parse().ok()?, socket };
    dockerd.answers().then_some(dockerd)
}

fn start(shared: &Path, release: Release) -> Dockerd {
    for file in [READY, LOG] {
        let _ignored = fs::remove_file(shared.join(file));
    }
    let log = open(shared, LOG);
    let mut supervisor = Command::new(binary::binary("dockerd-supervisor"))
        .arg("shared")
        .arg(shared)
        .arg(release.name())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(log)
        .spawn()
        .expect("cannot start the supervisor");
    let mut dockerd = None;
    let mut ended = None;
    wait::holds_within(START, || {
        ended = supervisor.try_wait().expect("cannot ask for its status");
        dockerd = running(shared);
        ended.is_some() || dockerd.is_some()
    });
    dockerd.unwrap_or_else(|| {
        let log = fs::read_to_string(shared.join(LOG)).unwrap_or_default();
        panic!("no shared dockerd (supervisor: {ended:?}):\n{log}")
    })
}

/// Announces a dockerd to those who wait for it.
pub(super) fn announce(shared: &Path, dockerd: &Dockerd) {
    let text = format!("{}\n{}\n", dockerd.folder.display(), dockerd.namespace);
    let temporary = shared.join("ready.new");
    fs::write(&temporary, text).expect("cannot announce");
    fs::rename(temporary, shared.join(READY)).expect("cannot announce");
}

pub(super) fn withdraw(shared: &Path) {
    let _ignored = fs::remove_file(shared.join(READY));
}

pub(super) fn open(shared: &Path, name: &str) -> File {
    File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(shared.join(name))
        .expect("cannot open a file of leases")
}

/// Locked by who looks whether a dockerd runs, starts or stops it.
pub(super) const START_LOCK: &str = "start";
/// Locked shared by all who use it.
pub(super) const LEASE_LOCK: &str = "lease";
/// Names the folder and the namespace of the one that runs.
const READY: &str = "ready";
const LOG: &str = "log";
const START: Duration = Duration::from_secs(90);
