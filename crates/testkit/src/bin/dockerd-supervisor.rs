//! Keeps a dockerd of the tests: started by `testkit`, never by hand.

use std::env;
use std::io::{self, Write as _};
use std::path::Path;
use std::process::ExitCode;

use testkit::dockerd::supervisor;

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        ["shared", folder, release] => match release.parse() {
            Ok(release) => supervisor::share(Path::new(folder), release),
            Err(()) => return usage(),
        },
        ["janitor", folder, holder] => match holder.parse() {
            Ok(holder) => supervisor::janitor(Path::new(folder), holder),
            Err(_) => return usage(),
        },
        _ => return usage(),
    }
    ExitCode::SUCCESS
}

fn usage() -> ExitCode {
    // Nobody may be left to read it.
    let _ignored =
        writeln!(io::stderr(), "usage: dockerd-supervisor shared DIR RELEASE | janitor DIR PID");
    ExitCode::from(64)
}
