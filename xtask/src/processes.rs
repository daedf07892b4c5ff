//! Programs that run beside a task and stop with it.

use std::collections::VecDeque;
use std::io::{self, BufRead as _, BufReader};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::Sender;
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

/// What a task that runs programs waits for.
#[derive(Debug)]
pub(crate) enum Event {
    /// The program of this name closed its output: it ended, or is about to.
    Ended(&'static str),
    /// The program of this name printed a line, on either output.
    Line(&'static str, String),
    /// Someone asked this task to stop.
    Stop,
}

/// A program that runs. Dropping it stops it: politely, then after [`PATIENCE`] by force.
///
/// It stays in this task's process group, so whatever ends the group ends it too.
#[derive(Debug)]
pub(crate) struct Process {
    child: Child,
    last_lines: VecDeque<String>,
    name: &'static str,
}

impl Process {
    /// Starts a program without standard input. Its output arrives in `events` line by line.
    pub(crate) fn start(
        name: &'static str,
        command: &mut Command,
        events: &Sender<Event>,
    ) -> io::Result<Self> {
        let (reader, writer) = io::pipe()?;
        let child =
            command.stdin(Stdio::null()).stdout(writer.try_clone()?).stderr(writer).spawn()?;
        // The command holds our copies of the pipe's end, without which the reader would never
        // see the program's end.
        command.stdout(Stdio::null()).stderr(Stdio::null());

        let events = events.clone();
        thread::spawn(move || {
            for line in BufReader::new(reader).split(b'\n').map_while(Result::ok) {
                let line = String::from_utf8_lossy(&line).into_owned();
                // Nobody listens any more: the task is over, and the program about to be stopped.
                drop(events.send(Event::Line(name, line)));
            }
            drop(events.send(Event::Ended(name)));
        });
        Ok(Self { child, last_lines: VecDeque::new(), name })
    }

    /// Its name in events.
    pub(crate) fn name(&self) -> &'static str {
        self.name
    }

    /// Keeps a line for the report of an unexpected end.
    pub(crate) fn remember(&mut self, line: String) {
        if self.last_lines.len() == REMEMBERED {
            self.last_lines.pop_front();
        }
        self.last_lines.push_back(line);
    }

    /// What to say of a program that ended by itself: how, and its last lines.
    pub(crate) fn obituary(&mut self) -> String {
        let status = match self.wait() {
            Ok(Some(status)) => status.to_string(),
            Ok(None) => "its output is closed, and it still runs".to_owned(),
            Err(error) => error.to_string(),
        };
        let mut text = format!("{} ended by itself: {status}", self.name);
        if self.last_lines.is_empty() {
            text.push_str("; it printed nothing");
        } else {
            text.push_str("; its last lines:");
        }
        for line in &self.last_lines {
            text.push_str("\n  ");
            text.push_str(line);
        }
        text
    }

    /// Waits for its end, for [`PATIENCE`] at most.
    fn wait(&mut self) -> io::Result<Option<ExitStatus>> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            match self.child.try_wait()? {
                None if Instant::now() < deadline => thread::sleep(Duration::from_millis(10)),
                ended => return Ok(ended),
            }
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if let Ok(Some(_)) = self.child.try_wait() {
            return;
        }
        // Neither can fail in a way that matters: it isn't reaped yet, so the id is still its own.
        let _ = kill_process(Pid::from_child(&self.child), Signal::TERM);
        if !matches!(self.wait(), Ok(Some(_))) {
            drop(self.child.kill());
            drop(self.child.wait());
        }
    }
}

/// How long a program may take to stop: more than the bridge's grace for open connections.
const PATIENCE: Duration = Duration::from_secs(10);
/// How many of a program's last lines are shown when it ends by itself.
const REMEMBERED: usize = 20;

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    fn shell(script: &str, events: &Sender<Event>) -> Process {
        Process::start("shell", Command::new("sh").args(["-c", script]), events).unwrap()
    }

    #[test]
    fn an_end_is_reported_with_how_and_what_was_said() {
        let (events, inbox) = mpsc::channel();
        let mut process = shell("echo out; echo err >&2; exit 3", &events);
        drop(events);
        for event in inbox {
            if let Event::Line(_, line) = event {
                process.remember(line);
            }
        }
        assert_eq!(
            process.obituary(),
            "shell ended by itself: exit status: 3; its last lines:\n  out\n  err"
        );
    }

    #[test]
    fn dropping_a_process_ends_it() {
        let (events, inbox) = mpsc::channel();
        let process = shell("echo ready; exec sleep 600", &events);
        drop(events);
        assert!(matches!(inbox.recv().unwrap(), Event::Line("shell", line) if line == "ready"));
        drop(process);
        assert!(matches!(inbox.recv().unwrap(), Event::Ended("shell")));
    }
}
