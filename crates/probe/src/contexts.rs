//! Contexts, as the docker CLI keeps them in its configuration directory.
//!
//! `contexts/meta/ID/meta.json` and `contexts/tls/ID/docker/{ca,cert,key}.pem`, where ID is the
//! SHA-256 of the name in hex; `config.json` names the current one.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use sha2::{Digest as _, Sha256};

use crate::material::{Material, Trust};

/// The endpoint `docker` of a context.
#[derive(Debug, Eq, PartialEq)]
pub(crate) struct Context {
    /// As `DOCKER_HOST` has it; empty: the default socket.
    pub(crate) host: String,
    /// `None`: without TLS.
    pub(crate) material: Option<Material>,
}

/// Reads a context of a configuration directory.
///
/// `system` is what to trust where the context names no authority.
pub(crate) fn read(directory: &Path, name: &str, system: Trust) -> Result<Context, String> {
    let id = id(name);
    let file = directory.join("contexts/meta").join(&id).join("meta.json");
    let bytes = fs::read(&file).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => format!(
            "no context `{name}` in {} (`docker context ls` lists those that are)",
            directory.display()
        ),
        _ => format!("{}: {error}", file.display()),
    })?;
    let meta: Meta = serde_json::from_slice(&bytes)
        .map_err(|error| format!("{}: is no context: {error}", file.display()))?;
    let Endpoint { host, skip_tls_verify } = meta.endpoints.docker;
    let tls = directory.join("contexts/tls").join(&id).join("docker");
    Ok(Context { host, material: material(&tls, skip_tls_verify, system) })
}

/// The context that is in force where nothing else is asked for; `None`: the default one.
pub(crate) fn current(directory: &Path) -> Result<Option<String>, String> {
    let file = directory.join("config.json");
    let bytes = match fs::read(&file) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(format!("{}: {error}", file.display())),
    };
    let config: Config = serde_json::from_slice(&bytes)
        .map_err(|error| format!("{}: is not the docker CLI's: {error}", file.display()))?;
    Ok(config.current_context.filter(|name| !name.is_empty() && name != "default"))
}

/// The CLI speaks TLS to a context with any of the files, or that says to skip verification.
fn material(directory: &Path, skip_tls_verify: bool, system: Trust) -> Option<Material> {
    let file = |name: &str| Some(directory.join(name)).filter(|path| path.exists());
    let authority = file("ca.pem");
    let identity: Option<(PathBuf, PathBuf)> = file("cert.pem").zip(file("key.pem"));
    if authority.is_none() && identity.is_none() && !skip_tls_verify {
        return None;
    }
    let trust = match authority {
        _ if skip_tls_verify => Trust::Anyone,
        Some(file) => Trust::Authority(file),
        None => system,
    };
    Some(Material { trust, identity })
}

fn id(name: &str) -> String {
    let digest = Sha256::digest(name);
    digest.iter().flat_map(|byte| [byte >> 4, byte & 15]).map(hex_digit).collect()
}

fn hex_digit(value: u8) -> char {
    char::from_digit(value.into(), 16).unwrap_or_default()
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Meta {
    endpoints: Endpoints,
}

#[derive(Deserialize)]
struct Endpoints {
    docker: Endpoint,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Endpoint {
    #[serde(default)]
    host: String,
    #[serde(default, rename = "SkipTLSVerify")]
    skip_tls_verify: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Config {
    current_context: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_context_has_the_directory_that_the_cli_gives_it() {
        // printf %s remote | sha256sum
        assert_eq!(
            id("remote"),
            "b71199ebd070b36beab7317920c2c2f1d777df8d05e5527d8458fda57cb17a7a"
        );
    }

    #[test]
    fn an_unknown_context_says_how_to_list_them() {
        let directory = tempfile::tempdir().unwrap();
        let why = read(directory.path(), "nowhere", Trust::Anyone).unwrap_err();
        assert!(why.starts_with("no context `nowhere` in "), "{why}");
        assert!(why.ends_with("(`docker context ls` lists those that are)"), "{why}");
    }

    #[test]
    fn no_configuration_is_the_default_context_and_a_broken_one_an_error() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("config.json");
        assert_eq!(current(directory.path()), Ok(None));
        for (text, context) in [
            ("{}", None),
            (r#"{"currentContext":"default"}"#, None),
            (r#"{"currentContext":"remote"}"#, Some("remote".to_owned())),
        ] {
            fs::write(&file, text).unwrap();
            assert_eq!(current(directory.path()), Ok(context), "{text}");
        }
        fs::write(&file, "{").unwrap();
        assert!(current(directory.path()).is_err());
    }
}
