//! The synthetic Engine: blocking threads that answer a handful of the Engine's own paths.
//!
//! Two system calls a request. It listens on a unix socket, and on TCP to show what a proxy costs.

mod answer;
mod chunks;
mod handle;

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, TcpListener};
use std::os::fd::AsFd;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::UnixListener;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::{fs, thread};

use anyhow::Context as _;

pub(crate) use self::handle::Upstream;

/// Serve as a synthetic Engine until standard input ends. Prints the TCP port.
#[derive(Debug, clap::Parser)]
pub(crate) struct Options {
    /// The unix socket to listen on.
    socket: PathBuf,
}

pub(crate) fn run(options: &Options) -> anyhow::Result<()> {
    let shown = options.socket.display();
    let unix = UnixListener::bind(&options.socket)
        .with_context(|| format!("cannot listen on `{shown}`"))?;
    // Peers that give up root must reach it still.
    fs::set_permissions(&options.socket, fs::Permissions::from_mode(0o666))
        .with_context(|| format!("cannot change the mode of `{shown}`"))?;
    let tcp = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("cannot listen on 127.0.0.1")?;
    let port = tcp.local_addr().context("cannot read the address")?.port();
    deepen(&unix).context("cannot deepen the backlog")?;
    deepen(&tcp).context("cannot deepen the backlog")?;

    let accept_unix = move || Ok(unix.accept()?.0);
    Pool::start(accept_unix)?;
    let accept_tcp = move || {
        let (stream, _) = tcp.accept()?;
        stream.set_nodelay(true)?;
        Ok(stream)
    };
    Pool::start(accept_tcp)?;

    let mut output = io::stdout();
    writeln!(output, "{port}").and_then(|()| output.flush()).context("cannot tell the port")?;
    // It must not outlive whoever started it, whatever becomes of them.
    io::copy(&mut io::stdin(), &mut io::sink()).context("cannot read standard input")?;
    Ok(())
}

/// A second `listen` on a socket changes its backlog, which is 128 from the standard library.
fn deepen(listener: &impl AsFd) -> rustix::io::Result<()> {
    rustix::net::listen(listener, 4096)
}

/// Threads that all accept from one listener: no hand-over, and as many as there are connections.
struct Pool<F> {
    accept: F,
    idle: AtomicUsize,
}

impl<S, F> Pool<F>
where
    S: Read + Write,
    F: Fn() -> io::Result<S> + Send + Sync + 'static,
{
    fn start(accept: F) -> anyhow::Result<()> {
        let pool = Arc::new(Self { accept, idle: AtomicUsize::new(0) });
        for _ in 0..AT_FIRST {
            pool.spawn().context("cannot start a thread")?;
        }
        Ok(())
    }

    fn spawn(self: &Arc<Self>) -> io::Result<()> {
        let pool = Arc::clone(self);
        pool.idle.fetch_add(1, Ordering::Relaxed);
        thread::Builder::new().stack_size(STACK).spawn(move || pool.work())?;
        Ok(())
    }

    fn work(self: &Arc<Self>) {
        loop {
            let accepted = (self.accept)();
            if self.idle.fetch_sub(1, Ordering::Relaxed) == 1 {
                // Without one more thread newcomers wait until a connection ends: slow, not wrong.
                drop(self.spawn());
            }
            if let Ok(stream) = accepted {
                // A client that goes away in the middle is no news to an Engine.
                drop(answer::serve(stream));
            }
            if self.idle.fetch_add(1, Ordering::Relaxed) >= AT_FIRST {
                // Threads wake in turns, and thousands would each be cold.
                self.idle.fetch_sub(1, Ordering::Relaxed);
                return;
            }
        }
    }
}

/// More than any test has clients that connect at once.
const AT_FIRST: usize = 80;
/// Enough for a request's buffer; five thousand threads may exist.
const STACK: usize = 128 << 10;
