//! Programs under test: started, watched, stopped.

mod bridge;
mod environment;
mod finish;
mod inspect;
mod output;
mod socat;

use std::ffi::{OsStr, OsString};
use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Mutex;
use std::time::Duration;

use rustix::process::{Pid, kill_process};

use crate::{DEADLINE, wait};

use self::output::Lines;

pub use rustix::process::Signal;

pub use self::bridge::{Bridge, BridgeBuilder};
pub use self::environment::clean_environment;
pub use self::finish::{finish, finish_with_input, run_to_end};
pub use self::inspect::Memory;
pub use self::socat::Socat;

/// A program to start: path, arguments, environment.
///
/// Nothing of the test's environment reaches it but what [`clean_environment`] keeps.
#[derive(Clone, Debug)]
pub struct Program {
    path: PathBuf,
    arguments: Vec<OsString>,
    variables: Vec<(OsString, OsString)>,
}

impl Program {
    /// A program by its path, or by its name in `PATH`.
    pub fn new(path: impl AsRef<Path>) -> Self {
        Self { path: path.as_ref().to_owned(), arguments: Vec::new(), variables: Vec::new() }
    }

    /// One of our own programs, such as `bridge`.
    pub fn ours(name: &str) -> Self {
        Self::new(crate::binary::binary(name))
    }

    /// The same, started by another program that becomes it (by `exec`, so that its process id
    /// stays): the first of these words, which gets the rest, and this program's own behind them.
    pub fn under(self, words: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Self {
        let mut words = words.into_iter().map(|word| word.as_ref().to_owned());
        let outer = words.next().map_or_else(|| self.path.clone(), PathBuf::from);
        let arguments = words.chain([self.path.into_os_string()]).chain(self.arguments).collect();
        Self { path: outer, arguments, variables: self.variables }
    }

    /// Adds an argument.
    pub fn arg(mut self, argument: impl AsRef<OsStr>) -> Self {
        self.arguments.push(argument.as_ref().to_owned());
        self
    }

    /// Adds arguments.
    pub fn args(mut self, arguments: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Self {
        self.arguments.extend(arguments.into_iter().map(|argument| argument.as_ref().to_owned()));
        self
    }

    /// Sets a variable.
    pub fn env(mut self, name: impl AsRef<OsStr>, value: impl AsRef<OsStr>) -> Self {
        self.variables.push((name.as_ref().to_owned(), value.as_ref().to_owned()));
        self
    }

    /// The command, for whoever wants to run it otherwise.
    pub fn command(&self) -> Command {
        let mut command = Command::new(&self.path);
        clean_environment(&mut command);
        command
            .args(&self.arguments)
            .envs(self.variables.iter().map(|(name, value)| (name, value)));
        command
    }

    /// Starts it with empty standard input.
    pub fn start(&self) -> Process {
        Process::spawn(self.command())
    }

    /// Runs it to its end; see [`finish()`].
    pub fn run(&self) -> std::process::Output {
        finish(self.command(), DEADLINE)
    }
}

/// A running program. Dropping kills it.
#[derive(Debug)]
pub struct Process {
    shown: String,
    id: u32,
    child: Mutex<Child>,
    lines: Lines,
}

impl Process {
    /// Starts a command, with empty standard input, and collects what it prints.
    pub fn spawn(mut command: Command) -> Self {
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let shown = format!("{command:?}");
        let mut child =
            command.spawn().unwrap_or_else(|error| panic!("cannot start {shown}: {error}"));
        let lines = Lines::default();
        lines.collect(child.stdout.take().expect("piped"));
        lines.collect(child.stderr.take().expect("piped"));
        Self { shown, id: child.id(), child: Mutex::new(child), lines }
    }

    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.id
    }

    /// Everything that it printed so far, on both outputs.
    pub fn logs(&self) -> String {
        self.lines.text()
    }

    /// Waits for a line for which `wanted` holds, past ones included, and returns it.
    ///
    /// Panics with all lines if none comes within [`DEADLINE`].
    pub fn wait_for_log(&self, wanted: impl FnMut(&str) -> bool) -> String {
        self.lines
            .wait_for(DEADLINE, wanted)
            .unwrap_or_else(|| panic!("no such line within {DEADLINE:?}, but\n{}", self.logs()))
    }

    /// Waits for a line that contains `text`, past ones included, and returns it.
    pub fn wait_for_log_containing(&self, text: &str) -> String {
        self.lines.wait_for(DEADLINE, |line| line.contains(text)).unwrap_or_else(|| {
            panic!("no line with {text:?} within {DEADLINE:?}, but\n{}", self.logs())
        })
    }

    /// Waits for its end. Panics with all lines if it doesn't come in time.
    pub fn wait_exit(&self, deadline: Duration) -> ExitStatus {
        let mut status = None;
        let ended = wait::holds_within(deadline, || {
            status = self.exit_status();
            status.is_some()
        });
        assert!(ended, "{} didn't end within {deadline:?}:\n{}", self.shown, self.logs());
        self.lines.wait_for_end(deadline);
        status.expect("it ended")
    }

    /// How it ended, if it has.
    pub fn exit_status(&self) -> Option<ExitStatus> {
        self.child.lock().unwrap().try_wait().expect("cannot ask for the exit status")
    }

    /// Sends a signal.
    pub fn signal(&self, signal: Signal) {
        // Not yet waited for, so the id can't belong to another process.
        let child = self.child.lock().unwrap();
        kill_process(Pid::from_child(&child), signal)
            .unwrap_or_else(|error| panic!("cannot send {signal:?} to {}: {error}", self.shown));
        drop(child);
    }

    /// How many file descriptors it has open.
    pub fn fd_count(&self) -> usize {
        inspect::fd_count(self.id)
    }

    /// How much memory it takes.
    pub fn memory(&self) -> Memory {
        inspect::memory(self.id)
    }

    /// Processor time spent so far, in user and kernel mode, of all threads.
    pub fn cpu_time(&self) -> Duration {
        inspect::cpu_time(self.id)
    }

    /// Waits until `is_ready`; panics with all lines if the process ends before, or at the deadline.
    fn wait_ready(&self, what: &str, mut is_ready: impl FnMut() -> bool) {
        let mut status = None;
        let done = wait::holds_within(DEADLINE, || {
            status = self.exit_status();
            status.is_some() || is_ready()
        });
        if let Some(status) = status {
            self.lines.wait_for_end(DEADLINE);
            panic!("{} ended with {status} before {what}:\n{}", self.shown, self.logs());
        }
        assert!(done, "{}: not within {DEADLINE:?}: {what}\n{}", self.shown, self.logs());
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let child = self.child.get_mut().unwrap_or_else(std::sync::PoisonError::into_inner);
        // It may have ended already; then there is nothing to kill, and the wait is immediate.
        let _ignored = child.kill();
        let _ignored = child.wait();
        if std::thread::panicking() {
            eprintln!("--- {} printed:\n{}---", self.shown, self.lines.text());
        }
    }
}

/// For wrappers, which are processes too.
macro_rules! derefs_to_process {
    ($wrapper:ty) => {
        impl Deref for $wrapper {
            type Target = Process;

            fn deref(&self) -> &Process {
                &self.process
            }
        }
    };
}

derefs_to_process!(Bridge);
derefs_to_process!(Socat);

#[cfg(test)]
mod tests {
    use super::*;

