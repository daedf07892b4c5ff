//! Every kind of trouble, before every kind of bridge: nothing that could survive is lost, and what is
//! left behind is nothing.
//!
//! Those that older tests hold are in their files; `docs/reliability.md` lists all of them.

#![expect(clippy::unwrap_used, clippy::panic, reason = "to a test a panic is an answer")]

mod clients;
mod crowd;
mod engine;
mod garbage;
mod limits;
mod signals;

use std::time::Duration;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tempfile::TempDir;
use testkit::front::engine_at;
use testkit::process::Process;
use testkit::{DEADLINE, Endpoint, Signal, Stream, eventually, skip};

/// A stand-in Engine in a process of its own, on a path at which the next one may listen.
struct Engine {
    folder: TempDir,
    process: Process,
}

impl Engine {
    fn start() -> Self {
        use std::os::unix::fs::PermissionsExt as _;

        let folder = tempfile::tempdir().unwrap();
        std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
        let process = engine_at(&folder.path().join("engine.sock"));
        Self { folder, process }
    }

    fn socket(&self) -> std::path::PathBuf {
        self.folder.path().join("engine.sock")
    }

    /// SIGSTOP, which takes a moment to reach every thread.
    fn stand_still(&self) {
        self.process.signal(Signal::STOP);
        let tasks = format!("/proc/{}/task", self.process.pid());
        eventually(DEADLINE, "it stands still", || {
            let mut tasks = std::fs::read_dir(&tasks).unwrap().flatten();
            tasks.all(|task| {
                let stat = std::fs::read_to_string(task.path().join("stat")).unwrap();
                stat.rsplit_once(')').is_some_and(|(_, rest)| rest.starts_with(" T"))
            })
        });
    }

    fn start_again(&mut self) {
        self.process = engine_at(&self.socket());
    }
}

/// An answer of [`testkit::data::Pattern`] whose head was read.
struct Download {
    stream: Stream,
    digest: String,
}

impl Download {
    fn begin(endpoint: &Endpoint, bytes: usize) -> Self {
        let mut stream = endpoint.connect();
        stream.set_receive_buffer(64 * 1024);
        stream.send(format!("GET /bulk?bytes={bytes} HTTP/1.1\r\nHost: docker\r\n\r\n"));
        let head = stream.read_response_head();
        Self { digest: head.header("x-digest").unwrap().to_owned(), stream }
    }
}

/// True if this process may have so many descriptors; otherwise the test is skipped.
fn raise_descriptors(wanted: u64) -> bool {
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit { current: limit.maximum, maximum: limit.maximum };
    let enough = limit.maximum.is_none_or(|most| most >= wanted)
        && setrlimit(Resource::Nofile, raised).is_ok();
    if !enough {
        skip::skip(&format!("fewer than {wanted} descriptors"));
    }
    enough
}

/// For what takes milliseconds, on a machine that does much else.
const SOON: Duration = Duration::from_secs(3);
const MIB: u64 = 1024 * 1024;
const PING: &str = "GET /_ping HTTP/1.1\r\nHost: docker\r\n\r\n";
const LAST_PING: &str = "GET /_ping HTTP/1.1\r\nHost: docker\r\nConnection: close\r\n\r\n";
