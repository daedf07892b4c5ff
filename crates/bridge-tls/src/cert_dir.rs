//! Which directory holds the authority and all certificates.

use std::path::{self, Path, PathBuf};

use docker_api_core::variables::Variables;
use docker_api_settings::{Failure, Sources};

use crate::args::Directory;
use crate::kekru;

/// By its flag, else by its variables, else where programs of this kind keep their state.
///
/// # Errors
/// When nobody says where, and there is no such place.
pub(crate) fn cert_dir(
    directory: &Directory,
    variables: &Variables,
    is_root: bool,
) -> Result<PathBuf, Failure> {
    if let Some(found) = named(directory, variables)? {
        return Ok(found);
    }
    kekru::volume(variables)?.or_else(|| state(variables, is_root)).ok_or_else(|| {
        Failure::usage(
            "bad setting: --cert-dir: neither $XDG_STATE_HOME nor $HOME says where this user \
             keeps state; write --cert-dir DIR",
        )
    })
}

/// The one that somebody names.
pub(crate) fn named(
    directory: &Directory,
    variables: &Variables,
) -> Result<Option<PathBuf>, Failure> {
    let names = ["BRIDGE_TLS_CERT_DIR", "DOCKER_TLS_CERTDIR"];
    Sources { variables }.one(directory.cert_dir.as_ref(), "cert-dir", &names, path)
}

/// Reads a path; a relative one is taken from the working directory.
pub(crate) fn path(text: &str) -> Result<PathBuf, String> {
    path::absolute(text).map_err(|why| format!("`{text}` is not a path: {why}"))
}

fn state(variables: &Variables, is_root: bool) -> Option<PathBuf> {
    let absolute = |text: &str| Some(PathBuf::from(text)).filter(|path| path.is_absolute());
    let variable = |name: &str| variables.get(&[name]).map(|(_, text)| text);
    // systemd lists all of StateDirectory=, with colons between (systemd.exec(5)).
    let systemd = variable("STATE_DIRECTORY").and_then(|list| list.split(':').find_map(absolute));
    if let Some(systemd) = systemd {
        return Some(systemd.join("certs"));
    }
    if is_root {
        return Some(Path::new("/var/lib/docker-api/certs").into());
    }
    // A relative one is to be ignored (XDG Base Directory Specification).
    let xdg = variable("XDG_STATE_HOME").and_then(absolute);
    let home = || variable("HOME").and_then(absolute).map(|home| home.join(".local/state"));
    xdg.or_else(home).map(|state| state.join("docker-api/certs"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(flag: Option<&str>, pairs: &[(&str, &str)], is_root: bool) -> Result<String, String> {
        let directory = Directory { cert_dir: flag.map(str::to_owned) };
        let found = cert_dir(&directory, &pairs.iter().copied().collect(), is_root);
        found.map(|path| path.display().to_string()).map_err(|failure| failure.to_string())
    }

    const ALL: [(&str, &str); 5] = [
        ("BRIDGE_TLS_CERT_DIR", "/ours"),
        ("DOCKER_TLS_CERTDIR", "/dind"),
        ("STATE_DIRECTORY", "/systemd:/systemd/second"),
        ("XDG_STATE_HOME", "/xdg"),
        ("HOME", "/home/me"),
    ];

    #[test]
    fn the_flag_the_variables_and_the_places_for_state_stand_in_their_order() {
        assert_eq!(of(Some("/flag"), &ALL, true).as_deref(), Ok("/flag"));
        for is_root in [true, false] {
            assert_eq!(of(None, &ALL, is_root).as_deref(), Ok("/ours"));
            assert_eq!(of(None, &ALL[1..], is_root).as_deref(), Ok("/dind"));
            assert_eq!(of(None, &ALL[2..], is_root).as_deref(), Ok("/systemd/certs"));
        }
        assert_eq!(of(None, &ALL[3..], true).as_deref(), Ok("/var/lib/docker-api/certs"));
        assert_eq!(of(None, &ALL[3..], false).as_deref(), Ok("/xdg/docker-api/certs"));
        let home = Ok("/home/me/.local/state/docker-api/certs");
        assert_eq!(of(None, &ALL[4..], false).as_deref(), home);
        let relative = [("XDG_STATE_HOME", "state"), ALL[4]];
        assert_eq!(of(None, &relative, false).as_deref(), home);
    }

    #[test]
    fn kekrus_volume_stands_before_the_places_for_state_where_it_is_mounted() {
        let folder = tempfile::tempdir().unwrap();
        let mounted = folder.path().to_str().unwrap();
        let with = |volume, rest: &[_]| {
            of(None, &[&[("BRIDGE_TLS_KEKRU_VOLUME", volume)], rest].concat(), true)
        };
        assert_eq!(with(mounted, &ALL).as_deref(), Ok("/ours"));
        assert_eq!(with(mounted, &ALL[1..]).as_deref(), Ok("/dind"));
        assert_eq!(with(mounted, &ALL[2..]).as_deref(), Ok(mounted));
        assert_eq!(with("/nowhere", &ALL[2..]).as_deref(), Ok("/systemd/certs"));
    }

    #[test]
    fn a_relative_one_is_taken_from_the_working_directory() {
        let here = std::env::current_dir().unwrap();
        let wanted = here.join("certs").display().to_string();
        assert_eq!(of(Some("certs"), &[], false), Ok(wanted));
    }

    #[test]
    fn without_any_place_the_flag_is_asked_for() {
        assert!(of(None, &[], false).unwrap_err().contains("write --cert-dir DIR"));
        assert!(of(Some(""), &[], true).unwrap_err().starts_with("bad setting: --cert-dir: `` is"));
    }
}
