//! What an image is made from, and of when that is.

use std::process::{Command, Stdio};
use std::{env, fs};

use anyhow::Context as _;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::blob;
use super::packages::Workspace;
use crate::workspace;

/// The sources: what the manifest and git say of them.
#[derive(Clone, Debug)]
pub(crate) struct Source {
    pub(crate) version: String,
    pub(crate) license: String,
    /// Where the sources are published, if the manifest or git says so.
    pub(crate) repository: Option<String>,
    /// Where people read of it, likewise.
    pub(crate) homepage: Option<String>,
    /// Where people read how to use it, likewise.
    pub(crate) documentation: Option<String>,
    /// The commit, with `-dirty` behind it if files are changed. `None`: not a git checkout.
    pub(crate) revision: Option<String>,
    /// SHA-256 of the file that pins every dependency, in hexadecimal digits.
    pub(crate) lock_hash: String,
    created: OffsetDateTime,
}

impl Source {
    pub(crate) fn find(workspace: &Workspace) -> anyhow::Result<Self> {
        let commit_time = git(&["log", "-1", "--format=%ct"]);
        let package = workspace.package("docker-api-core")?;
        let lock =
            fs::read(workspace::root().join("Cargo.lock")).context("cannot read Cargo.lock")?;
        Ok(Self {
            version: package.version.clone(),
            license: package.license.clone().unwrap_or_default(),
            repository: said(package.repository.as_ref()).or_else(|| {
                git(&["remote", "get-url", "origin"]).and_then(|remote| published(&remote))
            }),
            homepage: said(package.homepage.as_ref()),
            documentation: said(package.documentation.as_ref()),
            revision: git(&["rev-parse", "HEAD"]).map(|commit| {
                let clean = git(&["status", "--porcelain"]).is_some_and(|list| list.is_empty());
                if clean { commit } else { format!("{commit}-dirty") }
            }),
            lock_hash: blob::hash(&lock),
            created: created(
                env::var("SOURCE_DATE_EPOCH").ok().as_deref(),
                commit_time.as_deref(),
            )?,
        })
    }

    /// When the sources were last changed (RFC 3339, UTC).
    pub(crate) fn created(&self) -> String {
        // Only years beyond 9999 have no such text.
        self.created.format(&Rfc3339).unwrap_or_default()
    }
}

/// What the manifest leaves empty it doesn't say.
fn said(text: Option<&String>) -> Option<String> {
    text.filter(|text| !text.is_empty()).cloned()
}

/// The page of a repository that was cloned from there. `None`: it isn't published; a folder is none
/// of anybody else's business.
fn published(remote: &str) -> Option<String> {
    let (host, path) = match remote.split_once("://") {
        Some(("https", place)) => place.split_once('/')?,
        Some(("ssh", place)) => {
            let (host, path) = place.split_once('/')?;
            // Its port is ssh's.
            (host.split_once(':').map_or(host, |(host, _)| host), path)
        }
        Some(_) => return None,
        None => remote.strip_prefix("git@")?.split_once(':')?,
    };
    // Not who cloned it, with a password perhaps.
    let host = host.rsplit('@').next()?;
    let path = path.trim_end_matches('/').trim_end_matches(".git");
    (!host.is_empty() && !path.is_empty()).then(|| format!("https://{host}/{path}"))
}

/// `SOURCE_DATE_EPOCH`, else the commit's time, else 1970.
fn created(epoch: Option<&str>, commit_time: Option<&str>) -> anyhow::Result<OffsetDateTime> {
    let epoch = epoch.filter(|epoch| !epoch.is_empty());
    let seconds = epoch.or(commit_time).unwrap_or("0");
    seconds
        .parse()
        .ok()
        .and_then(|seconds| OffsetDateTime::from_unix_timestamp(seconds).ok())
        .with_context(|| {
            format!(
                "cannot date the image: SOURCE_DATE_EPOCH is `{seconds}`: it is in seconds since \
                 1970, such as 1735689600"
            )
        })
}

/// What git prints of the workspace. `None`: there is no git here, or no commit.
fn git(args: &[&str]) -> Option<String> {
    let mut command = Command::new("git");
    let output =
        command.args(args).current_dir(workspace::root()).stderr(Stdio::null()).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| text.trim_end().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(epoch: Option<&str>, commit_time: Option<&str>) -> String {
        created(epoch, commit_time).unwrap().format(&Rfc3339).unwrap()
    }

    #[test]
    fn the_date_is_the_one_asked_for_else_the_commits_else_1970() {
        assert_eq!(at(Some("1735689600"), Some("1")), "2025-01-01T00:00:00Z");
        assert_eq!(at(Some(""), Some("1735689600")), "2025-01-01T00:00:00Z");
        assert_eq!(at(None, None), "1970-01-01T00:00:00Z");
    }

    #[test]
    fn what_the_manifest_leaves_empty_it_does_not_say() {
        assert_eq!(said(Some(&String::new())), None);
        assert_eq!(said(Some(&"https://x".to_owned())).as_deref(), Some("https://x"));
    }

    #[test]
    fn a_clone_says_where_its_sources_are_published_and_not_who_cloned_them() {
        let page = Some("https://git.example/me/docker-api");
        for remote in [
            "https://git.example/me/docker-api",
            "https://git.example/me/docker-api.git/",
            "https://me:secret@git.example/me/docker-api.git",
            "ssh://git.example/me/docker-api",
            "ssh://git@git.example:22/me/docker-api.git",
            "git@git.example:me/docker-api.git",
        ] {
            assert_eq!(published(remote).as_deref(), page, "{remote}");
        }
        for remote in
            ["/home/me/docker-api", "../docker-api", "file:///docker-api", "https://x/", ""]
        {
            assert_eq!(published(remote), None, "{remote}");
        }
    }

    #[test]
    fn a_date_that_is_none_is_an_error_that_shows_one() {
        let error = created(Some("yesterday"), None).unwrap_err().to_string();
        assert!(error.contains("`yesterday`") && error.contains("such as 17"), "{error}");
    }
}
