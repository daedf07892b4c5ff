//! Commands that end by themselves.

use std::io::{Read, Write as _};
use std::process::{Command, Output, Stdio};
use std::thread;
use std::time::Duration;

use super::Program;
use crate::wait;

/// Runs one of our programs to its end, as a user would type it. Panics after
/// [`DEADLINE`](crate::DEADLINE).
///
/// `program` is one of ours if it has no `/`, else a path.
pub fn run_to_end(program: &str, arguments: &[&str], variables: &[(&str, &str)]) -> Output {
    let program =
        if program.contains('/') { Program::new(program) } else { Program::ours(program) };
    variables.iter().fold(program.args(arguments), |p, (name, value)| p.env(name, value)).run()
}

/// Runs a command to its end, with empty standard input.
///
/// Panics with what it printed, and kills it, if it hasn't ended within the deadline.
pub fn finish(command: Command, deadline: Duration) -> Output {
    run(command, None, deadline)
}

/// The same with bytes on standard input, which then ends.
pub fn finish_with_input(command: Command, input: impl AsRef<[u8]>, deadline: Duration) -> Output {
    run(command, Some(input.as_ref().to_vec()), deadline)
}

fn run(mut command: Command, input: Option<Vec<u8>>, deadline: Duration) -> Output {
    command.stdin(if input.is_some() { Stdio::piped() } else { Stdio::null() });
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child =
        command.spawn().unwrap_or_else(|error| panic!("cannot start {command:?}: {error}"));
    if let (Some(mut stdin), Some(input)) = (child.stdin.take(), input) {
        // A program that doesn't read all of it may end: that is its right.
        thread::spawn(move || drop(stdin.write_all(&input)));
    }
    let stdout = read(child.stdout.take().expect("piped"));
    let stderr = read(child.stderr.take().expect("piped"));

    let mut status = None;
    wait::holds_within(deadline, || {
        status = child.try_wait().expect("cannot ask for the exit status");
        status.is_some()
    });
    if status.is_none() {
        // It may end just now: then there is nothing to kill.
        let _ignored = child.kill();
        let _ignored = child.wait();
    }
    let (stdout, stderr) = (stdout.join().unwrap(), stderr.join().unwrap());
    let Some(status) = status else {
        panic!(
            "{command:?} didn't end within {deadline:?}\nstdout: {}\nstderr: {}",
            String::from_utf8_lossy(&stdout),
            String::from_utf8_lossy(&stderr)
        );
    };
    Output { status, stdout, stderr }
}

fn read(mut pipe: impl Read + Send + 'static) -> thread::JoinHandle<Vec<u8>> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        // What was read before an error counts.
        let _ignored = pipe.read_to_end(&mut bytes);
        bytes
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::DEADLINE;

    #[test]
    fn input_is_handed_on_and_ends() {
        let output = finish_with_input(Command::new("cat"), "hello", DEADLINE);
        assert_eq!(output.stdout, b"hello");
        assert!(output.status.success());
    }

    #[test]
    #[should_panic(expected = "didn't end within 50ms\nstdout: begun")]
    fn a_command_that_hangs_is_stopped_and_named() {
        let mut command = Command::new("sh");
        command.args(["-c", "echo begun; exec sleep 60"]);
        finish(command, Duration::from_millis(50));
    }
}
