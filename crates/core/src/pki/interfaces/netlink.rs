//! The addresses of this machine, asked of the kernel by rtnetlink(7): getifaddrs(3) doesn't say
//! which ones are temporary or deprecated.

use std::io;
use std::net::IpAddr;

use rustix::net::netlink::SocketAddrNetlink;
use rustix::net::{AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType};

use super::is_local;

/// Every interface's address, but link-local, temporary and deprecated ones.
///
/// # Errors
/// When the kernel can't be asked.
pub(in crate::pki) fn addresses() -> io::Result<Vec<IpAddr>> {
    let socket = rustix::net::socket_with(
        AddressFamily::NETLINK,
        SocketType::RAW,
        SocketFlags::CLOEXEC,
        // NETLINK_ROUTE is 0.
        None,
    )?;
    rustix::net::sendto(&socket, &request(), SendFlags::empty(), &SocketAddrNetlink::new(0, 0))?;
    let mut found = Vec::new();
    // The kernel fills as much of it as a dump's message can have.
    let mut buffer = vec![0; 32 << 10];
    loop {
        let (_, read) = rustix::net::recv(&socket, buffer.as_mut_slice(), RecvFlags::empty())?;
        if read_messages(&buffer[..read], &mut found)? == Dump::Done {
            return Ok(found);
        }
    }
}

#[derive(Debug, Eq, PartialEq)]
enum Dump {
    More,
    Done,
}

const HEADER: usize = 16;
const ADDRESS_HEADER: usize = 8;

/// `struct nlmsghdr` and `struct ifaddrmsg`: all addresses of all families.
fn request() -> Vec<u8> {
    const RTM_GETADDR: u16 = 22;
    const REQUEST_AND_DUMP: u16 = 0x1 | 0x300;
    let mut bytes = Vec::with_capacity(HEADER + ADDRESS_HEADER);
    bytes.extend(24u32.to_ne_bytes());
    bytes.extend(RTM_GETADDR.to_ne_bytes());
    bytes.extend(REQUEST_AND_DUMP.to_ne_bytes());
    bytes.resize(HEADER + ADDRESS_HEADER, 0);
    bytes
}

fn read_messages(mut bytes: &[u8], found: &mut Vec<IpAddr>) -> io::Result<Dump> {
    const NLMSG_ERROR: u16 = 2;
    const NLMSG_DONE: u16 = 3;
    const RTM_NEWADDR: u16 = 20;
    while let (Some(length), Some(kind)) = (u32_at(bytes, 0), u16_at(bytes, 4)) {
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        let Some(body) = bytes.get(HEADER..length) else { break };
        match kind {
            NLMSG_DONE => return Ok(Dump::Done),
            NLMSG_ERROR => {
                let error = u32_at(body, 0).map_or(0, u32::cast_signed);
                return Err(io::Error::from_raw_os_error(error.wrapping_neg()));
            }
            RTM_NEWADDR => found.extend(address(body)),
            _ => {}
        }
        bytes = bytes.get(length.next_multiple_of(4)..).unwrap_or_default();
    }
    Ok(Dump::More)
}

/// The address of one `RTM_NEWADDR`, unless clients shouldn't use it.
fn address(body: &[u8]) -> Option<IpAddr> {
    const IFA_ADDRESS: u16 = 1;
    const IFA_LOCAL: u16 = 2;
    const IFA_FLAGS: u16 = 8;
    const TEMPORARY: u32 = 0x01;
    const DEPRECATED: u32 = 0x20;
    let mut flags = u32::from(*body.get(2)?);
    let (mut address, mut local) = (None, None);
    let mut attributes = body.get(ADDRESS_HEADER..)?;
    while let (Some(length), Some(kind)) = (u16_at(attributes, 0), u16_at(attributes, 2)) {
        let length = usize::from(length);
        let Some(value) = attributes.get(4..length) else { break };
        match kind {
            IFA_ADDRESS => address = ip(value),
            IFA_LOCAL => local = ip(value),
            IFA_FLAGS => flags = u32_at(value, 0).unwrap_or(flags),
            _ => {}
        }
        attributes = attributes.get(length.next_multiple_of(4)..).unwrap_or_default();
    }
    // On a point-to-point link the other one is the peer's.
    let ip = local.or(address)?;
    // To IPv4 the first flag means "secondary", which is as good as any.
    let temporary = ip.is_ipv6() && flags & TEMPORARY != 0;
    (!temporary && flags & DEPRECATED == 0 && !is_local(ip)).then_some(ip)
}

