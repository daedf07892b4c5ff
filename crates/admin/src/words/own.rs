//! What is the container itself, and which socket the Engine's. Nothing else is contacted.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, ToSocketAddrs as _, UdpSocket};
use std::path::PathBuf;

use docker_api_core::machine;

use super::outcome::Refusal;
use super::url::Host;

/// Where a command wants to go.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Place {
    Tcp(Host, u16),
    Unix(PathBuf),
}

/// Where it may go.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Target {
    /// To be tried one after the other.
    Tcp(Vec<SocketAddr>),
    Unix(PathBuf),
}

/// Who is asking.
#[derive(Clone, Debug)]
pub(super) struct Own {
    /// The machine's name.
    name: String,
    /// The Engine's socket, if it is not where it always is.
    engine: Option<PathBuf>,
}

impl Own {
    /// This machine, before an Engine.
    pub(super) fn new(engine: Option<PathBuf>) -> Self {
        Self { name: machine::name().to_ascii_lowercase(), engine }
    }

    /// Where a place is, if it is the container itself or the Engine. A name without a dot may be
    /// what other containers call this one, so the resolver is asked for it; for no other.
    ///
    /// # Errors
    /// When it is something else.
    pub(super) fn target(&self, place: &Place) -> Result<Target, Refusal> {
        match place {
            Place::Tcp(host, port) => {
                let ips = self.ips(host);
                if ips.is_empty() {
                    let host = match host {
                        Host::Ip(ip) => ip.to_string(),
                        Host::Name(name) => name.clone(),
                    };
                    return Err(foreign(&host, "localhost"));
                }
                Ok(Target::Tcp(ips.into_iter().map(|ip| (ip, *port).into()).collect()))
            }
            Place::Unix(path) => {
                let path = path.clone();
                let is_engines = ENGINE.iter().any(|one| path.as_os_str() == *one)
                    || self.engine.as_ref() == Some(&path);
                if is_engines {
                    Ok(Target::Unix(path))
                } else {
                    Err(foreign(&path.display().to_string(), ENGINE[0]))
                }
            }
        }
    }

    /// The host's addresses among those of this machine.
    fn ips(&self, host: &Host) -> Vec<IpAddr> {
        let ips = match host {
            Host::Ip(ip) => vec![*ip],
            Host::Name(name) if name == "localhost" => LOOPBACK.into(),
            Host::Name(name) if *name == self.name || !name.contains('.') => resolve(name),
            Host::Name(_) => Vec::new(),
        };
        ips.into_iter().filter(|ip| is_own(*ip)).collect()
    }
}

fn resolve(name: &str) -> Vec<IpAddr> {
    let addresses = (name, 0).to_socket_addrs();
    addresses.map(|found| found.map(|address| address.ip()).collect()).unwrap_or_default()
}

/// Connecting a datagram socket sends nothing. The kernel picks the address that packets would
/// come from, and only to itself a machine talks from the very address that it talks to.
fn is_own(ip: IpAddr) -> bool {
    let ip = ip.to_canonical();
    let any = if ip.is_ipv4() {
        Ipv4Addr::UNSPECIFIED.into()
    } else {
        IpAddr::from(Ipv6Addr::UNSPECIFIED)
    };
    let source = || {
        let socket = UdpSocket::bind((any, 0)).ok()?;
        socket.connect((ip, 9)).ok()?;
        Some(socket.local_addr().ok()?.ip())
    };
    ip.is_unspecified() || ip.is_loopback() || source() == Some(ip)
}

fn foreign(what: &str, instead: &str) -> Refusal {
    Refusal::new(format!(
        "{what}: neither this container nor its Engine, and nothing else is asked (here it is {instead})"
    ))
}

const LOOPBACK: [IpAddr; 2] = [IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)];

/// Where it always is.
const ENGINE: [&str; 2] = ["/var/run/docker.sock", "/run/docker.sock"];

#[cfg(test)]
mod tests {
    use super::*;

    fn own() -> Own {
        Own { name: "0123456789ab".into(), engine: Some("/engine/podman.sock".into()) }
    }

    fn tcp(host: &str) -> Result<Target, Refusal> {
        own().target(&Place::Tcp(Host::read(host).unwrap(), 2375))
    }

    #[test]
    fn every_name_of_loopback_is_the_container_itself() {
        for host in ["127.0.0.1", "127.8.9.10", "0.0.0.0", "::1", "::", "::ffff:127.0.0.1"] {
            let target = Target::Tcp(vec![(host.parse::<IpAddr>().unwrap(), 2375).into()]);
            assert_eq!(tcp(host), Ok(target), "{host}");
        }
        let both = LOOPBACK.map(|ip| (ip, 2375).into()).into();
        assert_eq!(tcp("LocalHost"), Ok(Target::Tcp(both)));
    }

    #[test]
    fn its_own_name_and_address_are_the_container_itself() {
        let world = UdpSocket::bind("0.0.0.0:0").unwrap();
        if world.connect("192.0.2.1:9").is_ok() {
            let own = world.local_addr().unwrap().ip();
            assert!(is_own(own), "{own}");
        }
        let machine = Own::new(None);
        if !resolve(&machine.name).is_empty() {
            assert!(machine.target(&Place::Tcp(Host::Name(machine.name.clone()), 1)).is_ok());
        }
    }

    #[test]
    fn nothing_else_is_asked_and_the_refusal_says_so() {
        for host in
            ["192.0.2.1", "8.8.8.8", "2001:db8::1", "224.0.0.1", "example.com", "a.localhost"]
        {
            let refusal = tcp(host).unwrap_err().to_string();
            assert_eq!(
                refusal,
                format!(
                    "{host}: neither this container nor its Engine, and nothing else is asked (here \
                     it is localhost)"
                )
            );
        }
    }

    #[test]
    fn of_sockets_only_the_engines_is_asked() {
        for path in ["/var/run/docker.sock", "/run/docker.sock", "/engine/podman.sock"] {
            assert_eq!(own().target(&Place::Unix(path.into())), Ok(Target::Unix(path.into())));
        }
        for path in ["/run/containerd/containerd.sock", "docker.sock", "/var/run/../run/x", ""] {
            assert!(own().target(&Place::Unix(path.into())).is_err(), "{path}");
        }
    }
}
