//! What an image is built for, and whether this machine can.

use std::path::Path;
use std::process::Command;
use std::{env, fmt};

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

    /// What cargo needs to be told to link for it: a variable and its value.
    ///
    /// Fails where the target's standard library or its C compiler is missing.
    pub(crate) fn linker(self) -> anyhow::Result<Option<(String, &'static str)>> {
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
        let variable = self.triple.to_uppercase().replace('-', "_");
        Ok(is_foreign.then(|| (format!("CARGO_TARGET_{variable}_LINKER"), compiler)))
    }
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
        let error = target.linker().unwrap_err().to_string();
        assert!(error.ends_with("run `rustup target add s390x-unknown-linux-gnu`"), "{error}");
    }
}
