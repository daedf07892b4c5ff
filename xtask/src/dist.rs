//! `cargo xtask dist`: what is downloaded instead of built.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;

use crate::image::{self, Root, Source, Target, Workspace};
use crate::workspace;

/// Build the programs and pack them, with what belongs to them, into target/dist.
///
/// docker-api-VERSION-TRIPLE.tar.gz holds the static programs, manual pages, completions, systemd
/// units and licences; SHA256SUMS is for `sha256sum --check`. The same sources make the same bytes.
#[derive(Debug, clap::Parser)]
pub(crate) struct Options {
    /// Build for this target instead of this machine; repeatable.
    #[arg(long, value_name = "TRIPLE")]
    target: Vec<String>,
    /// Where to write, instead of target/dist.
    #[arg(long, value_name = "FOLDER")]
    output: Option<PathBuf>,
}

pub(crate) fn run(options: &Options) -> anyhow::Result<ExitCode> {
    let targets = match &options.target[..] {
        [] => vec![Target::host()?],
        named => named.iter().map(|name| Target::named(name)).collect::<Result<_, _>>()?,
    };
    let folder = match &options.output {
        Some(folder) => folder.clone(),
        None => workspace::target()?.join("dist"),
    };
    let pages = workspace::target()?.join("manual");
    workspace::run(workspace::cargo("run --locked --package manual --").arg(&pages))?;

    let mut sums = String::new();
    for target in targets {
        let (name, archive) = archive(target, &pages)?;
        let name = format!("{name}.tar.gz");
        image::write(&folder.join(&name), &archive)?;
        // Writing to a string can't fail.
        let _ = writeln!(sums, "{}  {name}", image::hash(&archive));
    }
    image::write(&folder.join("SHA256SUMS"), sums.as_bytes())?;
    print!("{sums}");
    println!("\nin {}: `sha256sum --check SHA256SUMS` there checks them", folder.display());
    Ok(ExitCode::SUCCESS)
}

/// The name of the one folder in it, and its bytes.
fn archive(target: Target, pages: &Path) -> anyhow::Result<(String, Vec<u8>)> {
    let workspace = Workspace::read(target)?;
    let source = Source::find(&workspace)?;
    let name = format!("docker-api-{}-{target}", source.version);
    let mut root = Root::default();
    let mut linked = Vec::new();
    for program in PROGRAMS {
        let components = workspace.components(program, target)?;
        let bytes = image::program(program, &source, &components, target)?;
        root.file(&format!("/{name}/bin/{program}"), 0o755, bytes);
        linked.extend(components);
    }
    // Once each; what is linked into one of them goes before what only took part in building one.
    let name_of = |package: &image::Package| format!("{} {}", package.name, package.version);
    linked.sort_by_cached_key(|one| (name_of(one.package), one.build_only));
    linked.dedup_by_key(|one| name_of(one.package));
    for (file, text) in image::license_texts(&linked)? {
        root.file(&format!("/{name}/{file}"), 0o644, text);
    }
    let ours = workspace::root();
    for file in ["README.md", "CHANGELOG.md"] {
        root.file(&format!("/{name}/{file}"), 0o644, read(&ours.join(file))?);
    }
    let is_unit = |file: &str| file.ends_with(".service") || file.ends_with(".socket");
    for (from, to, wanted) in [
        (ours.join("docker"), "systemd", &is_unit as &dyn Fn(&str) -> bool),
        (pages.join("man"), "man/man1", &|_| true),
        (pages.join("completions"), "completions", &|_| true),
    ] {
        for file in files(&from)?.iter().filter(|file| wanted(file)) {
            root.file(&format!("/{name}/{to}/{file}"), 0o644, read(&from.join(file))?);
        }
    }
    let archive = root.tar().and_then(|tar| image::gzip(&tar)).context("cannot pack")?;
    Ok((name, archive))
}

fn files(folder: &Path) -> anyhow::Result<Vec<String>> {
    fs::read_dir(folder)
        .and_then(|entries| {
            entries.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned())).collect()
        })
        .with_context(|| format!("cannot list `{}`", folder.display()))
}

fn read(path: &Path) -> anyhow::Result<Vec<u8>> {
    fs::read(path).with_context(|| format!("cannot read `{}`", path.display()))
}

const PROGRAMS: [&str; 3] = ["bridge", "bridge-tls", "probe"];
