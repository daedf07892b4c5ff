//! A newer Engine than the machine's, with its CLI and BuildKit's plugin: unpacked beside it from
//! Debian's packages, never installed.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, bail};

use super::{is_current, record};
use crate::workspace;

/// Unpacks it into `target/engines/newer`; on a machine that isn't Debian's it only says so.
pub(super) fn install() -> anyhow::Result<()> {
    let into = workspace::target()?.join("engines/newer");
    let wanted = format!("{SUITE}: {}\n", PACKAGES.join(" "));
    if is_current(&wanted, &into) {
        return Ok(());
    }
    let Ok(machines) = fs::read_to_string(SOURCES) else {
        eprintln!("no newer Engine: `{SOURCES}` can't be read, so this isn't Debian 12 or later");
        return Ok(());
    };
    let Some(sources) = of_suite(&machines) else {
        bail!("cannot find Debian's packages: no entry of `{SOURCES}` has a line `Suites:`");
    };
    if into.exists() {
        fs::remove_dir_all(&into).with_context(|| format!("cannot empty `{}`", into.display()))?;
    }
    let (apt, packages) = (into.join("apt"), into.join("packages"));
    let apt_settings = prepare(&apt, &sources)?;
    create(&packages)?;

    let apt_get = |words: &[&str]| {
        let mut command = Command::new("apt-get");
        workspace::run(
            command
                .env("APT_CONFIG", &apt_settings)
                .arg("--quiet=2")
                .args(words)
                .current_dir(&packages),
        )
    };
    apt_get(&["update"])?;
    apt_get(&[&["download"], PACKAGES].concat())?;
    for package in fs::read_dir(&packages).context("cannot list the packages")? {
        let package = package.context("cannot list the packages")?.path();
        workspace::run(
            Command::new("dpkg-deb").arg("--extract").arg(&package).arg(into.join("root")),
        )?;
    }
    for done in [apt, packages] {
        fs::remove_dir_all(&done).with_context(|| format!("cannot delete `{}`", done.display()))?;
    }
    record(&wanted, &into)
}

/// A folder in which apt finds these sources and nothing else, and keeps what it learns: the path
/// of its settings.
fn prepare(folder: &Path, sources: &str) -> anyhow::Result<PathBuf> {
    for inner in ["parts", "lists/partial", "cache/archives/partial"] {
        create(&folder.join(inner))?;
    }
    let write = |name: &str, text: &str| {
        let path = folder.join(name);
        fs::write(&path, text).with_context(|| format!("cannot write `{}`", path.display()))?;
        anyhow::Ok(path)
    };
    write("parts/newer.sources", sources)?;
    let own = |option: &str, name: &str| format!("{option} \"{}\";\n", folder.join(name).display());
    let settings = [
        own("Dir::Etc::SourceParts", "parts"),
        own("Dir::State::Lists", "lists"),
        own("Dir::Cache", "cache"),
        FIXED.to_owned(),
    ];
    write("apt.conf", &settings.concat())
}

fn create(folder: &Path) -> anyhow::Result<()> {
    fs::create_dir_all(folder)
        .with_context(|| format!("cannot create folder `{}`", folder.display()))
}

/// The machine's first entry of sources, for [`SUITE`].
fn of_suite(machines: &str) -> Option<String> {
    let entry = machines.split("\n\n").find(|entry| suites(entry).is_some())?;
    Some(entry.replace(suites(entry)?, &format!("Suites: {SUITE}")) + "\n")
}

fn suites(entry: &str) -> Option<&str> {
    entry.lines().find(|line| line.starts_with("Suites:"))
}

/// Debian 12 and later keep their sources there (deb822).
const SOURCES: &str = "/etc/apt/sources.list.d/debian.sources";

/// Debian's unstable release: the newest that there is as a package.
const SUITE: &str = "sid";

/// The machine's runc goes with them.
const PACKAGES: &[&str] = &["containerd", "docker-buildx", "docker-cli", "docker.io"];

/// No word of the machine's other sources; lists of a mirror that lags behind will do.
const FIXED: &str = r#"Dir::Etc::SourceList "/dev/null";
Acquire::Check-Valid-Until "false";
Acquire::Languages "none";
Acquire::IndexTargets::deb::DEP-11::DefaultEnabled "false";
APT::Sandbox::User "root";
"#;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_machines_mirror_and_keys_serve_another_suite() {
        let machines = "# of an image\nTypes: deb\nURIs: http://mirror.example/debian\n\
            Suites: bookworm bookworm-updates\nComponents: main\nSigned-By: /k.gpg\n\n\
            Types: deb\nURIs: http://mirror.example/debian-security\n\
            Suites: bookworm-security\nComponents: main\n";
        assert_eq!(
            of_suite(machines).unwrap(),
            "# of an image\nTypes: deb\nURIs: http://mirror.example/debian\n\
             Suites: sid\nComponents: main\nSigned-By: /k.gpg\n"
        );
        assert_eq!(of_suite("Types: deb\n"), None);
    }
}
