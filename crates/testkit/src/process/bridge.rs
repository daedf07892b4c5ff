//! A running bridge.

use std::ffi::OsStr;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};

use tempfile::{NamedTempFile, TempDir};

use super::{Process, Program, inspect};
use crate::{Access, Endpoint, RudeEngine, Transport, access, ports, tls};

/// A bridge that listens. Dropping kills it.
///
/// It is a [`Process`] too: logs, signals, memory.
#[derive(Debug)]
pub struct Bridge {
    pub(super) process: Process,
    endpoint: Endpoint,
    cert_dir: Option<CertDir>,
    /// Removed behind the end of the process.
    _policy: Option<NamedTempFile>,
}

/// The authority and all certificates of a bridge with TLS.
#[derive(Debug)]
enum CertDir {
    /// Removed behind the end of the process.
    Fresh(TempDir),
    Given(PathBuf),
}

impl CertDir {
    fn fresh() -> Self {
        Self::Fresh(tempfile::tempdir().expect("a folder for certificates"))
    }

    fn path(&self) -> &Path {
        match self {
            Self::Fresh(folder) => folder.path(),
            Self::Given(folder) => folder,
        }
    }
}

impl Bridge {
    /// `bridge`, or `bridge-tls` if that is this run's [`Transport`], on a free port of 127.0.0.1, in
    /// front of the Engine behind `upstream`.
    pub fn start(upstream: &Path) -> Self {
        Self::builder().upstream(upstream).start()
    }

    /// The same before a rude Engine, whose next connection is a client's.
    pub fn before(engine: &RudeEngine) -> Self {
        Self::builder().start_before(engine)
    }

    /// A bridge with settings of your own.
    pub fn builder() -> BridgeBuilder {
        BridgeBuilder {
            transport: Transport::from_environment(),
            access: Access::from_environment(),
            cert_dir: None,
            users_authority: None,
            listen: Vec::new(),
            upstream: None,
            wrapper: Vec::new(),
            rest: Rest::default(),
        }
    }

    /// The address of its first TCP listener.
    pub fn addr(&self) -> SocketAddr {
        let address = self.endpoint.address();
        address.unwrap_or_else(|| panic!("it listens on {}, not on TCP", self.endpoint))
    }

    /// The authority and all certificates, `--cert-dir`. Panics if it has no TLS.
    pub fn cert_dir(&self) -> &Path {
        self.cert_dir.as_ref().expect("a bridge with TLS").path()
    }

    /// Where clients connect: the first listener. With TLS, as the client of `client/` in the
    /// [`cert_dir`](Self::cert_dir).
    pub fn endpoint(&self) -> Endpoint {
        self.endpoint.clone()
    }
}

/// Settings of a [`Bridge`] to be started.
#[derive(Clone, Debug)]
pub struct BridgeBuilder {
    transport: Transport,
    access: Access,
    cert_dir: Option<PathBuf>,
    users_authority: Option<PathBuf>,
    listen: Vec<String>,
    upstream: Option<String>,
    wrapper: Vec<std::ffi::OsString>,
    rest: Rest,
}

#[derive(Clone, Debug, Default)]
struct Rest {
    arguments: Vec<std::ffi::OsString>,
    variables: Vec<(std::ffi::OsString, std::ffi::OsString)>,
}

impl BridgeBuilder {
    /// Another transport than this run's.
    pub fn over(mut self, transport: Transport) -> Self {
        self.transport = transport;
        self
    }

    /// Another access than this run's. Who names a role by an argument takes [`Access::Open`].
    pub fn access(mut self, access: Access) -> Self {
        self.access = access;
        self
    }

    /// A folder for `--cert-dir`, empty or not. Default: a fresh one, with TLS.
    pub fn cert_dir(mut self, folder: impl AsRef<Path>) -> Self {
        self.cert_dir = Some(folder.as_ref().to_owned());
        self
    }

    /// Certificates that the user manages in place of a cert dir: whoever `authority` signed may
    /// come in. The [`endpoint`](Bridge::endpoint) trusts it too, and shows nothing.
    pub fn user_files(mut self, authority: &Path, certificate: &Path, key: &Path) -> Self {
        self.users_authority = Some(authority.to_owned());
        let flags = ["--tlscacert", "--tlscert", "--tlskey"];
        flags
            .iter()
            .zip([authority, certificate, key])
            .fold(self, |builder, (flag, file)| builder.arg(flag).arg(file))
    }

    /// An address for `--listen`, with or without `=ROLE`; repeatable. Default: a free port.
    ///
    /// The port must not be 0: nobody could tell which one it became.
    pub fn listen(mut self, address: impl ToString) -> Self {
        self.listen.push(address.to_string());
        self
    }

    /// The Engine's socket.
    pub fn upstream(mut self, socket: impl AsRef<Path>) -> Self {
        self.upstream = Some(format!("unix://{}", socket.as_ref().display()));
        self
    }

    /// The Engine's address, as `--upstream` takes it.
    pub fn upstream_address(mut self, address: impl ToString) -> Self {
        self.upstream = Some(address.to_string());
        self
    }

    /// Adds an argument.
    pub fn arg(mut self, argument: impl AsRef<OsStr>) -> Self {
        self.rest.arguments.push(argument.as_ref().to_owned());
        self
    }

