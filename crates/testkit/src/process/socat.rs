//! socat, which the bridge replaces, for comparison.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;

use super::{Process, Program, inspect};
use crate::{Endpoint, ports};

/// A socat that listens. Dropping kills it, though not the child of a connection that is open.
#[derive(Debug)]
pub struct Socat {
    pub(super) process: Process,
    address: SocketAddr,
}

impl Socat {
    /// `socat TCP-LISTEN:PORT,fork,reuseaddr,bind=127.0.0.1 UNIX-CONNECT:upstream`.
    ///
    /// Ask [`require_tool`](crate::skip::require_tool) for `socat` before.
    pub fn start(upstream: &Path) -> Self {
        Self::start_with(&[], upstream)
    }

    /// The same with flags before the addresses, such as `-t` and `3600`.
    pub fn start_with(flags: &[&str], upstream: &Path) -> Self {
        let port = ports::free_port();
        let process = Program::new("socat")
            .args(flags)
            .arg(format!("TCP-LISTEN:{port},fork,reuseaddr,bind=127.0.0.1"))
            .arg(format!("UNIX-CONNECT:{}", upstream.display()))
            .start();
        process.wait_ready("it listened", || inspect::listens_on_port(process.pid(), port));
        Self { process, address: SocketAddr::from((Ipv4Addr::LOCALHOST, port)) }
    }

    /// Where it listens.
    pub fn addr(&self) -> SocketAddr {
        self.address
    }

    /// Where clients connect.
    pub fn endpoint(&self) -> Endpoint {
        self.address.into()
    }
}
