//! A stand-in Engine that can be stopped and killed.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;

use tempfile::TempDir;

use crate::process::Process;
use crate::{DEADLINE, Program, Signal, eventually};

/// One in a process of its own, on a path at which the next one may listen.
#[derive(Debug)]
pub struct EngineProcess {
    folder: TempDir,
    process: Process,
}

impl EngineProcess {
    /// Starts one.
    pub fn start() -> Self {
        let folder = tempfile::tempdir().expect("a folder for a socket");
        // A bridge may have dropped root's rights.
        fs::set_permissions(folder.path(), Permissions::from_mode(0o755)).expect("a mode");
        let process = start(folder.path().join(SOCKET));
        Self { folder, process }
    }

    /// Its socket.
    pub fn socket(&self) -> PathBuf {
        self.folder.path().join(SOCKET)
    }

    /// SIGSTOP, which takes a moment to reach every thread.
    pub fn stand_still(&self) {
        self.process.signal(Signal::STOP);
        let tasks = format!("/proc/{}/task", self.process.pid());
        eventually(DEADLINE, "it stands still", || {
            let mut tasks = fs::read_dir(&tasks).expect("it runs").flatten();
            tasks.all(|task| {
                let stat = fs::read_to_string(task.path().join("stat")).unwrap_or_default();
                stat.rsplit_once(')').is_some_and(|(_, rest)| rest.starts_with(" T"))
            })
        });
    }

    /// SIGCONT.
    pub fn go_on(&self) {
        self.process.signal(Signal::CONT);
    }

    /// SIGKILL. Its socket's file stays.
    pub fn kill(&self) {
        self.process.signal(Signal::KILL);
        self.process.wait_exit(DEADLINE);
    }

    /// The next one, in the place of one that was killed.
    pub fn start_again(&mut self) {
        self.process = start(self.socket());
    }
}

fn start(socket: PathBuf) -> Process {
    let listen = format!("unix://{}", socket.display());
    let engine = Program::ours("stand-in-engine").args(["--listen", &listen]).start();
    engine.wait_for_log_containing("listening on");
    engine
}

const SOCKET: &str = "engine.sock";
