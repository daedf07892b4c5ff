//! Binds TCP addresses.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, ToSocketAddrs as _};

use socket2::{Domain, SockRef, Socket, Type};
use tracing::info;

use super::bind::{BindError, Bound, ListenSettings};
use crate::address::HostPort;
use crate::transport::tune_tcp;

/// Every address of the host that this machine has.
pub(super) fn bind_tcp(settings: &ListenSettings, at: &HostPort) -> Result<Vec<Bound>, BindError> {
    let fail = |why: String| BindError { address: at.to_string(), why };
    let mut addresses: Vec<_> = (at.host.as_str(), at.port)
        .to_socket_addrs()
        .map_err(|error| fail(format!("the name `{}` can't be resolved: {error}", at.host)))?
        .filter(|address| settings.version.is_none_or(|version| version.is_of(address)))
        .collect();
    addresses.sort_unstable();
    addresses.dedup();
    let mut bound = Vec::new();
    let mut failed = None;
    for address in addresses {
        match listen_tcp(settings, address) {
            Ok(one) => bound.push(one),
            // Of a name's addresses, those that this machine has.
            Err(error) if error.kind() == io::ErrorKind::AddrNotAvailable => failed = Some(error),
            Err(error) => return Err(fail(explain_tcp(&error, at))),
        }
    }
    match failed {
        Some(error) if bound.is_empty() => Err(fail(explain_tcp(&error, at))),
        None if bound.is_empty() => {
            Err(fail(format!("the name `{}` has no address of that version of IP", at.host)))
        }
        _ => Ok(bound),
    }
}

fn listen_tcp(settings: &ListenSettings, address: SocketAddr) -> io::Result<Bound> {
    match listen_tcp_at(settings, address) {
        Err(error) if is_unspecified_v6(address) && lacks_ipv6(&error) => {
            info!("this kernel has no IPv6: listening on 0.0.0.0 instead of [::]");
            listen_tcp_at(settings, (Ipv4Addr::UNSPECIFIED, address.port()).into())
        }
        result => result,
    }
}

fn listen_tcp_at(settings: &ListenSettings, address: SocketAddr) -> io::Result<Bound> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, None)?;
    socket.set_reuse_address(true)?;
    if settings.reuse_port {
        socket.set_reuse_port(true)?;
    }
    if address.is_ipv6() {
        let v6_only = settings.v6_only.unwrap_or_else(|| !address.ip().is_unspecified());
        socket.set_only_v6(v6_only)?;
    }
    tune_tcp(&SockRef::from(&socket), settings.nodelay, settings.keepalive)?;
    socket.bind(&address.into())?;
    socket.listen(settings.backlog)?;
    Ok(Bound { address: format!("tcp://{address}"), of: 0, socket, file: None })
}

fn is_unspecified_v6(address: SocketAddr) -> bool {
    address.ip() == IpAddr::V6(Ipv6Addr::UNSPECIFIED)
}

fn lacks_ipv6(error: &io::Error) -> bool {
    // EAFNOSUPPORT has no kind of its own.
    error.kind() == io::ErrorKind::AddrNotAvailable
        || error.raw_os_error() == Some(rustix::io::Errno::AFNOSUPPORT.raw_os_error())
}

fn explain_tcp(error: &io::Error, at: &HostPort) -> String {
    match error.kind() {
        io::ErrorKind::AddrInUse => format!(
            "something already listens on port {}; stop it, or choose another port",
            at.port
        ),
        io::ErrorKind::AddrNotAvailable => format!(
            "this machine has no address {}; tcp://[::]:{} is every interface",
            at.host, at.port
        ),
        io::ErrorKind::PermissionDenied => {
            format!("port {} needs root; ports from 1024 on don't", at.port)
        }
        _ => error.to_string(),
    }
}
