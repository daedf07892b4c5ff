//! Connects to an Engine, and says why that failed.

use std::fs;
use std::io;
use std::net::SocketAddr;
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _};
use std::path::Path;
use std::time::Duration;

use docker_api_core::address::{HostPort, UnixPath, UpstreamAddress};
use docker_api_core::denied::Denied;
use hyperlocal::UnixConnector;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, lookup_host};
use tokio::time::sleep;
use tower_service::Service as _;

use crate::limit::Limit;
use crate::tls::Tls;
use crate::{Fault, State};

/// Where an Engine is, and how it is spoken to.
#[derive(Clone, Debug)]
pub struct Endpoint {
    /// Where to connect.
    pub address: UpstreamAddress,
    /// Whom to trust and what to show, over TLS; `None`: without TLS. Unused on a unix socket.
    pub tls: Option<Tls>,
    /// What is dialled instead of whatever the address's name leads to at that time.
    pub resolved: Option<Vec<SocketAddr>>,
}

impl Endpoint {
    /// Without TLS; names are looked up whenever it is asked.
    pub fn plain(address: UpstreamAddress) -> Self {
        Self { address, tls: None, resolved: None }
    }
}

/// What an address leads to now, within `limit`.
///
/// # Errors
/// A fault of the state [`State::Dns`].
pub async fn resolve(address: &HostPort, limit: Duration) -> Result<Vec<SocketAddr>, Fault> {
    look_up_within(address, Limit::from_now(limit)).await
}

/// A connection of any kind.
pub(crate) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

pub(crate) async fn connect(endpoint: &Endpoint, limit: Limit) -> Result<Box<dyn Stream>, Fault> {
    match &endpoint.address {
        UpstreamAddress::Tcp(to) => {
            let addresses = match &endpoint.resolved {
                Some(resolved) => resolved.clone(),
                None => look_up_within(to, limit).await?,
            };
            let stream = limit.of(connect_tcp(&addresses), NOTHING).await?;
            Ok(Box::new(stream))
        }
        UpstreamAddress::Unix(to) => {
            let path = match to {
                UnixPath::File(path) => path.clone(),
                // The runtime's spelling of a name in the abstract namespace, as the kernel's.
                UnixPath::Abstract(name) => format!("\0{name}").into(),
            };
            let stream = limit.of(connect_unix(&path), NOTHING).await?;
            Ok(Box::new(stream))
        }
    }
}

async fn look_up_within(to: &HostPort, limit: Limit) -> Result<Vec<SocketAddr>, Fault> {
    limit.or(look_up(to), || dns(to, &limit.within("no answer"))).await
}

async fn look_up(to: &HostPort) -> Result<Vec<SocketAddr>, Fault> {
    let found = lookup_host((to.host.as_str(), to.port)).await;
    found.map(Iterator::collect).map_err(|error| dns(to, &error.to_string()))
}

fn dns(to: &HostPort, why: &str) -> Fault {
    let why = format!("{}: {why}; is the name right, and its DNS server up?", to.host);
    Fault::new(State::Dns, why)
}

async fn connect_tcp(addresses: &[SocketAddr]) -> Result<TcpStream, Fault> {
    let stream = TcpStream::connect(addresses).await.map_err(|error| tcp_fault(&error))?;
    // It matters only for the speed of the answer.
    let _slower: io::Result<()> = stream.set_nodelay(true);
    Ok(stream)
}

async fn connect_unix(path: &Path) -> Result<hyperlocal::UnixStream, Fault> {
    loop {
        match UnixConnector.call(hyperlocal::Uri::new(path, "/").into()).await {
            // A full backlog: a unix socket doesn't wait for room in it (unix(7)).
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => sleep(BACKLOG_PAUSE).await,
            result => return result.map_err(|error| unix_fault(path, &error)),
        }
    }
}

fn tcp_fault(error: &io::Error) -> Fault {
    let (state, advice) = match error.kind() {
        io::ErrorKind::TimedOut => (State::Timeout, "is the machine up, and no firewall between?"),
        io::ErrorKind::PermissionDenied => {
            (State::Denied, "a firewall or sandbox of this machine forbids it")
        }
        io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkUnreachable => {
            (State::Refused, "is the machine up, and the address right?")
        }
        _ => (State::Refused, "nobody listens there: is the Engine or its bridge running?"),
    };
    Fault::new(state, format!("{error}; {advice}"))
}

fn unix_fault(path: &Path, error: &io::Error) -> Fault {
    let (state, advice) = match error.kind() {
        io::ErrorKind::NotFound => {
            (State::Refused, "is the Engine running, and its socket mounted here?".into())
        }
        io::ErrorKind::PermissionDenied => (State::Denied, who_may(path)),
        io::ErrorKind::ConnectionRefused => refused(path),
        _ => (State::Refused, "is that an Engine's socket?".into()),
    };
    Fault::new(state, format!("{error}; {advice}"))
}

/// Nobody listens on it, or it isn't a socket, or it is one that its Engine has left behind.
fn refused(path: &Path) -> (State, String) {
    match path.metadata() {
        Ok(meta) if meta.is_dir() => (
            State::Refused,
            "it is a directory: it was mounted before the Engine had made its socket".into(),
        ),
        Ok(meta) if !meta.file_type().is_socket() => {
            (State::Refused, "it is a file, not a socket".into())
        }
        Ok(meta) if meta.nlink() == 0 => (
            State::StaleSocket,
            "this socket is stale: the Engine was restarted and has made a new one; mount the \
             directory (such as /var/run) instead of the socket, or start this container anew"
                .into(),
        ),
        _ => (State::Refused, "nobody listens on it: is the Engine running?".into()),
    }
}

/// Whom the socket is open to, if that is why.
fn who_may(path: &Path) -> String {
    let meta = match (Denied::find(path), path.metadata()) {
        (Denied::Mode, Ok(meta)) => meta,
        (why, _) => return why.to_string(),
    };
    if meta.mode() & 0o060 != 0o060 {
        return "only its owner may open it: run as root".into();
    }
    match group_name(meta.gid(), &fs::read_to_string("/etc/group").unwrap_or_default()) {
        Some(name) => format!(
            "the group `{name}` may open it: join it (`sudo usermod -aG {name} $USER`, then log \
             in again), or run as root"
        ),
        None => format!(
            "the group {gid} may open it: run with it (`docker run --group-add {gid}`), or as root",
            gid = meta.gid()
        ),
    }
}

/// `name:password:number:…`, as group(5) has it.
fn group_name(number: u32, lines: &str) -> Option<&str> {
    lines.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        (fields.nth(1)?.parse() == Ok(number)).then_some(name)
    })
}

/// What a timeout says.
const NOTHING: &str = "no connection";
/// Between tries to get into a full backlog.
const BACKLOG_PAUSE: Duration = Duration::from_millis(5);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_are_found_by_number() {
        let lines = "root:x:0:\nbroken\ndocker:x:998:me\n";
        assert_eq!(group_name(998, lines), Some("docker"));
        assert_eq!(group_name(997, lines), None);
    }
}
