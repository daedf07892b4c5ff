//! The side of who asks.

use std::fs;
use std::io;
use std::time::Duration;

use docker_api_engine::State;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::UnixStream;
use tokio::runtime::Builder;
use tokio::time::timeout;

use super::choice::{Seen, choose, has_all};
use super::{QUESTION, Report, Whom, name};

/// Why no bridge has answered.
#[derive(Debug, thiserror::Error)]
pub enum AskError {
    /// It is there, and silent.
    #[error("the bridge of process {pid} doesn't answer: {why}")]
    Silent {
        /// Its process.
        pid: u32,
        /// What went wrong.
        why: io::Error,
    },
    /// It answers root and its own user.
    #[error("the bridge of process {pid} answers root and its own user only: ask as user {user}")]
    Denied {
        /// Its process.
        pid: u32,
        /// Its user.
        user: u32,
    },
    /// There is none, or none that is meant.
    #[error(
        "no bridge is running here: nobody listens on {0} (write --listen as the bridge has it)"
    )]
    NoBridge(String),
    /// Their listeners don't tell them apart.
    #[error("several bridges listen on {0}: ask in the container of the one that is meant")]
    Several(String),
    /// The operating system doesn't say who is here.
    #[error("cannot look for the bridge: {0}: {1}")]
    System(&'static str, io::Error),
}

/// A bridge that may be the one.
struct Found {
    pid: u32,
    same_cgroup: bool,
    greeted: Result<Talk, AskError>,
}

/// A bridge that has said where it listens.
struct Talk {
    stream: BufReader<UnixStream>,
    listeners: String,
}

/// Finds the bridge and asks it. It takes no longer than 5 s.
///
/// # Errors
/// When there is no such bridge, or it doesn't answer.
pub fn ask(whom: &Whom) -> Result<Report, AskError> {
    let system = |error| AskError::System("a runtime", error);
    let runtime = Builder::new_current_thread().enable_all().build().map_err(system)?;
    runtime.block_on(find_and_ask(whom))
}

async fn find_and_ask(whom: &Whom) -> Result<Report, AskError> {
    let bridges_here = || name::bridges_here().map_err(|error| AskError::System("/proc", error));
    let bridges = bridges_here()?;
    let own_cgroup = cgroup("self");
    let mut found = Vec::new();
    for (pid, name) in bridges {
        let same_cgroup = !own_cgroup.is_empty() && cgroup(&pid.to_string()) == own_cgroup;
        found.push(Found { pid, same_cgroup, greeted: greet(pid, &name).await });
    }
    if found.iter().any(|one| one.greeted.is_err()) {
        // Whoever has ended meanwhile isn't here.
        let here = bridges_here()?;
        found.retain(|one| one.greeted.is_ok() || here.iter().any(|(pid, _)| *pid == one.pid));
    }
    let seen: Vec<_> = found.iter().map(|one| one.seen(whom)).collect();
    match choose(&seen, whom)[..] {
        [index] => {
            let Found { pid, greeted, .. } = found.swap_remove(index);
            greeted?.ask(pid).await
        }
        // One that doesn't say where it listens may be meant.
        [] => match found.into_iter().find_map(|one| one.greeted.err()) {
            Some(error) => Err(error),
            None => Err(AskError::NoBridge(whom.shown())),
        },
        _ => Err(AskError::Several(whom.shown())),
    }
}

async fn greet(pid: u32, name: &str) -> Result<Talk, AskError> {
    let silent = |why| AskError::Silent { pid, why };
    // The runtime's spelling of a name in the abstract namespace, as the kernel's.
    let stream = UnixStream::connect(format!("\0{name}")).await.map_err(silent)?;
    let server = stream.peer_cred().map_err(silent)?;
    if server.pid().and_then(|pid| u32::try_from(pid).ok()) != Some(pid) {
        // Anybody may take a name that is free.
        return Err(silent(io::Error::other("another process listens under its name")));
    }
    let me = rustix::process::geteuid().as_raw();
    if me != 0 && me != server.uid() {
        return Err(AskError::Denied { pid, user: server.uid() });
    }
    let mut stream = BufReader::new(stream);
    let listeners = line(&mut stream, GREETING).await.map_err(silent)?;
    Ok(Talk { stream, listeners })
}

impl Talk {
    async fn ask(mut self, pid: u32) -> Result<Report, AskError> {
        self.answer().await.map_err(|why| AskError::Silent { pid, why })
    }

    async fn answer(&mut self) -> io::Result<Report> {
        self.stream.get_mut().write_all(&[QUESTION]).await?;
        let answer = line(&mut self.stream, ANSWER).await?;
        let (word, line) = answer.split_once(' ').unwrap_or((&answer, ""));
        match State::ALL.into_iter().find(|state| state.word() == word) {
            Some(state) => Ok(Report { state, line: line.to_owned() }),
            None => Err(io::Error::other("it is of another version")),
        }
    }
}

impl Found {
    fn seen(&self, whom: &Whom) -> Seen {
        let listens = self.greeted.as_ref().is_ok_and(|talk| {
            has_all(&talk.listeners.split('\t').collect::<Vec<_>>(), &whom.listeners)
        });
        Seen { pid: self.pid, same_cgroup: self.same_cgroup, listens }
    }
}

impl Whom {
    fn shown(&self) -> String {
        self.listeners.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
    }
}

async fn line(stream: &mut BufReader<UnixStream>, limit: Duration) -> io::Result<String> {
    let mut line = String::new();
    let late = || {
        let why = format!("no answer within {limit:?}");
        Err(io::Error::new(io::ErrorKind::TimedOut, why))
    };
    timeout(limit, stream.read_line(&mut line)).await.unwrap_or_else(|_| late())?;
    match line.strip_suffix('\n') {
        Some(line) => Ok(line.to_owned()),
        None => Err(io::ErrorKind::UnexpectedEof.into()),
    }
}

/// As the kernel shows it here; empty where it doesn't.
fn cgroup(process: &str) -> String {
    fs::read_to_string(format!("/proc/{process}/cgroup")).unwrap_or_default()
}

/// Which takes a bridge no time at all.
const GREETING: Duration = Duration::from_millis(500);
/// Our images' health check has 5 s.
const ANSWER: Duration = Duration::from_secs(4);
