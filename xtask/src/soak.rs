//! `cargo xtask soak`: the bridges under faults drawn at random.

use std::process::{Command, ExitCode};

use crate::workspace;

/// Build the bridges, and try faults on them that are drawn from a seed: Engines killed, stopped and
/// started again, clients that reset, close or say nothing, slow readers, SIGHUPs, garbage.
///
/// Data goes through all the while and is compared; at the end descriptors, connections and memory must
/// be what they were.
#[derive(Debug, clap::Parser)]
pub(crate) struct Options {
    /// How long.
    #[arg(long, value_name = "N", default_value_t = 600)]
    seconds: u64,
    /// Which faults come, and in what order; printed. Default: another each time.
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
}

pub(crate) fn run(options: &Options) -> anyhow::Result<ExitCode> {
    workspace::run(&mut workspace::cargo("build --workspace --bins --locked"))?;
    let mut soak = Command::new(workspace::target()?.join("debug/soak"));
    soak.args(["--seconds", &options.seconds.to_string()]);
    if let Some(seed) = options.seed {
        soak.args(["--seed", &seed.to_string()]);
    }
    workspace::run(&mut soak)?;
    Ok(ExitCode::SUCCESS)
}
