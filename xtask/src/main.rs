//! What is run on this workspace. One module for each task, with its `Options` and `run`.

#![forbid(unsafe_code)]
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "tasks talk to whoever runs them")]

mod bench;
#[cfg(test)]
mod budget;
mod ci;
mod conformance;
mod dist;
mod docs;
mod fuzz;
mod http;
mod image;
mod processes;
#[cfg(test)]
mod rows;
mod screenshots;
mod setup;
mod soak;
mod tally;
mod test;
mod up;
mod workspace;

use std::process::ExitCode;

use clap::Parser;

/// Tasks of the docker-api workspace.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
enum Task {
    Bench(bench::Options),
    Ci(ci::Options),
    Dist(dist::Options),
    Docs(docs::Options),
    Fuzz(fuzz::Options),
    Image(image::Options),
    Screenshots(screenshots::Options),
    Setup(setup::Options),
    Soak(soak::Options),
    Test(test::Options),
    Up(up::Options),
}

fn main() -> ExitCode {
    let done = match Task::parse() {
        Task::Bench(options) => bench::run(&options),
        Task::Ci(options) => ci::run(&options),
        Task::Dist(options) => dist::run(&options),
        Task::Docs(options) => docs::run(&options),
        Task::Fuzz(options) => fuzz::run(&options),
        Task::Image(options) => image::run(&options),
        Task::Screenshots(options) => screenshots::run(&options),
        Task::Setup(options) => setup::run(&options),
        Task::Soak(options) => soak::run(&options),
        Task::Test(options) => test::run(&options),
        Task::Up(options) => up::run(&options),
    };
    done.unwrap_or_else(|error| {
        eprintln!("error: {error:#}");
        ExitCode::FAILURE
    })
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_is_well_formed() {
        Task::command().debug_assert();
    }
}
