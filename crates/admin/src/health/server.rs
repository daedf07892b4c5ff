//! The bridge's side.

use std::io;
use std::os::unix::net;
use std::sync::Arc;
use std::time::Duration;

use docker_api_core::upstream::Upstream;
use docker_api_engine::State;
use docker_api_engine::observer::Observer;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{UnixListener, UnixStream};
use tokio::time::{sleep, timeout};
use tokio_util::task::TaskTracker;
use tracing::debug;

use super::{QUESTION, Report, name};

/// A private socket on which a bridge says how it is, to root and to its own user only.
#[derive(Debug)]
pub struct Server {
    listener: net::UnixListener,
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    upstream: Arc<Upstream>,
    observer: Arc<Observer>,
    /// The first line of each answer.
    greeting: String,
    user: u32,
}

impl Server {
    /// Listens, for the user that this process is from here on. `listeners` is where the bridge
    /// can be told by.
    ///
    /// # Errors
    /// When the socket can't be made, or `/proc` isn't there.
    pub fn bind(
        upstream: Arc<Upstream>,
        observer: Arc<Observer>,
        listeners: Vec<String>,
    ) -> io::Result<Self> {
        let listener = listen(&name::own()?)?;
        listener.set_nonblocking(true)?;
        let greeting = listeners.into_iter().filter(|one| !one.contains(char::is_control));
        let greeting = greeting.collect::<Vec<_>>().join("\t") + "\n";
        let user = rustix::process::geteuid().as_raw();
        let shared = Shared { upstream, observer, greeting, user };
        Ok(Self { listener, shared: Arc::new(shared) })
    }

    /// Answers until it is dropped. The Engine is asked when somebody asks for it, and not
    /// otherwise.
    ///
    /// # Errors
    /// When the runtime can't watch the socket.
    pub async fn run(self) -> io::Result<()> {
        let listener = UnixListener::from_std(self.listener)?;
        let questions = TaskTracker::new();
        loop {
            match listener.accept().await {
                Ok((client, _)) => {
                    let shared = Arc::clone(&self.shared);
                    questions.spawn(async move {
                        let answered = timeout(PATIENCE, shared.answer(client)).await;
                        debug!("asked for its health: {answered:?}");
                    });
                }
                // Without descriptors, say: whoever asks waits.
                Err(error) => {
                    debug!("cannot be asked for its health: {error}");
                    sleep(PAUSE).await;
                }
            }
        }
    }
}

impl Shared {
    async fn answer(&self, mut client: UnixStream) -> io::Result<()> {
        let asking = client.peer_cred()?.uid();
        if asking != 0 && asking != self.user {
            return Err(io::ErrorKind::PermissionDenied.into());
        }
        client.write_all(self.greeting.as_bytes()).await?;
        if client.read_u8().await? != QUESTION {
            return Err(io::ErrorKind::InvalidData.into());
        }
        let report = Report::new(self.upstream.address(), self.observer.look().await);
        client.write_all(format!("{} {}\n", report.state, report.line).as_bytes()).await?;
        if report.state == State::StaleSocket {
            // So that the log has it, and whoever waits for it hears of it, without a client.
            self.upstream.greet().await;
        }
        Ok(())
    }
}

#[cfg(target_os = "linux")]
fn listen(name: &str) -> io::Result<net::UnixListener> {
    use std::os::linux::net::SocketAddrExt as _;
    net::UnixListener::bind_addr(&net::SocketAddr::from_abstract_name(name)?)
}

/// Containers are Linux's, and they are who asks for health.
#[cfg(not(target_os = "linux"))]
fn listen(_name: &str) -> io::Result<net::UnixListener> {
    Err(io::ErrorKind::Unsupported.into())
}

/// For one question, the Engine's answer included.
const PATIENCE: Duration = Duration::from_secs(5);
/// Before another question is taken where one couldn't be.
const PAUSE: Duration = Duration::from_millis(100);
