//! `cargo xtask up`: a bridge to try, in front of this machine's Engine or of a stand-in.

use std::fmt::Write as _;
use std::fs::DirBuilder;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::process::{self, Command, ExitCode};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::time::{Duration, Instant};
use std::{env, fs, io, thread};

use anyhow::{Context as _, bail};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use crate::processes::{Event, Process};
use crate::{http, workspace};

/// Build the bridge and run it before Docker's socket, or before a stand-in where there is none.
#[derive(Debug, clap::Parser)]
pub(crate) struct Options {
    /// Print the Engine's answer to /version, got through the bridge, and stop.
    #[arg(long)]
    once: bool,
}

pub(crate) fn run(options: &Options) -> anyhow::Result<ExitCode> {
    let mut build = workspace::cargo("build --locked --release --package bridge");
    // Whoever waits for it would wait as long again for what the linker may still find.
    build.args(["--config", "profile.release.lto=false"]);
    build.args(["--config", "profile.release.codegen-units=16"]);
    workspace::run(&mut build)?;

    let sockets = sockets(
        env::var("DOCKER_HOST").ok().as_deref(),
        env::var("XDG_RUNTIME_DIR").ok().as_deref(),
    );
    let found = find_engine(&sockets);
    if found.is_err() {
        workspace::run(&mut workspace::cargo(
            "build --locked --package testkit --bin stand-in-engine",
        ))?;
    }

    let mut session = Session::begin(!options.once)?;
    let engine = match found {
        Ok(socket) => {
            eprintln!("Engine: Docker answers on {}", socket.display());
            socket
        }
        Err(why) => {
            eprintln!("Engine: a stand-in, since no Docker socket answers ({why})");
            match session.stand_in()? {
                Some(socket) => socket,
                None => return Ok(ExitCode::SUCCESS),
            }
        }
    };
    let address = free_address()?;
    let Some(version) = session.bridge(address, &engine)? else { return Ok(ExitCode::SUCCESS) };

    if options.once {
        println!("{}", version.trim_end());
        return Ok(ExitCode::SUCCESS);
    }
    eprint!("{}", invitation(address));
    session.until_stopped()?;
    eprintln!("stopping");
    Ok(ExitCode::SUCCESS)
}

/// Where an Engine may listen, in the order in which they are tried.
fn sockets(docker_host: Option<&str>, runtime_dir: Option<&str>) -> Vec<PathBuf> {
    if let Some(path) = docker_host.and_then(|host| host.strip_prefix("unix://")) {
        return vec![path.into()];
    }
    let mut sockets = vec![PathBuf::from("/var/run/docker.sock")];
    if let Some(dir) = runtime_dir.filter(|dir| !dir.is_empty()) {
        sockets.push(Path::new(dir).join("docker.sock"));
    }
    sockets
}

/// The first socket behind which an Engine answers, else why each one is none.
fn find_engine(sockets: &[PathBuf]) -> Result<PathBuf, String> {
    let mut why = String::new();
    for socket in sockets {
        match http::get_unix(socket, "/_ping") {
            Ok(_pong) => return Ok(socket.clone()),
            Err(error) => {
                let separator = if why.is_empty() { "" } else { "; " };
                // Writing to a string can't fail.
                let _ = write!(why, "{separator}{}: {error}", socket.display());
            }
        }
    }
    Err(why)
}

/// 127.0.0.1:2375, or the next port that nobody listens on.
fn free_address() -> anyhow::Result<SocketAddr> {
    let ports = FIRST_PORT..FIRST_PORT + 100;
    ports
        .map(|port| SocketAddr::from((Ipv4Addr::LOCALHOST, port)))
        .find(|&address| TcpListener::bind(address).is_ok())
        .with_context(|| format!("no port from {FIRST_PORT} on is free on 127.0.0.1"))
}

fn invitation(address: SocketAddr) -> String {
    let taken = if address.port() == FIRST_PORT { "" } else { " (2375 is taken)" };
    format!(
        "\nThe bridge listens on tcp://{address}{taken}. Try:\n\n    \
         curl http://{address}/version\n    \
         docker -H tcp://{address} ps\n\n\
         Ctrl-C stops it.\n\n"
    )
}

/// The programs that were started, and what they and the user have to say.
struct Session {
    processes: Vec<Process>,
    events: Sender<Event>,
    inbox: Receiver<Event>,
    scratch: Option<Scratch>,
    show_lines: bool,
}

impl Session {
    /// From here on a signal doesn't end this task, but arrives in the inbox.
    fn begin(show_lines: bool) -> anyhow::Result<Self> {
        let (events, inbox) = mpsc::channel();
        let mut signals =
            Signals::new([SIGHUP, SIGINT, SIGTERM]).context("cannot watch for signals")?;
        let on_signal = events.clone();
        thread::spawn(move || {
            for _signal in signals.forever() {
                // Nobody listens any more: it is stopping already.
                drop(on_signal.send(Event::Stop));
            }
        });
        Ok(Self { processes: Vec::new(), events, inbox, scratch: None, show_lines })
    }

