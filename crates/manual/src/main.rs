//! `manual FOLDER`: writes manual pages and completions of all programs.
//!
//! A program of its own, so that none that is shipped holds what only makes pages.

#![forbid(unsafe_code)]

mod page;

use std::io::{self, Write as _};
use std::path::Path;
use std::process::ExitCode;
use std::{env, fs};

use clap::{Command, ValueEnum as _};
use clap_complete::Shell;

fn main() -> ExitCode {
    let folder = env::args_os().nth(1).unwrap_or_else(|| "target/manual".into());
    match write(Path::new(&folder)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Nobody may be left to read it.
            let _ignored =
                writeln!(io::stderr(), "error: cannot write to {}: {error}", folder.display());
            ExitCode::FAILURE
        }
    }
}

/// `man/PROGRAM.1`, with one more for each command of a program, and `completions/` as shells call
/// them.
fn write(folder: &Path) -> io::Result<()> {
    let (man, completions) = (folder.join("man"), folder.join("completions"));
    fs::create_dir_all(&man)?;
    fs::create_dir_all(&completions)?;
    for mut command in [bridge::command(), bridge_tls::command(), probe::command()] {
        let name = command.get_name().to_owned();
        for shell in Shell::value_variants() {
            clap_complete::generate_to(*shell, &mut command, &name, &completions)?;
        }
        command.build();
        pages(&command, &man)?;
    }
    Ok(())
}

fn pages(command: &Command, folder: &Path) -> io::Result<()> {
    let name = command.get_display_name().unwrap_or_else(|| command.get_name());
    fs::write(folder.join(format!("{name}.1")), page::page(command)?)?;
    command.get_subcommands().try_for_each(|below| pages(below, folder))
}
