//! Where to connect, and as whom.

use std::fmt;
use std::io;
use std::net::{SocketAddr, TcpStream};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::Stream;
use crate::{DEADLINE, dockerd, tls};

/// Where an Engine, or a bridge in front of it, can be reached.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Endpoint {
    /// TCP without TLS.
    Tcp(SocketAddr),
    /// TCP with TLS, and who connects.
    Tls(SocketAddr, tls::Client),
    /// A unix socket.
    Unix(PathBuf),
}

impl Endpoint {
    /// Connects. Panics if that fails.
    pub fn connect(&self) -> Stream {
        self.try_connect().unwrap_or_else(|error| panic!("cannot connect to {self}: {error}"))
    }

    /// Connects, or says why not. With TLS the handshake is part of it; see [`tls::alert`].
    pub fn try_connect(&self) -> io::Result<Stream> {
        match self {
            Self::Tcp(address) => TcpStream::connect_timeout(address, DEADLINE)?.try_into(),
            Self::Tls(address, client) => {
                let tcp = TcpStream::connect_timeout(address, DEADLINE)?;
                Stream::shake_hands(tcp, *address, client)
            }
            Self::Unix(path) => UnixStream::connect(path)?.try_into(),
        }
    }

    /// Its address. `None`: it is a unix socket.
    pub fn address(&self) -> Option<SocketAddr> {
        match self {
            Self::Tcp(address) | Self::Tls(address, _) => Some(*address),
            Self::Unix(_) => None,
        }
    }

    /// A docker command against it; see [`dockerd::docker`].
    pub fn docker(&self, arguments: &[&str]) -> Command {
        self.docker_by(&dockerd::docker_cli(), arguments)
    }

    /// The same with another CLI.
    pub fn docker_by(&self, cli: &Path, arguments: &[&str]) -> Command {
        let mut command = dockerd::docker_by(cli, &self.to_string(), arguments);
        command.envs(self.docker_variables());
        command
    }

    /// The folder with `ca.pem`, `cert.pem` and `key.pem`, if it has TLS.
    pub fn certificates(&self) -> Option<&Path> {
        match self {
            Self::Tls(_, client) => Some(client.folder()),
            Self::Tcp(_) | Self::Unix(_) => None,
        }
    }

    /// The variables by which docker, and SDKs that go by them, are the same client.
    pub fn docker_variables(&self) -> Vec<(&'static str, PathBuf)> {
        self.certificates().map_or_else(Vec::new, |folder| {
            vec![("DOCKER_TLS_VERIFY", "1".into()), ("DOCKER_CERT_PATH", folder.to_owned())]
        })
    }
}

/// What `docker --host` takes.
impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(address) | Self::Tls(address, _) => write!(f, "tcp://{address}"),
            Self::Unix(path) => write!(f, "unix://{}", path.display()),
        }
    }
}

impl From<SocketAddr> for Endpoint {
    fn from(address: SocketAddr) -> Self {
        Self::Tcp(address)
    }
}

impl From<&Path> for Endpoint {
    fn from(path: &Path) -> Self {
        Self::Unix(path.to_owned())
    }
}
