//! The volume of `kekru/docker-remote-api-tls`: who changes the image's name and nothing else goes
//! on with the same certificates on the same port.

use std::path::PathBuf;

use docker_api_core::address::{HostPort, ListenAddress};
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

/// Its port, wherever TCP is listened on.
pub(crate) fn beside(address: &ListenAddress) -> Option<ListenAddress> {
    let ListenAddress::Tcp(at) = address else { return None };
    Some(ListenAddress::Tcp(HostPort { port: PORT, ..at.clone() }))
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
    fn its_port_is_on_the_same_host_and_no_socket_has_one() {
        let of = |text: &str| beside(&ListenAddress::parse(text, 2376).unwrap());
        let shown = |text: &str| of(text).map(|address| address.to_string());
        assert_eq!(shown("[::]").as_deref(), Some("tcp://[::]:443"));
        assert_eq!(shown("127.0.0.1:1").as_deref(), Some("tcp://127.0.0.1:443"));
        assert_eq!(shown("/run/x.sock"), None);
    }
}
