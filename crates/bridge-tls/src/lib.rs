//! The Docker Engine API behind mutual TLS, with certificates that look after themselves.
//!
//! The program is [`main`]; [`command`] is its command line, for manual pages and completions.

mod args;
mod ca;
mod cert_dir;
mod client;
mod command;
mod host;
mod kekru;
mod new_file;
mod program;
mod serve;
mod settings;
mod shell;
mod tell;
mod user_files;

use std::process::ExitCode;

use docker_api_admin::words;
use docker_api_core::exit::Exit;
use docker_api_core::machine;
use docker_api_settings::command_line::Typed;
use docker_api_settings::{Failure, check};

use crate::args::Command;
pub use crate::args::command;
use crate::program::PROGRAM;

/// Does what the command line and the environment ask for, and says so by its exit code.
pub fn main() -> ExitCode {
    // Under another name it is another program, so the name goes before all flags.
    let other = words::called(std::env::args_os(), PROGRAM.name, || PROGRAM.engine_socket());
    other.unwrap_or_else(|| match start() {
        Ok(exit) => exit.into(),
        Err(failure) => failure.report(),
    })
}

fn start() -> Result<Exit, Failure> {
    machine::hide_memory();
    let command = match args::read(std::env::args_os())? {
        Typed::Run(command) => command,
        Typed::Print(text) => return check::print(&text),
    };
    match command {
        Command::Serve(serve) => serve::serve(&serve),
        Command::Client(command) => client::run(&command),
        Command::Ca(command) => ca::run(&command),
    }
}
