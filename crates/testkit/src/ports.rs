//! Ports that nobody else takes, in tests that run side by side in processes of their own.

use std::fs::{self, File};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener};
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::sync::Mutex;
use std::{env, process};

use rustix::fs::{FlockOperation, flock};

/// A port on 127.0.0.1 that nobody listens on.
///
/// It stays this process's own among all processes that ask here, to its end. The range lies below
/// the one from which kernels take the ports of clients.
pub fn free_port() -> u16 {
    free_port_on(Ipv4Addr::LOCALHOST.into())
}

/// The same on `[::1]`.
pub fn free_port_v6() -> u16 {
    free_port_on(Ipv6Addr::LOCALHOST.into())
}

/// The same on any address of this machine.
pub fn free_port_on(address: IpAddr) -> u16 {
    let size = LAST - FIRST + 1;
    let start = u16::try_from(process::id() * 37 % u32::from(size)).expect("smaller than size");
    for step in 0..size {
        let port = FIRST + (start + step) % size;
        let Some(reservation) = reserve(port) else { continue };
        if TcpListener::bind(SocketAddr::new(address, port)).is_ok() {
            RESERVED.lock().unwrap().push(reservation);
            return port;
        }
    }
    panic!("no free port from {FIRST} to {LAST} on {address}");
}

/// Locks the port's file. A lock ends with the process, however it ends.
fn reserve(port: u16) -> Option<File> {
    let file = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(folder().join(port.to_string()))
        .expect("a file to reserve a port");
    flock(&file, FlockOperation::NonBlockingLockExclusive).ok()?;
    Some(file)
}

/// One folder for every checkout: ports are the machine's.
fn folder() -> PathBuf {
    let user = rustix::process::getuid().as_raw();
    let folder = env::temp_dir().join(format!("docker-api-test-ports-{user}"));
    if !folder.is_dir() {
        fs::create_dir_all(&folder).expect("a folder to reserve ports in");
        // Losing a race to another process that does the same is fine.
        let _ignored = fs::set_permissions(&folder, fs::Permissions::from_mode(0o700));
    }
    folder
}

static RESERVED: Mutex<Vec<File>> = Mutex::new(Vec::new());
const FIRST: u16 = 20_000;
const LAST: u16 = 31_999;

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::thread;

    use super::*;

    #[test]
    fn no_port_is_given_twice() {
        let threads: Vec<_> = (0..8)
            .map(|_| thread::spawn(|| (0..20).map(|_| free_port()).collect::<Vec<_>>()))
            .collect();
        let ports: Vec<u16> = threads.into_iter().flat_map(|t| t.join().unwrap()).collect();
        assert_eq!(ports.iter().collect::<HashSet<_>>().len(), 160);
    }

    #[test]
    fn a_reserved_port_cannot_be_reserved_again() {
        assert!(reserve(free_port()).is_none());
    }
}
