//! A dockerd for one test, or for the supervisor that shares it.

use std::fs::{self, File};
use std::io::Write as _;
use std::ops::Deref;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

use super::{Dockerd, Release, cleanup, home, namespace};
use crate::{binary, wait};

/// A dockerd for one test alone. Dropping stops it and deletes all that it left, containers
/// included; a janitor does so if the test is killed.
#[derive(Debug)]
pub struct PrivateDockerd {
    dockerd: Dockerd,
    release: Release,
    arguments: Vec<String>,
    child: Option<Child>,
    holder: Child,
    janitor: Child,
}

impl PrivateDockerd {
    pub(super) fn launch(release: Release, arguments: &[&str]) -> Self {
        let folder = home::create();
        let holder = namespace::hold();
        // It cleans up when its input ends, which happens however this process ends.
        let janitor = Command::new(binary::binary("dockerd-supervisor"))
            .arg("janitor")
            .arg(&folder)
            .arg(holder.id().to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("cannot start the janitor");
        let socket = home::socket(&folder);
        let dockerd = Dockerd { folder, namespace: holder.id(), socket };
        let arguments = arguments.iter().map(ToString::to_string).collect();
        let mut this = Self { dockerd, release, arguments, child: None, holder, janitor };
        this.start();
        this.import_image();
        this
    }

    /// Starts it, in the same namespaces and with the same data, and waits until it answers.
    pub fn start(&mut self) {
        assert!(self.child.is_none(), "it runs already");
        let folder = &self.dockerd.folder;
        let log = File::options().create(true).append(true).open(home::log(folder));
        let log = log.expect("cannot open its log");
        // Nothing of the machine's own; old Engines don't take an empty file for one.
        let config = folder.join("daemon.json");
        fs::write(&config, "{}").expect("cannot write its settings");
        let mut command = namespace::enter(self.dockerd.namespace);
        crate::process::clean_environment(&mut command)
            .env("PATH", self.release.path())
            .arg("dockerd")
            .arg("--data-root")
            .arg(folder.join("data"))
            .arg("--exec-root")
            .arg(folder.join("exec"))
            .arg("--pidfile")
            .arg(home::pid_file(folder))
            .arg("--host")
            .arg(self.dockerd.host())
            // systemd's cgroups can't be named, nor found again.
            .args(["--exec-opt", "native.cgroupdriver=cgroupfs", "--cgroup-parent"])
            .arg(format!("/{}", home::cgroup(folder)))
            .arg("--config-file")
            .arg(&config)
            .args(&self.arguments)
            .stdin(Stdio::null())
            .stdout(log.try_clone().expect("cannot share its log"))
            .stderr(log);
        let mut child = command.spawn().expect("cannot start dockerd");
        let mut ended = None;
        let up = wait::holds_within(START, || {
            ended = child.try_wait().expect("cannot ask for its status");
            ended.is_some() || self.dockerd.answers()
        });
        self.child = Some(child);
        let logs = self.dockerd.logs();
        assert_eq!(ended, None, "dockerd ended at start:\n{logs}");
        assert!(up, "dockerd didn't answer within {START:?}:\n{logs}");
    }

    /// Stops it as an administrator does. Containers end too, without `--live-restore`.
    pub fn stop(&mut self) {
        self.end(Signal::TERM);
    }

    /// Kills it: its socket's file stays, and so do its containers.
    pub fn kill(&mut self) {
        self.end(Signal::KILL);
        // A start would take another process of the same id for a running dockerd, and a containerd
        // that nobody has reaped yet for a running one.
        let folder = &self.dockerd.folder;
        for file in [home::pid_file(folder), folder.join("exec/containerd/containerd.pid")] {
            let _ignored = fs::remove_file(file);
        }
    }

    /// [`stop`](Self::stop), then [`start`](Self::start).
    pub fn restart(&mut self) {
        self.stop();
        self.start();
    }

    /// The process id of dockerd. Panics if it is stopped.
    pub fn pid(&self) -> u32 {
        self.child.as_ref().expect("it is stopped").id()
    }

    /// Whether dockerd's process has ended by itself.
    pub(super) fn has_ended(&mut self) -> bool {
        self.child.as_mut().is_none_or(|child| !matches!(child.try_wait(), Ok(None)))
    }

    fn end(&mut self, signal: Signal) {
        let mut child = self.child.take().expect("it is stopped already");
        kill_process(Pid::from_child(&child), signal).expect("cannot signal dockerd");
        let ended = wait::holds_within(STOP, || !matches!(child.try_wait(), Ok(None)));
        if !ended {
            let _ignored = child.kill();
            let _ignored = child.wait();
            panic!("dockerd didn't stop within {STOP:?}:\n{}", self.logs());
        }
        // Its containerd dies with it, but a moment later, and a new one would meet it.
        cleanup::wait_for_containerd(&self.dockerd.folder, STOP);
    }
}

impl Dockerd {
    /// Whether it answers a ping.
    pub(super) fn answers(&self) -> bool {
        // It listens before it answers, for many seconds when it restores containers.
        let Ok(mut stream) = self.endpoint().try_connect() else { return false };
        let ping = b"GET /_ping HTTP/1.0\r\n\r\n";
        stream.write_all(ping).is_ok() && stream.drain(PING).0.starts_with(b"HTTP/1.0 200 ")
    }
}

impl Deref for PrivateDockerd {
    type Target = Dockerd;

    fn deref(&self) -> &Dockerd {
        &self.dockerd
    }
}

impl Drop for PrivateDockerd {
    fn drop(&mut self) {
        drop(self.janitor.stdin.take());
        // Reaped here, since the janitor waits for their end and isn't their parent.
        if let Some(mut child) = self.child.take() {
            let _ignored = child.wait();
        }
        let _ignored = self.holder.wait();
        let _ignored = self.janitor.wait();
    }
}

const PING: Duration = Duration::from_secs(2);
const START: Duration = Duration::from_secs(60);
const STOP: Duration = Duration::from_secs(30);
