//! Connections to what is measured.

pub(crate) mod certificates;
pub(crate) mod http;
mod stream;

use std::io;
use std::net::{SocketAddr, TcpStream};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection};

pub(crate) use self::stream::Stream;

/// Where something listens.
#[derive(Clone, Debug)]
pub(crate) enum Address {
    /// A TCP address.
    Tcp(SocketAddr),
    /// A unix socket.
    Unix(PathBuf),
}

/// Makes connections.
#[derive(Clone, Debug)]
pub(crate) struct Dialler {
    /// To where.
    pub(crate) address: Address,
    /// With TLS, if so.
    pub(crate) tls: Option<Arc<ClientConfig>>,
}

impl Dialler {
    /// Connects. A TLS handshake is made with the first byte that is written.
    ///
    /// Each read and write on it takes [`PATIENCE`] at most.
    pub(crate) fn dial(&self) -> io::Result<Stream> {
        match &self.address {
            Address::Unix(path) => {
                let stream = UnixStream::connect(path)?;
                stream.set_read_timeout(Some(PATIENCE))?;
                stream.set_write_timeout(Some(PATIENCE))?;
                Ok(Stream::Unix(stream))
            }
            Address::Tcp(address) => {
                let stream = TcpStream::connect(address)?;
                stream.set_nodelay(true)?;
                stream.set_read_timeout(Some(PATIENCE))?;
                stream.set_write_timeout(Some(PATIENCE))?;
                let Some(config) = &self.tls else { return Ok(Stream::Tcp(stream)) };
                let name = ServerName::IpAddress(address.ip().into());
                let connection =
                    ClientConnection::new(Arc::clone(config), name).map_err(io::Error::other)?;
                Ok(Stream::tls(connection, stream))
            }
        }
    }
}

/// How long a target may be silent before it counts as stuck.
pub(crate) const PATIENCE: Duration = Duration::from_secs(10);
