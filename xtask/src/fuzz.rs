//! `cargo xtask fuzz`: what reads strangers' bytes, fed with bytes that are strange.

use std::fs;
use std::process::{Command, ExitCode};

use anyhow::{Context as _, ensure};

use crate::workspace;

/// Fuzz each target of the folder `fuzz`, one after the other, beginning with its seeds and what was
/// found before.
///
/// It takes cargo-fuzz, and works with stable Rust. What breaks a target is kept in fuzz/artifacts.
#[derive(Debug, clap::Parser)]
pub(crate) struct Options {
    /// How long each of them is run.
    #[arg(long, value_name = "N", default_value_t = 30)]
    seconds: u64,
    /// Only these; without any, all.
    #[arg(value_name = "TARGET")]
    targets: Vec<String>,
}

pub(crate) fn run(options: &Options) -> anyhow::Result<ExitCode> {
    ensure!(
        workspace::succeeds(&mut workspace::cargo("fuzz --version")),
        "there is no cargo-fuzz: `cargo install cargo-fuzz` has it"
    );
    let all = targets()?;
    let chosen = if options.targets.is_empty() { &all } else { &options.targets };
    for target in chosen {
        ensure!(all.contains(target), "no target `{target}`; there are {}", all.join(", "));
        let corpus = workspace::root().join("fuzz/corpus").join(target);
        fs::create_dir_all(&corpus)
            .with_context(|| format!("cannot create folder `{}`", corpus.display()))?;
        workspace::run(&mut command(target, options.seconds))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// New inputs go to the first folder; seeds stay as they are.
fn command(target: &str, seconds: u64) -> Command {
    let words = format!(
        "fuzz run {target} corpus/{target} seeds/{target} -- -max_total_time={seconds} \
         -print_final_stats=1"
    );
    let mut command = workspace::cargo(&words);
    command.current_dir(workspace::root().join("fuzz")).env("RUSTC_BOOTSTRAP", "1");
    command
}

fn targets() -> anyhow::Result<Vec<String>> {
    let folder = workspace::root().join("fuzz/fuzz_targets");
    let entries =
        fs::read_dir(&folder).with_context(|| format!("cannot read `{}`", folder.display()))?;
    let name = |entry: fs::DirEntry| Some(entry.path().file_stem()?.to_str()?.to_owned());
    let mut names: Vec<String> = entries.flatten().filter_map(name).collect();
    names.sort();
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_target_has_seeds_and_stands_in_the_manifest_and_on_the_page() {
        let manifest = fs::read_to_string(workspace::root().join("fuzz/Cargo.toml")).unwrap();
        let page = fs::read_to_string(workspace::root().join("docs/reliability.md")).unwrap();
        let targets = targets().unwrap();
        assert!(targets.len() >= 8, "{targets:?}");
        for target in targets {
            assert!(page.contains(&format!("`{target}`")), "{target} isn't in docs/reliability.md");
            assert!(manifest.contains(&format!("name = \"{target}\"\n")), "{target}");
            let seeds = workspace::root().join("fuzz/seeds").join(&target);
            assert!(fs::read_dir(seeds).unwrap().count() > 0, "{target}");
        }
    }

    #[test]
    fn found_inputs_are_kept_apart_from_seeds() {
        assert!(workspace::show(&command("path", 5)).contains(
            "fuzz run path corpus/path seeds/path -- -max_total_time=5 -print_final_stats=1"
        ));
    }
}
