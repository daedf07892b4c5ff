//! Bridges under faults drawn at random, for as long as one likes. `cargo xtask soak` is the way in.
//!
//! | module | what it is |
//! | --- | --- |
//! | [`fault`] | what is done to a bridge, its Engine and its clients |
//! | [`storm`] | one bridge, and data that must survive |
//! | [`random`] | the same faults again from the same seed |

#![forbid(unsafe_code)]
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "it talks to whoever runs it")]

mod fault;
mod random;
mod storm;

use std::os::unix::fs::MetadataExt as _;
use std::process::ExitCode;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use std::{fs, thread};

use clap::Parser;
use testkit::Front;

use crate::storm::Storm;

/// Bridges with open access, guarded access and TLS, side by side, under faults drawn at random.
#[derive(Debug, Parser)]
struct Options {
    /// How long.
    #[arg(long, value_name = "N", default_value_t = 600)]
    seconds: u64,
    /// Which faults come, and in what order; printed. Default: another each time.
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
}

fn main() -> ExitCode {
    let options = Options::parse();
    if !is_root() {
        eprintln!(
            "error: run it as root, to whom alone bridge-tls shows its descriptors and memory"
        );
        return ExitCode::FAILURE;
    }
    let seed = options.seed.unwrap_or_else(from_clock);
    println!("{} s of faults from the seed {seed}", options.seconds);
    let period = Duration::from_secs(options.seconds);
    let storms = Front::ALL.map(|front| thread::spawn(move || Storm::new(front, seed).run(period)));
    let mut calm = true;
    for storm in storms {
        match storm.join() {
            Ok(report) => println!("{report}"),
            // It has printed what was lost.
            Err(_panic) => calm = false,
        }
    }
    if calm {
        println!("nothing was lost");
        return ExitCode::SUCCESS;
    }
    eprintln!("error: something was lost; to see it again: cargo xtask soak --seed {seed}");
    ExitCode::FAILURE
}

fn is_root() -> bool {
    fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0)
}

fn from_clock() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(1, |since| since.as_secs() % 1_000_000)
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_is_well_formed() {
        Options::command().debug_assert();
    }
}