    fn sh(script: &str) -> Process {
        Program::new("sh").arg("-c").arg(script).start()
    }

    #[test]
    fn both_outputs_are_collected_and_waited_for() {
        let process = sh("echo one; echo two >&2; exec sleep 60");
        assert_eq!(process.wait_for_log_containing("tw"), "two");
        assert_eq!(process.wait_for_log(|line| line == "one"), "one");
        assert_eq!(process.exit_status(), None);
    }

    #[test]
    fn signals_arrive_and_the_end_is_told() {
        let process =
            sh("trap 'echo caught; exit 3' TERM; echo ready; while :; do sleep 0.05; done");
        process.wait_for_log_containing("ready");
        process.signal(Signal::TERM);
        assert_eq!(process.wait_exit(DEADLINE).code(), Some(3));
        assert_eq!(process.logs(), "ready\ncaught\n");
    }

    #[test]
    fn a_process_can_be_measured() {
        let process = sh("echo ready; exec sleep 60");
        process.wait_for_log_containing("ready");
        assert!(process.fd_count() >= 3);
        assert!(process.memory().rss > 0);
    }

    #[test]
    fn the_environment_is_clean() {
        let output = Program::new("env").env("BRIDGE_LISTEN", "x").run();
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(text.contains("BRIDGE_LISTEN=x\n"), "{text}");
        assert!(!text.contains("CARGO"), "{text}");
    }
}
