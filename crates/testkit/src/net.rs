//! What the machine's network can do.

use std::net::{Ipv6Addr, TcpListener};

/// Whether sockets can be bound to `[::1]`.
pub fn has_ipv6() -> bool {
    TcpListener::bind((Ipv6Addr::LOCALHOST, 0)).is_ok()
}
