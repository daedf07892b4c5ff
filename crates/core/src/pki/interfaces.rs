//! The addresses of this machine.

#[cfg(target_os = "linux")]
mod netlink;

#[cfg(not(target_os = "linux"))]
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, UdpSocket};

#[cfg(target_os = "linux")]
pub(super) use self::netlink::addresses;

/// Those that are found out without asking how long they last; `--san` adds more.
#[cfg(not(target_os = "linux"))]
pub(super) fn addresses() -> io::Result<Vec<IpAddr>> {
    Ok(default_route_addresses())
}

/// The addresses from which this machine talks to the world. Connecting a datagram socket sends
/// nothing; the kernel picks a route and an address.
pub(super) fn default_route_addresses() -> Vec<IpAddr> {
    // RFC 5737 and RFC 3849: for documentation, so never on a nearer route.
    let world: [(IpAddr, IpAddr); 2] = [
        (Ipv4Addr::UNSPECIFIED.into(), Ipv4Addr::new(192, 0, 2, 1).into()),
        (Ipv6Addr::UNSPECIFIED.into(), Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1).into()),
    ];
    let from = |(any, to)| {
        let socket = UdpSocket::bind((any, 0)).ok()?;
        socket.connect((to, 9)).ok()?;
        Some(socket.local_addr().ok()?.ip())
    };
    world.into_iter().filter_map(from).filter(|ip| !ip.is_unspecified() && !is_local(*ip)).collect()
}

fn is_local(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => ip.is_link_local(),
        IpAddr::V6(ip) => ip.is_unicast_link_local(),
    }
}
