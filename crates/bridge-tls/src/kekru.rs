//! The volume of `kekru/docker-remote-api-tls`: who changes the image's name and nothing else goes
//! on with the same certificates on the same port.

use std::path::PathBuf;

use docker_api_core::address::{HostPort, ListenAddress};
use docker_api_core::listen::ListenSettings;
use docker_api_core::variables::Variables;
use docker_api_settings::{Failure, Sources};

use crate::cert_dir::path;

/// Where it is mounted. Only our image says by a variable where that would be, and has no such
/// directory itself, so one that is there is mounted.
///
/// # Errors
/// When the variable names no path.
pub(crate) fn volume(variables: &Variables) -> Result<Option<PathBuf>, Failure> {
    let named = Sources { variables }.one(None, "", &["BRIDGE_TLS_KEKRU_VOLUME"], path)?;
    Ok(named.filter(|volume| volume.is_dir()))
}

/// Listens on its port too, wherever TCP is listened on.
pub(crate) fn listen_too(listeners: &mut Vec<ListenSettings>) {
    let mut more = Vec::<ListenSettings>::new();
    for one in &*listeners {
        let ListenAddress::Tcp(at) = &one.address else { continue };
        let address = ListenAddress::Tcp(HostPort { port: PORT, ..at.clone() });
        if !listeners.iter().chain(&more).any(|one| one.address == address) {
            more.push(ListenSettings { address, ..one.clone() });
        }
    }
    listeners.extend(more);
}

const PORT: u16 = 443;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_a_directory_that_the_variable_names_and_that_is_there() {
        let folder = tempfile::tempdir().unwrap();
        let of = |pairs: &[(&str, &str)]| volume(&pairs.iter().copied().collect()).unwrap();
        let here = folder.path().to_str().unwrap();
        assert_eq!(of(&[("BRIDGE_TLS_KEKRU_VOLUME", here)]), Some(folder.path().into()));
        let absent = folder.path().join("absent");
        assert_eq!(of(&[("BRIDGE_TLS_KEKRU_VOLUME", absent.to_str().unwrap())]), None);
        assert_eq!(of(&[]), None);
    }

    #[test]
    fn its_port_is_added_once_for_each_host_and_no_host_is() {
        let listen = |texts: &[&str]| {
            let parse = |text: &&str| ListenAddress::parse(text, 2376).unwrap();
            let mut listeners: Vec<_> = texts.iter().map(parse).map(ListenSettings::new).collect();
            listen_too(&mut listeners);
            let shown: Vec<_> = listeners.iter().map(|one| one.address.to_string()).collect();
            shown.join(" ")
        };
        assert_eq!(listen(&["[::]"]), "tcp://[::]:2376 tcp://[::]:443");
        assert_eq!(
            listen(&["127.0.0.1:1", "127.0.0.1:2", "/run/x.sock"]),
            "tcp://127.0.0.1:1 tcp://127.0.0.1:2 unix:///run/x.sock tcp://127.0.0.1:443"
        );
        assert_eq!(listen(&["[::]:443"]), "tcp://[::]:443");
    }
}
