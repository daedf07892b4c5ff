//! What an image is built for, and whether this machine can.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fmt, fs};

use anyhow::{Context as _, bail};

/// A platform that images are made for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Target {
    /// Rust's name of it.
    triple: &'static str,
    /// The OCI's name of its processor.
    pub(crate) architecture: &'static str,
    /// What compiles C for it on a machine with its processor, and on one with another.
    compilers: [&'static str; 2],
}

const TARGETS: [Target; 4] = [
    Target {
        triple: "aarch64-unknown-linux-gnu",
        architecture: "arm64",
        compilers: ["cc", "aarch64-linux-gnu-gcc"],
    },
    Target {
        triple: "aarch64-unknown-linux-musl",
        architecture: "arm64",
        compilers: ["musl-gcc", "aarch64-linux-musl-gcc"],
    },
    Target {
        triple: "x86_64-unknown-linux-gnu",
        architecture: "amd64",
        compilers: ["cc", "x86_64-linux-gnu-gcc"],
    },
    Target {
        triple: "x86_64-unknown-linux-musl",
        architecture: "amd64",
        compilers: ["musl-gcc", "x86_64-linux-musl-gcc"],
    },
];

impl Target {
    /// This machine's own.
    pub(crate) fn host() -> anyhow::Result<Self> {
        Self::named(&host_triple()?)
    }

    /// The target that Rust calls so.
    pub(crate) fn named(triple: &str) -> anyhow::Result<Self> {
        let Some(target) = TARGETS.into_iter().find(|target| target.triple == triple) else {
            let known = TARGETS.map(|target| target.triple).join(", ");
            bail!(
                "cannot make an image for `{triple}`: images are for {known} (elsewhere, the \
                 Dockerfiles in docker/ build the same with Docker alone)"
            );
        };
        Ok(target)
    }

    pub(crate) fn triple(self) -> &'static str {
        self.triple
    }

    /// Whether Rust links for it with its own LLD.
    pub(crate) fn has_lld(self) -> bool {
        self.triple == "x86_64-unknown-linux-gnu"
    }

    /// Whether Rust links static programs for it so that they can be anywhere in memory.
    fn has_static_pie(self) -> bool {
        self.triple != "aarch64-unknown-linux-gnu"
    }

    /// What cargo needs to be told to link for it: a variable and its value, which may be a script
    /// in `folder`.
    ///
    /// Fails where the target's standard library or its C compiler is missing.
    pub(crate) fn linker(self, folder: &Path) -> anyhow::Result<Option<(String, PathBuf)>> {
        let library = Path::new(&rustc(&["--print", "sysroot"])?)
            .join("lib/rustlib")
            .join(self.triple)
            .join("lib");
        if !library.is_dir() {
            bail!(
                "cannot build for `{self}`: its standard library isn't installed: run `rustup \
                 target add {self}`"
            );
        }
        let [native, foreign] = self.compilers;
        let is_foreign = host_triple()?.split('-').next() != self.triple.split('-').next();
        let compiler = if is_foreign { foreign } else { native };
        if !is_in_path(compiler) {
            bail!("cannot build for `{self}`: no `{compiler}` in PATH, which compiles C for it");
        }
        let linker = if !self.has_static_pie() {
            static_pie_linker(&folder.join(format!("{self}-linker")), compiler)?
        } else if is_foreign {
            compiler.into()
        } else {
            return Ok(None);
        };
        let variable = self.triple.to_uppercase().replace('-', "_");
        Ok(Some((format!("CARGO_TARGET_{variable}_LINKER"), linker)))
    }
}

/// Writes a linker that has `compiler` link a static program so that it can be anywhere in memory.
fn static_pie_linker(path: &Path, compiler: &str) -> anyhow::Result<PathBuf> {
    let script = format!(
        "#!/bin/sh\nfor word do\n  shift\n  case $word in\n    -static) set -- \"$@\" -static-pie ;;\n    \
         -no-pie) ;;\n    *) set -- \"$@\" \"$word\" ;;\n  esac\ndone\nexec {compiler} \"$@\"\n"
    );
    // Who is linking by it goes on with it.
    if fs::read(path).is_ok_and(|old| old == script.as_bytes()) {
        return Ok(path.to_owned());
    }
    let new = path.with_extension(std::process::id().to_string());
    fs::create_dir_all(path.parent().unwrap_or(path))
        .and_then(|()| fs::write(&new, script))
        .and_then(|()| fs::set_permissions(&new, fs::Permissions::from_mode(0o755)))
        .and_then(|()| fs::rename(&new, path))
        .with_context(|| format!("cannot write `{}`", path.display()))?;
    Ok(path.to_owned())
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.triple)
    }
}

fn host_triple() -> anyhow::Result<String> {
    let version = rustc(&["--version", "--verbose"])?;
    let host = version.lines().find_map(|line| line.strip_prefix("host: "));
    Ok(host.context("rustc doesn't say what it runs on")?.to_owned())
}

/// The output of a run of rustc, trimmed.
pub(crate) fn rustc(args: &[&str]) -> anyhow::Result<String> {
    let program = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = Command::new(program).args(args).output().context("cannot run rustc")?;
    if !output.status.success() {
        bail!("`rustc {}` failed: {}", args.join(" "), output.status);
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim_end().to_owned())
}

fn is_in_path(program: &str) -> bool {
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path).any(|folder| folder.join(program).is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_without_an_image_names_those_that_have_one() {
        let error = Target::named("aarch64-apple-darwin").unwrap_err().to_string();
        assert!(error.contains("images are for aarch64-unknown-linux-gnu, "), "{error}");
    }

    #[test]
    fn a_target_that_is_not_installed_says_how_to_get_it() {
        let target = Target { triple: "s390x-unknown-linux-gnu", ..TARGETS[0] };
        let error = target.linker(Path::new("/nowhere")).unwrap_err().to_string();
        assert!(error.ends_with("run `rustup target add s390x-unknown-linux-gnu`"), "{error}");
    }
    #[test]
    fn a_linker_that_would_fix_a_static_program_in_memory_is_told_not_to() {
        let folder = tempfile::tempdir().unwrap();
        let linker = static_pie_linker(&folder.path().join("linker"), "echo").unwrap();
        let words = ["-Wl,-z,now", "-static", "-no-pie", "a b.o", "-o", "x"];
        let output = Command::new(linker).args(words).output().unwrap();
        assert_eq!(String::from_utf8_lossy(&output.stdout), "-Wl,-z,now -static-pie a b.o -o x\n");
    }
}