    /// Adds arguments.
    pub fn args(self, arguments: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Self {
        arguments.into_iter().fold(self, Self::arg)
    }

    /// Sets a variable.
    pub fn env(mut self, name: impl AsRef<OsStr>, value: impl AsRef<OsStr>) -> Self {
        self.rest.variables.push((name.as_ref().to_owned(), value.as_ref().to_owned()));
        self
    }

    /// Has another program start it; see [`Program::under`].
    pub fn under(mut self, words: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Self {
        self.wrapper.extend(words.into_iter().map(|word| word.as_ref().to_owned()));
        self
    }

    /// Starts it in front of a rude Engine, whose next connection is then a client's: the one by
    /// which the bridge greets its Engine at start is taken.
    pub fn start_before(self, engine: &RudeEngine) -> Bridge {
        let bridge = self.upstream_address(engine.endpoint()).start();
        engine.greeted();
        bridge
    }

    /// Starts it and waits until it listens, without connecting to it: the Engine behind sees
    /// nothing of this. Panics with its log if it ends before, or if it takes too long.
    pub fn start(mut self) -> Bridge {
        if self.listen.is_empty() {
            let address = SocketAddr::from((Ipv4Addr::LOCALHOST, ports::free_port()));
            self.listen.push(format!("tcp://{address}"));
        }
        let cert_dir = match (self.cert_dir, self.transport) {
            (Some(given), _) => Some(CertDir::Given(given)),
            (None, Transport::Tls(_)) if self.users_authority.is_none() => Some(CertDir::fresh()),
            (None, _) => None,
        };
        let listeners: Vec<Endpoint> = self.listen.iter().map(|text| dialable(text)).collect();
        let listen = self.listen.iter().flat_map(|text| ["--listen", text.as_str()]);
        let ours = self.transport.program();
        let mut program = Program::ours(ours).args(listen);
        if let Some(upstream) = &self.upstream {
            program = program.args(["--upstream", upstream]);
        }
        if let Some(folder) = &cert_dir {
            program = program.arg("--cert-dir").arg(folder.path());
        }
        let policy = self.access.is_guarded().then(policy_file);
        if let Some(file) = &policy {
            program = program.args(["--access", access::ROLE, "--policy"]).arg(file.path());
        }
        program = program.args(self.rest.arguments);
        for (name, value) in self.rest.variables {
            program = program.env(name, value);
        }
        if !self.wrapper.is_empty() {
            program = program.under(self.wrapper);
        }
        let process = program.start();
        process.wait_ready("it listened", || {
            let pid = process.pid();
            listeners.iter().all(|listener| match listener {
                Endpoint::Tcp(address) | Endpoint::Tls(address, _) => {
                    inspect::listens_on_port(pid, address.port())
                }
                Endpoint::Unix(path) => inspect::listens_on_path(pid, path),
            }) && inspect::handles_sigterm(pid)
        });
        let first = listeners.into_iter().next().expect("at least one listener");
        let client = match (&cert_dir, self.users_authority) {
            (_, Some(authority)) => Some(tls::Client::trusting(authority)),
            (Some(folder), None) => Some(tls::Client::from_folder(folder.path().join("client"))),
            (None, None) => None,
        };
        let endpoint = match (self.transport, first, client) {
            (Transport::Tls(version), Endpoint::Tcp(address), Some(client)) => {
                client.version(version).at(address)
            }
            (_, first, _) => first,
        };
        Bridge { process, endpoint, cert_dir, _policy: policy }
    }
}

/// A file that whoever a bridge becomes can read again.
fn policy_file() -> NamedTempFile {
    use std::os::unix::fs::PermissionsExt as _;
    let readable = std::fs::Permissions::from_mode(0o644);
    let mut named = tempfile::Builder::new();
    let file = named.prefix("testkit-").suffix(".toml").permissions(readable).tempfile();
    let file = file.expect("a file for a policy");
    std::fs::write(&file, access::POLICY).expect("cannot write a policy");
    file
}

/// Where to connect for an address that is listened on: the wildcard becomes loopback.
fn dialable(listen: &str) -> Endpoint {
    let address = listen.split('=').next().unwrap_or(listen);
    if let Some(path) = address.strip_prefix("unix://") {
        return Endpoint::Unix(PathBuf::from(path));
    }
    if address.starts_with('/') {
        return Endpoint::Unix(PathBuf::from(address));
    }
    let address = address.strip_prefix("tcp://").unwrap_or(address);
    let address = address.replace("localhost", "127.0.0.1");
    let mut address: SocketAddr = address
        .parse()
        .unwrap_or_else(|_| panic!("cannot tell where to connect for --listen {listen}"));
    if address.ip().is_unspecified() {
        address.set_ip(Ipv4Addr::LOCALHOST.into());
    }
    Endpoint::Tcp(address)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn listen_addresses_become_addresses_to_dial() {
        for (listen, dial) in [
            ("tcp://127.0.0.1:2375", "tcp://127.0.0.1:2375"),
            ("0.0.0.0:2375=monitor", "tcp://127.0.0.1:2375"),
            ("tcp://[::]:2375", "tcp://127.0.0.1:2375"),
            ("tcp://[::1]:2375", "tcp://[::1]:2375"),
            ("/run/x.sock=read-only", "unix:///run/x.sock"),
            ("unix:///run/x.sock", "unix:///run/x.sock"),
        ] {
            assert_eq!(dialable(listen).to_string(), dial, "{listen}");
        }
    }
}
