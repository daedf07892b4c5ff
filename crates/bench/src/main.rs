//! Measures the bridges beside their peers, on loopback, in one interleaved run.
//!
//! `cargo xtask bench` builds everything and runs `bench run`.
//!
//! | module | what it is |
//! | --- | --- |
//! | [`upstream`] | a synthetic Engine that costs as little as can be |
//! | [`client`], [`load`] | connections, and what is done with them: one file for each test |
//! | [`target`] | what is measured: ours, the peers, and no proxy at all |
//! | [`machine`] | processor time, memory, and who else is at work |
//! | [`matrix`] | the order: A B C, A B C |
//! | [`results`], [`stats`], [`goals`], [`report`] | what came of it |

#![forbid(unsafe_code)]
#![expect(clippy::print_stderr, reason = "it talks to whoever runs it")]

mod case;
mod client;
mod goals;
mod load;
mod machine;
mod matrix;
mod report;
mod results;
mod run;
mod stats;
mod target;
mod upstream;

use std::process::ExitCode;

use clap::Parser;

/// Measures the bridges beside their peers. `cargo xtask bench` is the way in.
#[derive(Debug, Parser)]
enum Command {
    Run(run::Options),
    Upstream(upstream::Options),
}

fn main() -> ExitCode {
    let done = match Command::parse() {
        Command::Run(options) => run::run(&options),
        Command::Upstream(options) => upstream::run(&options),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_is_well_formed() {
        Command::command().debug_assert();
    }
}
