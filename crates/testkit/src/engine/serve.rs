//! The thread on which a stand-in Engine accepts and answers.

use std::io;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use tokio::net::{TcpListener, UnixListener};
use tokio::runtime::{Builder, Runtime};
use tokio_util::task::TaskTracker;

use super::connection::{Connection, Socket};
use super::routes;
use super::state::State;

/// An Engine that answers until it is stopped or dropped.
#[derive(Debug)]
pub(super) struct Server {
    state: Arc<State>,
    runtime: Option<Runtime>,
}

impl Server {
    pub(super) fn tcp(listener: std::net::TcpListener, state: Arc<State>) -> io::Result<Self> {
        listener.set_nonblocking(true)?;
        let server = Self::new(state)?;
        let listener = {
            let _inside = server.runtime().enter();
            TcpListener::from_std(listener)?
        };
        server.run(async move |state, tasks| {
            while let Ok((stream, _peer)) = listener.accept().await {
                // Otherwise small answers wait for the peer's delayed acknowledgement.
                let _ignored = stream.set_nodelay(true);
                serve(Socket::Tcp(stream), &state, &tasks);
            }
        });
        Ok(server)
    }

    pub(super) fn unix(
        listener: std::os::unix::net::UnixListener,
        state: Arc<State>,
    ) -> io::Result<Self> {
        listener.set_nonblocking(true)?;
        let server = Self::new(state)?;
        let listener = {
            let _inside = server.runtime().enter();
            UnixListener::from_std(listener)?
        };
        server.run(async move |state, tasks| {
            while let Ok((stream, _peer)) = listener.accept().await {
                serve(Socket::Unix(stream), &state, &tasks);
            }
        });
        Ok(server)
    }

    pub(super) fn state(&self) -> &Arc<State> {
        &self.state
    }

    /// Cuts all connections and closes the listener.
    pub(super) fn stop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            // A runtime must not be dropped inside another, and tests may run in one.
            let stopping = thread::spawn(|| runtime.shutdown_timeout(Duration::from_secs(5)));
            // It has printed why it panicked.
            let _panicked: thread::Result<()> = stopping.join();
        }
    }

    fn new(state: Arc<State>) -> io::Result<Self> {
        let runtime = Builder::new_multi_thread()
            .worker_threads(2)
            .thread_name("stand-in")
            .enable_all()
            .build()?;
        Ok(Self { state, runtime: Some(runtime) })
    }

    fn runtime(&self) -> &Runtime {
        self.runtime.as_ref().expect("not stopped yet")
    }

    fn run<A, F>(&self, accept: A)
    where
        A: FnOnce(Arc<State>, TaskTracker) -> F,
        F: Future<Output = ()> + Send + 'static,
    {
        let tasks = TaskTracker::new();
        let accepting = accept(Arc::clone(&self.state), tasks.clone());
        tasks.spawn_on(accepting, self.runtime().handle());
    }
}

/// Answers on one connection, on a task of its own.
fn serve(socket: Socket, state: &Arc<State>, tasks: &TaskTracker) {
    let connection = Connection::new(socket, Arc::clone(state));
    tasks.spawn(async move {
        let mut builder = auto::Builder::new(TokioExecutor::new());
        if !connection.state().http2 {
            builder = builder.http1_only();
        }
        builder
            .http1()
            .half_close(true)
            .title_case_headers(true)
            .max_headers(MAX_HEADERS)
            .max_buf_size(MAX_HEAD);
        builder.http2().max_header_list_size(MAX_HEADER_LIST);
        let service = service_fn(|request| routes::answer(request, connection.clone()));
        // A client that goes away, or a connection taken over, ends in an error here.
        let _ignored = builder.serve_connection(TokioIo::new(connection.clone()), service).await;
    });
}

/// Go's limit of a request head.
const MAX_HEAD: usize = 1024 * 1024 + 4096;
const MAX_HEADERS: usize = 1000;
const MAX_HEADER_LIST: u32 = 1024 * 1024 + 320;
