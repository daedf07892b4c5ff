//! Listeners that systemd has opened and passes on (`sd_listen_fds(3)`).

use std::io;

use socket2::{Domain, SockRef, Socket};

use super::bind::{BindError, Bound, ListenSettings};
use crate::address::Inherited;
use crate::transport::tune_tcp;
use crate::unchecked::passed_descriptor;

/// One descriptor that was passed, with its number and its `FileDescriptorName=`.
#[derive(Debug)]
pub(super) struct Passed {
    pub(super) number: i32,
    name: String,
    socket: Socket,
}

/// Takes all descriptors that were passed to this process. Called once: they are owned from here.
pub(super) fn passed() -> io::Result<Vec<Passed>> {
    let named = sd_notify::listen_fds_with_names()?;
    Ok(named
        .map(|(number, name)| Passed { number, name, socket: passed_descriptor(number).into() })
        .collect())
}

/// Those of `passed` that an address names, taken out of it.
fn select(which: &Inherited, passed: &mut Vec<Passed>) -> Vec<Passed> {
    let mut rest = Vec::new();
    let mut taken = Vec::new();
    for one in passed.drain(..) {
        let wanted = match which {
            Inherited::All => true,
            Inherited::Descriptor(number) => one.number == *number,
            Inherited::Named(name) => one.name == *name,
        };
        if wanted { taken.push(one) } else { rest.push(one) }
    }
    *passed = rest;
    taken
}

/// Makes listeners of the descriptors that an address names.
pub(super) fn adopt(
    settings: &ListenSettings,
    which: &Inherited,
    inherited: &mut Vec<Passed>,
) -> Result<Vec<Bound>, BindError> {
    let fail = |why: String| BindError { address: settings.address.to_string(), why };
    let selected = select(which, inherited);
    if selected.is_empty() {
        return Err(fail(
            "no such descriptor was passed; start it by a systemd socket unit, or with \
             systemd-socket-activate"
                .into(),
        ));
    }
    selected.into_iter().map(|one| adopt_one(settings, one).map_err(fail)).collect()
}

fn adopt_one(settings: &ListenSettings, one: Passed) -> Result<Bound, String> {
    let number = one.number;
    let listens = listens(&one.socket);
    let local = one.socket.local_addr().map_err(|error| format!("descriptor {number}: {error}"))?;
    if !listens || !matches!(local.domain(), Domain::IPV4 | Domain::IPV6 | Domain::UNIX) {
        return Err(format!(
            "descriptor {number} isn't a listening stream socket (write ListenStream= and \
             Accept=no in the socket unit)"
        ));
    }
    let address = match local.as_socket() {
        Some(address) => {
            tune_tcp(&SockRef::from(&one.socket), settings.nodelay, settings.keepalive)
                .map_err(|error| format!("descriptor {number}: {error}"))?;
            format!("tcp://{address}")
        }
        None => match local.as_pathname() {
            Some(path) => format!("unix://{}", path.display()),
            None => format!("fd://{number}"),
        },
    };
    Ok(Bound { address, of: 0, socket: one.socket, file: None })
}

#[cfg(target_os = "linux")]
fn listens(socket: &Socket) -> bool {
    socket.is_listener().unwrap_or(false)
}

/// Not to be found out; and where there is no systemd, nobody passes any.
#[cfg(not(target_os = "linux"))]
fn listens(_socket: &Socket) -> bool {
    true
}