fn ip(value: &[u8]) -> Option<IpAddr> {
    let v4 = <[u8; 4]>::try_from(value).map(IpAddr::from);
    v4.or_else(|_| <[u8; 16]>::try_from(value).map(IpAddr::from)).ok()
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_ne_bytes(bytes.get(at..at + 2)?.try_into().ok()?))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_ne_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, Ipv6Addr};

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn whatever_comes_is_read_to_its_end(bytes: Vec<u8>, length in 0u32..64, kind in 18u16..22) {
            let mut framed = length.to_ne_bytes().to_vec();
            framed.extend(kind.to_ne_bytes());
            framed.extend(bytes);
            let _read_or_refused = read_messages(&framed, &mut Vec::new());
        }
    }

    fn message(kind: u16, body: &[u8]) -> Vec<u8> {
        let length = u32::try_from(HEADER + body.len()).unwrap();
        let mut bytes = length.to_ne_bytes().to_vec();
        bytes.extend(kind.to_ne_bytes());
        bytes.resize(HEADER, 0);
        bytes.extend(body);
        bytes
    }

    fn new_address(flags: u8, attributes: &[(u16, &[u8])]) -> Vec<u8> {
        let mut body = vec![0, 0, flags, 0, 0, 0, 0, 0];
        for (kind, value) in attributes {
            body.extend(u16::try_from(4 + value.len()).unwrap().to_ne_bytes());
            body.extend(kind.to_ne_bytes());
            body.extend(*value);
            body.resize(body.len().next_multiple_of(4), 0);
        }
        message(20, &body)
    }

    fn read(bytes: &[u8]) -> Vec<IpAddr> {
        let mut found = Vec::new();
        assert_eq!(read_messages(bytes, &mut found).unwrap(), Dump::More);
        found
    }

    #[test]
    fn an_address_comes_with_its_own_end_of_the_link() {
        let bytes = new_address(0, &[(1, &[10, 0, 0, 2]), (2, &[10, 0, 0, 1]), (3, b"tun0\0")]);
        assert_eq!(read(&bytes), ["10.0.0.1".parse::<IpAddr>().unwrap()]);
    }

    #[test]
    fn temporary_deprecated_and_link_local_ones_are_left_out() {
        let global = "2001:db8::1".parse::<Ipv6Addr>().unwrap().octets();
        let link_local = "fe80::1".parse::<Ipv6Addr>().unwrap().octets();
        let mut bytes = new_address(0x01, &[(1, &global)]);
        bytes.extend(new_address(0, &[(1, &global), (8, &0x120u32.to_ne_bytes())]));
        bytes.extend(new_address(0, &[(1, &link_local)]));
        bytes.extend(new_address(0, &[(2, &[169, 254, 0, 1])]));
        assert_eq!(read(&bytes), [] as [IpAddr; 0]);
        bytes.extend(new_address(0x80, &[(1, &global)]));
        bytes.extend(new_address(0x81, &[(2, &[10, 0, 0, 3])]));
        assert_eq!(read(&bytes).len(), 2, "permanent, and secondary of IPv4");
    }

    #[test]
    fn a_refusal_and_the_end_are_told_apart() {
        let mut found = Vec::new();
        assert_eq!(read_messages(&message(3, &[0; 4]), &mut found).unwrap(), Dump::Done);
        let refused = message(2, &(-13i32).to_ne_bytes());
        let error = read_messages(&refused, &mut found).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::PermissionDenied);
    }

    #[test]
    fn the_kernel_knows_loopback() {
        assert!(addresses().unwrap().contains(&IpAddr::from(Ipv4Addr::LOCALHOST)));
    }
}
