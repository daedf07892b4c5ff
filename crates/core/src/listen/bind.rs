//! Binds listeners: on one thread, before a runtime exists.

use std::fs;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, ToSocketAddrs as _};
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _, PermissionsExt as _};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::thread;

use rustix::fs::{Gid, Mode, Uid};
use socket2::{Domain, SockAddr, SockRef, Socket, Type};
use tracing::{info, warn};

use super::inherited::{Passed, passed, select};
use crate::address::{HostPort, Inherited, ListenAddress, UnixPath};
use crate::transport::{Keepalive, tune_tcp};
use crate::upstream::Retry;

/// One listener to make.
#[derive(Clone, Debug)]
pub struct ListenSettings {
    /// Where clients connect.
    pub address: ListenAddress,
    /// Connections that the kernel may hold before they are accepted.
    pub backlog: i32,
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
    pub(super) socket: Socket,
    pub(super) unix: bool,
    /// The socket's file and inode, to be removed at the end if it is still ours.
    pub(super) file: Option<(PathBuf, u64)>,
}

/// Why an address can't be listened on, and what to do about it.
#[derive(Debug, thiserror::Error)]
#[error("cannot listen: on {address}: {why}")]
pub struct BindError {
    address: String,
    why: String,
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
            v6_only: None,
            reuse_port: false,
            nodelay: true,
            keepalive: Some(Keepalive::default()),
            retry: Retry::Never,
            file: UnixFile::default(),
        }
    }
}

/// Binds every address, or none: what was bound before a failure is closed again.
pub(crate) fn bind_all(settings: &[ListenSettings]) -> Result<Vec<Bound>, BindError> {
    let wants_passed = |one: &ListenSettings| matches!(one.address, ListenAddress::Inherited(_));
    let mut inherited = Vec::new();
    if settings.iter().any(wants_passed) {
        inherited = passed().map_err(|error| BindError {
            address: "fd://".into(),
            why: format!("the descriptors of the environment can't be taken: {error}"),
        })?;
    }
    let mut all = Vec::new();
    for one in settings {
        all.extend(bind_retrying(one, &mut inherited)?);
    }
    for left in &inherited {
        warn!("descriptor {} was passed but no --listen names it", left.number);
    }
    Ok(all)
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

fn bind_tcp(settings: &ListenSettings, at: &HostPort) -> Result<Vec<Bound>, BindError> {
    let fail = |why: String| BindError { address: at.to_string(), why };
    let mut addresses: Vec<_> = (at.host.as_str(), at.port)
        .to_socket_addrs()
        .map_err(|error| fail(format!("the name `{}` can't be resolved: {error}", at.host)))?
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
    Ok(Bound { address: format!("tcp://{address}"), socket, unix: false, file: None })
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
            "something already listens on port {}; stop it, or choose another port with --listen",
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

fn bind_unix(settings: &ListenSettings, at: &UnixPath) -> Result<Bound, BindError> {
    let fail = |why: String| BindError { address: at.to_string(), why };
    let path = match at {
        UnixPath::Abstract(name) => {
            let socket = listen_unix(format!("\0{name}"), settings.backlog)
                .map_err(|error| fail(error.to_string()))?;
            return Ok(Bound { address: at.to_string(), socket, unix: true, file: None });
        }
        UnixPath::File(path) => path,
    };
    make_room(path).map_err(fail)?;
    // The mode holds from the first moment: there is no time in which others could connect.
    let mode = Mode::from_raw_mode(settings.file.mode);
    let before = rustix::process::umask(Mode::from_raw_mode(0o777) - mode);
    let listening = listen_unix(path, settings.backlog);
    rustix::process::umask(before);
    let socket = listening.map_err(|error| fail(explain_unix(&error, path)))?;
    own_file(path, &settings.file).map_err(fail)?;
    let inode = fs::symlink_metadata(path).map_err(|error| fail(error.to_string()))?.ino();
    Ok(Bound { address: at.to_string(), socket, unix: true, file: Some((path.clone(), inode)) })
}

fn listen_unix(at: impl AsRef<Path>, backlog: i32) -> io::Result<Socket> {
    let socket = Socket::new(Domain::UNIX, Type::STREAM, None)?;
    socket.bind(&SockAddr::unix(at)?)?;
    socket.listen(backlog)?;
    Ok(socket)
}

/// Removes a socket that nobody listens on; anything else in its place is an error.
fn make_room(path: &Path) -> Result<(), String> {
    let Ok(there) = fs::symlink_metadata(path) else {
        return Ok(());
    };
    if !there.file_type().is_socket() {
        return Err("there is a file that isn't a socket; remove it, or choose another path".into());
    }
    match UnixStream::connect(path) {
        Ok(_) => Err("another program listens on it; stop it, or choose another path".into()),
        Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => fs::remove_file(path)
            .map_err(|error| format!("the old socket can't be removed: {error}")),
        Err(error) => {
            Err(format!("whether the socket there is in use can't be found out: {error}"))
        }
    }
}

fn own_file(path: &Path, file: &UnixFile) -> Result<(), String> {
    fs::set_permissions(path, fs::Permissions::from_mode(file.mode))
        .map_err(|error| format!("its mode can't be set to {:04o}: {error}", file.mode))?;
    let user = file.user.map(Uid::from_raw);
    let group = file.group.map(Gid::from_raw);
    if user.is_none() && group.is_none() {
        return Ok(());
    }
    match rustix::fs::chown(path, user, group) {
        Err(error) if !file.group_required && user.is_none() => {
            warn!(
                "the group of {} can't be set to the upstream socket's: {error}; --socket-group \
                 names another",
                path.display()
            );
            Ok(())
        }
        result => result.map_err(|error| format!("its owner can't be set: {error}")),
    }
}

fn explain_unix(error: &io::Error, path: &Path) -> String {
    let directory = path.parent().unwrap_or(path).display();
    match error.kind() {
        io::ErrorKind::NotFound => format!("there is no directory {directory}; make it first"),
        io::ErrorKind::PermissionDenied => {
            format!("this user may not write to {directory}; choose another directory")
        }
        _ => error.to_string(),
    }
}

fn adopt(
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
    let listens = one.socket.is_listener().unwrap_or(false);
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
    Ok(Bound { address, socket: one.socket, unix: local.is_unix(), file: None })
}

/// As much as Linux allows by default (`net.core.somaxconn`): socat's 5 is overrun by a
/// `docker compose up`.
const BACKLOG: i32 = 4096;
