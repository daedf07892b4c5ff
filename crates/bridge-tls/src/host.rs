//! Where clients find the server.

use std::net::{IpAddr, Ipv6Addr};

use docker_api_core::address::{HostPort, ListenAddress};
use docker_api_core::pki::Name;
use docker_api_settings::Failure;

use crate::program::PROGRAM;

/// What is typed, else the first of the names that the server was given, else the machine's name:
/// a guess, so that one gets a warning.
///
/// # Errors
/// When what is typed is no place to connect to.
pub(crate) fn host(
    typed: Option<&str>,
    sans: &[Name],
    machine: &str,
) -> Result<(HostPort, Option<String>), Failure> {
    if let Some(text) = typed {
        return parse(text).map(|host| (host, None)).map_err(|why| Failure::setting("--host", why));
    }
    let at = |host: String| HostPort { host, port: PROGRAM.default_port };
    let named = sans.iter().map(Name::to_string).find(|name| !name.starts_with("*."));
    let guessed = named.is_none().then(|| {
        format!(
            "nobody says by which name clients find this machine, so it is its own: {machine} \
             (write --host HOST, or set BRIDGE_TLS_SAN)"
        )
    });
    Ok((at(named.unwrap_or_else(|| machine.into())), guessed))
}

/// Where clients connect for an address that is listened on: a wildcard becomes the first of the
/// names that the server was given, else the machine's name. None: not by TCP.
pub(crate) fn dialled(listen: &ListenAddress, sans: &[Name], machine: &str) -> Option<HostPort> {
    let port = match listen {
        ListenAddress::Tcp(at) => match at.host.parse::<IpAddr>() {
            Ok(every) if every.is_unspecified() => at.port,
            _ => return Some(at.clone()),
        },
        ListenAddress::Unix(_) => return None,
        // A port that systemd knows.
        ListenAddress::Inherited(_) => PROGRAM.default_port,
    };
    let named = host(None, sans, machine).ok();
    named.map(|(HostPort { host, .. }, _guessed)| HostPort { host, port })
}

fn parse(text: &str) -> Result<HostPort, String> {
    let bare = text.strip_prefix("tcp://").unwrap_or(text);
    let address = match bare.parse::<Ipv6Addr>() {
        Ok(address) => format!("tcp://[{address}]"),
        Err(_) => format!("tcp://{bare}"),
    };
    let host = match ListenAddress::parse(&address, PROGRAM.default_port) {
        Ok(ListenAddress::Tcp(host)) => host,
        Ok(_) => return Err(format!("`{text}` is not a host (write docker.example:2376)")),
        Err(error) => return Err(error.to_string()),
    };
    match host.host.parse::<IpAddr>() {
        Ok(every) if every.is_unspecified() => Err(format!(
            "`{text}` is every interface, and nowhere to connect to (write docker.example:2376)"
        )),
        _ => Ok(host),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(typed: Option<&str>, sans: &[&str]) -> (String, bool) {
        let sans: Vec<Name> = sans.iter().map(|san| san.parse().unwrap()).collect();
        let (host, warning) = host(typed, &sans, "box").unwrap();
        (host.to_string(), warning.is_some())
    }

    #[test]
    fn a_host_has_the_port_of_docker_over_tls_unless_it_says_another() {
        for (typed, wanted) in [
            ("docker.example", "tcp://docker.example:2376"),
            ("docker.example:443", "tcp://docker.example:443"),
            ("tcp://docker.example:443", "tcp://docker.example:443"),
            ("10.0.0.7", "tcp://10.0.0.7:2376"),
            ("2001:db8::7", "tcp://[2001:db8::7]:2376"),
            ("[2001:db8::7]:443", "tcp://[2001:db8::7]:443"),
        ] {
            assert_eq!(of(Some(typed), &["other"]), (wanted.into(), false));
        }
    }

    #[test]
    fn a_name_of_the_server_is_taken_before_the_machines() {
        let wanted = ("tcp://docker.example:2376".to_owned(), false);
        assert_eq!(of(None, &["*.example", "docker.example", "b"]), wanted);
        assert_eq!(of(None, &["IP:::1"]).0, "tcp://[::1]:2376");
        assert_eq!(of(None, &[]), ("tcp://box:2376".to_owned(), true));
    }

    #[test]
    fn clients_dial_the_address_itself_and_a_name_for_every_interface() {
        let of = |listen: &str, sans: &[&str]| {
            let sans: Vec<Name> = sans.iter().map(|san| san.parse().unwrap()).collect();
            let listen = ListenAddress::parse(listen, 2376).unwrap();
            dialled(&listen, &sans, "box").map(|at| at.to_string())
        };
        assert_eq!(of("tcp://127.0.0.1:7", &["a"]).as_deref(), Some("tcp://127.0.0.1:7"));
        assert_eq!(of("tcp://[::]:7", &["a"]).as_deref(), Some("tcp://a:7"));
        assert_eq!(of("tcp://0.0.0.0:7", &[]).as_deref(), Some("tcp://box:7"));
        assert_eq!(of("fd://", &[]).as_deref(), Some("tcp://box:2376"));
        assert_eq!(of("unix:///run/x.sock", &["a"]), None);
    }

    #[test]
    fn what_cannot_be_connected_to_is_refused() {
        for text in ["", "0.0.0.0", "[::]:2376", "a:0", "a b", "/run/docker.sock", "https://a"] {
            let failure = host(Some(text), &[], "box").unwrap_err().to_string();
            assert!(failure.starts_with("bad setting: --host: `"), "{failure}");
            assert!(failure.contains("(write "), "{failure}");
        }
    }
}
