//! A browser that does as it is told, by `scripts/page.js`.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};
use testkit::{binary, sdk, skip};

/// A running browser with one page open at a time. Dropping ends it.
pub(crate) struct Driver {
    child: Child,
    commands: Option<ChildStdin>,
    answers: Receiver<String>,
    /// Profiles, caches and all else that browsers write.
    _home: tempfile::TempDir,
}

impl Driver {
    /// `None`: skipped, for want of the browser or of Node's packages.
    pub(crate) fn start(browser: &str, executables: &[&str]) -> Option<Self> {
        let Some(executable) = executables.iter().find_map(|name| binary::in_path(name)) else {
            skip::skip(&format!("no {} in PATH", executables[0]));
            return None;
        };
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts/page.js");
        let mut command = sdk::node(&script)?;
        let home = tempfile::tempdir().unwrap();
        let config = json!({"browser": browser, "executable": executable});
        command.env("HOME", home.path()).env("TMPDIR", home.path()).arg(config.to_string());
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let (commands, lines) = (child.stdin.take(), child.stdout.take().unwrap());
        let (send, answers) = mpsc::channel();
        thread::spawn(move || {
            // Whoever doesn't listen any more has ended the test.
            BufReader::new(lines).lines().map_while(Result::ok).try_for_each(|line| send.send(line))
        });
        Some(Self { child, commands, answers, _home: home })
    }

    /// Tells it a command, and gives what came of it.
    #[track_caller]
    pub(crate) fn tell(&mut self, command: &Value) -> Value {
        writeln!(self.commands.as_mut().unwrap(), "{command}").unwrap();
        let answer = self.answers.recv_timeout(LONGEST);
        let answer = answer.unwrap_or_else(|_| panic!("no answer to {command}"));
        let answer: Value = serde_json::from_str(&answer).unwrap();
        assert!(answer["error"].is_null(), "{command}: {answer}");
        answer["value"].clone()
    }

    /// The value of an expression in the page.
    #[track_caller]
    pub(crate) fn evaluate(&mut self, code: &str) -> Value {
        self.tell(&json!({"do": "evaluate", "code": code}))
    }

    /// Waits until an expression is true in the page.
    #[track_caller]
    pub(crate) fn until(&mut self, code: &str, within: Duration) {
        self.tell(&json!({"do": "until", "code": code, "within": within.as_millis()}));
    }

    #[track_caller]
    pub(crate) fn click(&mut self, selector: &str) {
        self.tell(&json!({"do": "click", "selector": selector}));
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        // It ends its browser when it hears no more.
        self.commands = None;
        let _ended = self.child.wait();
    }
}

/// Above all that the script waits for itself.
const LONGEST: Duration = Duration::from_secs(60);
