//! Binds listeners: on one thread, before a runtime exists.

use std::thread;

use socket2::Socket;
use tracing::warn;

use super::inherited::{Passed, adopt, passed};
use super::tcp::bind_tcp;
use super::unix::{SocketFile, bind_unix};
use crate::address::{IpVersion, ListenAddress};
use crate::transport::Keepalive;
use crate::upstream::Retry;

/// One listener to make.
#[derive(Clone, Debug)]
pub struct ListenSettings {
    /// Where clients connect.
    pub address: ListenAddress,
    /// Connections that the kernel may hold before they are accepted.
    pub backlog: i32,
    /// Of a name's addresses, only those of this version (socat's `TCP4-LISTEN`, `pf`).
    pub version: Option<IpVersion>,
    /// Whether `[::]` takes IPv4 too; `None`: the bridge decides (yes for `[::]`).
    pub v6_only: Option<bool>,
    /// Several processes may listen on the same port.
    pub reuse_port: bool,
    /// `TCP_NODELAY` on accepted connections.
    pub nodelay: bool,
    /// How vanished clients are found out; `None` leaves them unfound.
    pub keepalive: Option<Keepalive>,
    /// Whether a failed bind is tried again.
    pub retry: Retry,
    /// Mode and owner of a unix socket.
    pub file: UnixFile,
}

/// Who may connect to a unix socket that is listened on.
#[derive(Clone, Debug)]
pub struct UnixFile {
    /// Permission bits, such as 0o660.
    pub mode: u32,
    /// Owning user, if it isn't this process's.
    pub user: Option<u32>,
    /// Owning group, if it isn't this process's.
    pub group: Option<u32>,
    /// Whether a group that can't be set is an error; one that the bridge chose is only a
    /// warning.
    pub group_required: bool,
}

/// A bound listener.
#[derive(Debug)]
pub struct Bound {
    /// As it is shown to people.
    pub address: String,
    /// Which of the settings it came of, from 0: an address can become several listeners.
    pub(crate) of: usize,
    pub(super) socket: Socket,
    /// Goes with the listener.
    pub(super) file: Option<SocketFile>,
}

/// Why an address can't be listened on, and what to do about it.
#[derive(Debug, thiserror::Error)]
#[error("cannot listen: on {address}: {why}")]
pub struct BindError {
    pub(super) address: String,
    pub(super) why: String,
}

impl Default for UnixFile {
    /// 0660, and whoever starts the bridge.
    fn default() -> Self {
        Self { mode: 0o660, user: None, group: None, group_required: false }
    }
}

impl ListenSettings {
    /// An address with everything else as a bridge wants it.
    pub fn new(address: ListenAddress) -> Self {
        Self {
            address,
            backlog: BACKLOG,
            version: None,
            v6_only: None,
            reuse_port: false,
            nodelay: true,
            keepalive: Some(Keepalive::default()),
            retry: Retry::Never,
            file: UnixFile::default(),
        }
    }
}

/// What was bound.
#[derive(Debug)]
pub(crate) struct Sockets {
    /// For clients.
    pub(crate) front: Vec<Bound>,
    /// For monitors and people.
    pub(crate) admin: Vec<Bound>,
}

/// Binds one address, which can become several listeners.
///
/// # Errors
/// When it can't be listened on.
pub fn bind_one(settings: &ListenSettings) -> Result<Vec<Bound>, BindError> {
    bind_all(std::slice::from_ref(settings), None).map(|sockets| sockets.front)
}

/// Binds every address, or none: what was bound before a failure is closed again.
pub(crate) fn bind_all(
    front: &[ListenSettings],
    admin: Option<&ListenSettings>,
) -> Result<Sockets, BindError> {
    let wants_passed = |one: &ListenSettings| matches!(one.address, ListenAddress::Inherited(_));
    let mut inherited = Vec::new();
    if front.iter().chain(admin).any(wants_passed) {
        inherited = passed().map_err(|error| BindError {
            address: "fd://".into(),
            why: format!("the descriptors of the environment can't be taken: {error}"),
        })?;
    }
    // `--listen fd://` takes all that are left.
    let admin = admin.map(|one| bind_retrying(one, &mut inherited)).transpose()?;
    let mut all = Vec::new();
    for (of, one) in front.iter().enumerate() {
        let bound = bind_retrying(one, &mut inherited)?;
        all.extend(bound.into_iter().map(|bound| Bound { of, ..bound }));
    }
    for left in &inherited {
        warn!("descriptor {} was passed but no --listen names it", left.number);
    }
    Ok(Sockets { front: all, admin: admin.unwrap_or_default() })
}

fn bind_retrying(
    settings: &ListenSettings,
    inherited: &mut Vec<Passed>,
) -> Result<Vec<Bound>, BindError> {
    let mut tries = 0;
    loop {
        let result = match &settings.address {
            ListenAddress::Inherited(which) => adopt(settings, which, inherited),
            ListenAddress::Tcp(at) => bind_tcp(settings, at),
            ListenAddress::Unix(at) => bind_unix(settings, at).map(|bound| vec![bound]),
        };
        tries += 1;
        match (settings.retry, &result) {
            (Retry::Times(more, pause), Err(error)) if tries <= more => {
                warn!("{error}; trying again");
                thread::sleep(pause);
            }
            (Retry::Forever(pause), Err(error)) => {
                warn!("{error}; trying again");
                thread::sleep(pause);
            }
            _ => return result,
        }
    }
}

/// As much as Linux allows by default (`net.core.somaxconn`): socat's 5 is overrun by a
/// `docker compose up`.
const BACKLOG: i32 = 4096;