    /// Starts the stand-in Engine and waits until it listens. None: told to stop meanwhile.
    fn stand_in(&mut self) -> anyhow::Result<Option<PathBuf>> {
        let scratch = self.scratch.insert(Scratch::create()?);
        let socket = scratch.0.join("engine.sock");
        let mut command = Command::new(workspace::target()?.join("debug/stand-in-engine"));
        command.arg("--listen").arg(format!("unix://{}", socket.display()));
        self.start("stand-in-engine", &mut command)?;

        let deadline = Instant::now() + READY;
        loop {
            match self.next(deadline.saturating_duration_since(Instant::now()))? {
                Some(Event::Line("stand-in-engine", line)) if line.starts_with("listening on") => {
                    return Ok(Some(socket));
                }
                Some(Event::Stop) => return Ok(None),
                Some(Event::Line(..) | Event::Ended(_)) => {}
                None => bail!("stand-in-engine wasn't listening after {READY:?}"),
            }
        }
    }

    /// Starts the bridge and waits for the Engine's answer through it. None: told to stop
    /// meanwhile.
    fn bridge(&mut self, address: SocketAddr, engine: &Path) -> anyhow::Result<Option<String>> {
        let mut command = Command::new(workspace::target()?.join("release/bridge"));
        command
            .arg("--listen")
            .arg(format!("tcp://{address}"))
            .arg("--upstream")
            .arg(format!("unix://{}", engine.display()));
        self.start("bridge", &mut command)?;

        let deadline = Instant::now() + READY;
        loop {
            let error = match http::get_tcp(address, "/version") {
                Ok(version) => return Ok(Some(version)),
                Err(error) => error,
            };
            if Instant::now() >= deadline {
                bail!("no answer to /version from tcp://{address} after {READY:?}: {error}");
            }
            if let Some(Event::Stop) = self.next(Duration::from_millis(20))? {
                return Ok(None);
            }
        }
    }

    fn until_stopped(&mut self) -> anyhow::Result<()> {
        loop {
            if let Some(Event::Stop) = self.next(Duration::MAX)? {
                return Ok(());
            }
        }
    }

    fn start(&mut self, name: &'static str, command: &mut Command) -> anyhow::Result<()> {
        let process = Process::start(name, command, &self.events)
            .with_context(|| format!("cannot start `{}`", workspace::show(command)))?;
        self.processes.push(process);
        Ok(())
    }

    /// The next event, if one comes in time. That a program ends by itself is an error.
    fn next(&mut self, timeout: Duration) -> anyhow::Result<Option<Event>> {
        let event = match self.inbox.recv_timeout(timeout) {
            Ok(event) => event,
            Err(RecvTimeoutError::Timeout) => return Ok(None),
            Err(RecvTimeoutError::Disconnected) => bail!("nobody is left to wait for"),
        };
        match &event {
            Event::Line(name, line) => {
                if self.show_lines {
                    eprintln!("{line}");
                }
                if let Some(process) = self.processes.iter_mut().find(|p| p.name() == *name) {
                    process.remember(line.clone());
                }
            }
            Event::Ended(name) => {
                let ended = self.processes.iter_mut().find(|p| p.name() == *name);
                // A Ctrl-C reaches the whole process group, and a program may be quicker to end
                // than the signal to arrive here.
                if let Ok(Event::Stop) = self.inbox.recv_timeout(Duration::from_millis(200)) {
                    return Ok(Some(Event::Stop));
                }
                if let Some(process) = ended {
                    bail!(process.obituary());
                }
            }
            Event::Stop => {}
        }
        Ok(Some(event))
    }
}

impl Drop for Session {
    /// Stops what was started last first, so that the bridge doesn't see its Engine go.
    fn drop(&mut self) {
        while let Some(process) = self.processes.pop() {
            drop(process);
        }
    }
}

/// A folder that only we can enter, and that goes when it is dropped.
struct Scratch(PathBuf);

impl Scratch {
    /// Short, since the path of a socket may not be longer than 107 bytes.
    fn create() -> anyhow::Result<Self> {
        let path = env::temp_dir().join(format!("docker-api-{}", process::id()));
        DirBuilder::new()
            .mode(0o700)
            .create(&path)
            .with_context(|| format!("cannot create folder `{}`", path.display()))?;
        Ok(Self(path))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let removed: io::Result<()> = fs::remove_dir_all(&self.0);
        if let Err(error) = removed {
            eprintln!("cannot remove `{}`: {error}", self.0.display());
        }
    }
}

/// The port of the Docker API without TLS.
const FIRST_PORT: u16 = 2375;
/// How long a program may take to be ready.
const READY: Duration = Duration::from_secs(20);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn docker_host_is_the_only_socket_tried_if_it_names_one() {
        let default = PathBuf::from("/var/run/docker.sock");
        let rootless = PathBuf::from("/run/user/1000/docker.sock");
        assert_eq!(
            sockets(Some("unix:///x.sock"), Some("/run/user/1000")),
            ["/x.sock"].map(Into::<PathBuf>::into)
        );
        assert_eq!(
            sockets(Some("tcp://10.0.0.1:2375"), Some("/run/user/1000")),
            [default.clone(), rootless]
        );
        assert_eq!(sockets(None, Some("")), sockets(None, None));
        assert_eq!(sockets(None, None), [default]);
    }

    #[test]
    fn a_missing_engine_is_explained_socket_by_socket() {
        let why = find_engine(&["/nowhere/a".into(), "/nowhere/b".into()]).unwrap_err();
        let parts: Vec<&str> = why.split("; ").collect();
        assert!(parts[0].starts_with("/nowhere/a: No such file"), "{why}");
        assert!(parts[1].starts_with("/nowhere/b: No such file"), "{why}");
    }
}
